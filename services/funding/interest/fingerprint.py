"""Hash of the facts, readings and quotations of a calculation. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final

from services.funding.interest.facts import Loan, SettlementLine
from services.funding.interest.results import LineResult
from services.funding.interest.runs import Terms


def fingerprint(
    terms: Terms, loans: Iterable[Loan], lines: Sequence[SettlementLine], results: Iterable[LineResult]
) -> str:
    """Return the SHA-256 of the inputs: equal for equal facts in any order, and for quotations that are not used."""
    used = {segment.reference for result in results for segment in result.segments if segment.reference is not None}
    facts = map(_text, (terms.project, terms.readings, tuple(loans), tuple(lines), tuple(used)))
    return sha256("\n".join(facts).encode()).hexdigest()


def _text(value: Any) -> str:
    """Return a text that is equal for equal values: amounts without trailing zeros, collections in any order."""
    return _WRITERS[type(value)](value)


def _amount(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _collection(values: tuple[Any, ...]) -> str:
    return f"[{';'.join(sorted([_WRITERS[type(value)](value) for value in values]))}]" if values else "[]"


class _Writers(dict[type, Callable[[Any], str]]):
    """Writers by class; the one of a dataclass is made when it is first met. Raises TypeError for another class."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        read = attrgetter(*(field.name for field in fields(kind)))

        def write(record: Any) -> str:
            return f"{kind.__name__}({','.join([self[type(value)](value) for value in read(record)])})"

        self[kind] = write
        return write


_WRITERS: Final = _Writers(
    {Decimal: _amount, tuple: _collection, date: date.isoformat, str: repr, int: repr, bool: repr, type(None): repr}
)
