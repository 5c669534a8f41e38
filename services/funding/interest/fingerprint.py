"""Hash of the facts, readings and quotations of a calculation. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import Any

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
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, tuple):
        return f"[{';'.join(sorted(map(_text, value)))}]"
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({','.join(map(_text, _values(type(value))(value)))})"
    return repr(value)


@cache
def _values(kind: Any) -> attrgetter:  # type: ignore[type-arg]
    return attrgetter(*(field.name for field in fields(kind)))
