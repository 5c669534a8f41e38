"""Amount due now: the calculation less all earlier payments. Pure. 二（四）2"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from services.funding.interest.results import Calculation
from services.funding.interest.steps import ZERO

DueKind = Literal["claim", "nothing", "offset", "clawback"]


@dataclass(frozen=True, slots=True)
class LineDue:
    """A line's amount by the calculation (its certain part), what was paid for it, and the difference, in yuan."""

    line_id: str
    calculated_yuan: Decimal
    paid_yuan: Decimal

    @property
    def difference_yuan(self) -> Decimal:
        """Return what the line adds to the next claim; negative where too much was paid."""
        return self.calculated_yuan - self.paid_yuan


@dataclass(frozen=True, slots=True)
class Due:
    """Amount due in yuan, not negative: an item of the next claim, an offset against it, or a proposed clawback."""

    kind: DueKind
    amount_yuan: Decimal
    lines: tuple[LineDue, ...]


def due(
    calculation: Calculation,
    paid_by_line: Mapping[str, Decimal],
    *,
    offset_limit_yuan: Decimal,
    final: bool = False,
) -> Due:
    """Return what is due after payments by line; lines that were withdrawn keep their payments there.

    While the calculation is 待定 only its certain part is claimed, and only what exceeds its highest amount is taken
    back. Too much paid is offset against the next claim up to `offset_limit_yuan`; above it, or when the claim is the
    `final` one, a clawback is proposed.
    """
    paid = sum(paid_by_line.values(), ZERO)
    lines = tuple(_by_line(calculation, paid_by_line))
    if calculation.low_yuan > paid:
        return Due("claim", calculation.low_yuan - paid, lines)
    if calculation.high_yuan >= paid:
        return Due("nothing", ZERO, lines)
    over = paid - calculation.high_yuan
    return Due("clawback" if final or over > offset_limit_yuan else "offset", over, lines)


def _by_line(calculation: Calculation, paid_by_line: Mapping[str, Decimal]) -> list[LineDue]:
    calculated = {line.line_id: line.low_yuan for line in calculation.lines}
    ids = [*calculated, *(line_id for line_id in sorted(paid_by_line) if line_id not in calculated)]
    return [LineDue(line_id, calculated.get(line_id, ZERO), paid_by_line.get(line_id, ZERO)) for line_id in ids]
