"""Results of a recomputation: segments, lines, the project's total, and remarks on the facts. Pure. 二（四）2

`recomputation.calculate(project, loans, lines, rates, readings, on=…)` returns a `Calculation`; what is due now is
`due(calculation, …)`, and `explain(line)` prints a line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from shared.policy.reference_rates import Reference

CLAUSE: Final = "二（四）2"

LimitedBy = Literal["interest_paid", "cap", "award"]
Excluded = Literal[
    "before_construction_start",
    "before_application",
    "before_drawdown",
    "unrecognised_extension",
    "after_maturity",
    "after_construction_period",
    "after_completion_accounts",
    "counted_already",
    "nothing_borrowed",
    "not_paid",
    "outside_limit",
]
"""Reasons for which a day earns nothing, the first one that holds."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive days with equal figures.

    `balance_yuan` is None where only the 积数 of the period is known. `lower` names the lower rate. `amount_yuan` is
    unrounded, of the whole loan, at the lower rate; None while unknown.
    """

    from_on: date
    to_on: date
    days: int
    balance_yuan: Decimal | None
    actual_rate: Decimal | None
    reference: Reference | None
    lower: Literal["actual", "reference", "equal"] | None
    amount_yuan: Decimal | None
    excluded: Excluded | None
    before_approval: bool


@dataclass(frozen=True, slots=True)
class BankCheck:
    """Ordinary interest stated by the bank beside its recomputation over the whole line, in yuan."""

    recomputed_yuan: Decimal
    stated_yuan: Decimal
    difference_yuan: Decimal
    within_tolerance: bool


@dataclass(frozen=True, slots=True)
class LineResult:
    """Subsidy of one settlement line, in yuan.

    While a fact is `missing` the amount lies between `low_yuan` and `high_yuan`, and `payable_yuan` is None (待定).
    `accumulated_balance` is the 积数 where the daily balances are unknown. `eligible_yuan` is the interest at the lower
    rate for the project's share, before other limits; `limited_by` is None when the rates decide.
    """

    line_id: str
    line_version: int
    loan_id: str
    from_on: date
    to_on: date
    day_count_basis: Decimal
    share: Decimal
    accumulated_balance: Decimal | None
    eligible_yuan: Decimal | None
    ordinary_paid_yuan: Decimal
    payable_yuan: Decimal | None
    low_yuan: Decimal
    high_yuan: Decimal
    limited_by: LimitedBy | None
    missing: tuple[str, ...]
    check: BankCheck | None
    segments: tuple[Segment, ...]
    clause: str = CLAUSE

    @property
    def unverified(self) -> tuple[Reference, ...]:
        """Return the quotations used that nobody has verified."""
        used = {segment.reference: None for segment in self.segments if segment.reference is not None}
        return tuple(reference for reference in used if not reference.verified)


@dataclass(frozen=True, slots=True)
class Remark:
    """A way in which a fact contradicts another one; an officer accepts it with a reason or returns the line.

    `code` is stable; `figures` are those of the sentence, by name.
    """

    code: str
    loan_id: str
    line_id: str | None
    sentence: str
    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Calculation:
    """Subsidy of all accepted lines of a project, in yuan; `payable_yuan` is None while a fact is missing (待定).

    `counted_from` and `counted_until` are the years of 二（四）2 that run for the project, None while no day counts or
    when they run by loan. `inputs_hash` is equal for equal facts, readings and quotations used, in any order.
    """

    lines: tuple[LineResult, ...]
    payable_yuan: Decimal | None
    low_yuan: Decimal
    high_yuan: Decimal
    limited_by: LimitedBy | None
    counted_from: date | None
    counted_until: date | None
    missing: tuple[str, ...]
    remarks: tuple[Remark, ...]
    inputs_hash: str
    clause: str = CLAUSE

    def of(self, line_id: str) -> LineResult:
        """Return the result of a line. Raises KeyError for another project's line."""
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise KeyError(line_id)
