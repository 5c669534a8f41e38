"""Interest subsidy of bank settlement lines (结息单), computed by day. Pure. 二（四）2

A day earns balance times the lower of actual rate and LPR, divided by the day-count basis. A line earns the sum of its
eligible days, at most the ordinary interest paid and at most the rest of the cap, rounded half up to the fen once.
days.py decides which days are eligible. A line with a missing fact is undetermined, not zero.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from itertools import groupby

from services.funding.interest.days import (
    ZERO,
    Day,
    LoanTotals,
    Project,
    ProjectTotals,
    Quote,
    classified_days,
    missing_facts,
    tenor_of,
)
from services.funding.interest.lines import StatementLine
from services.funding.interest.readings import InterestReadings
from shared.money import round_fen
from shared.policy.errors import BeyondKnownSeries

CLAUSE = "二（四）2"
PRECISION = 60

Lpr = Callable[[date, str], Decimal]
"""LPR in force on a day for "1Y" or "5Y", as a ratio (0.0345). Raises BeyondKnownSeries or LookupError."""
Published = Callable[[date], date]
"""Publication day of the LPR in force on a day."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive days with equal figures. `lower` is "actual", "lpr" or "equal"; `amount_yuan` is unrounded."""

    from_on: date
    to_on: date
    days: int
    balance_yuan: Decimal
    actual_rate: Decimal
    reference_rate: Decimal | None
    tenor: str
    lpr_on: date | None
    lpr_published_on: date | None
    lower: str | None
    amount_yuan: Decimal
    excluded: str | None
    before_approval: bool
    clause: str = CLAUSE


@dataclass(frozen=True, slots=True)
class BankCheck:
    """Ordinary interest stated by the bank beside its recomputation over the whole line."""

    recomputed_yuan: Decimal
    stated_yuan: Decimal
    difference_yuan: Decimal
    within_tolerance: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settled line; `payable_yuan` is None while a fact is `missing`.

    `limited_by` is None when the rates decide, else "interest_paid" or "cap". `totals` enter the next settlement.
    """

    line: StatementLine
    payable_yuan: Decimal | None
    missing: tuple[str, ...]
    eligible_yuan: Decimal | None
    limited_by: str | None
    check: BankCheck | None
    segments: tuple[Segment, ...]
    totals: ProjectTotals


def settle_all(
    lines: Sequence[StatementLine],
    project: Project,
    lpr: Lpr,
    readings: InterestReadings,
    *,
    published_on: Published | None = None,
) -> list[Settlement]:
    """Settle the lines of a project in the order of their periods; lines after an undetermined one are undetermined."""
    totals = ProjectTotals()
    settled: list[Settlement] = []
    for line in sorted(lines, key=lambda line: (line.from_on, line.to_on, line.loan.id)):
        if settled and settled[-1].missing:
            settled.append(_undetermined(line, totals, ["前一笔结息尚未核定"]))
            continue
        settled.append(settle(line, project, totals, lpr, readings, published_on=published_on))
        totals = settled[-1].totals
    return settled


def settle(
    line: StatementLine,
    project: Project,
    totals: ProjectTotals,
    lpr: Lpr,
    readings: InterestReadings,
    *,
    published_on: Published | None = None,
) -> Settlement:
    """Settle one line, given the totals of earlier ones. 二（四）2"""
    missing = [*missing_facts(project, readings), *line.gaps()]
    if missing:
        return _undetermined(line, totals, missing)
    days = list(classified_days(line, project, totals, readings))
    tenor = tenor_of(line.loan, readings)
    quotes, missing = _quotes(days, tenor, lpr, published_on)
    if missing:
        return _undetermined(line, totals, missing)
    with localcontext(prec=PRECISION):
        return _settled(line, project, totals, readings, [_quoted(day, quotes) for day in days], tenor)


def _settled(
    line: StatementLine,
    project: Project,
    totals: ProjectTotals,
    readings: InterestReadings,
    days: list[Day],
    tenor: str,
) -> Settlement:
    counted = [day for day in days if day.excluded is None]
    at_actual = sum((day.balance_yuan * day.actual_rate for day in counted), ZERO) / readings.day_count_basis
    at_reference = sum((day.balance_yuan * _reference(day) for day in counted), ZERO) / readings.day_count_basis
    earlier = totals.loans.get(line.loan.id)
    eligible = _compared(counted, at_actual, at_reference, earlier, readings)
    bounds = {
        "rate": round_fen(eligible),
        "interest_paid": line.ordinary_interest_yuan,
        "cap": max(project.cap_yuan - totals.subsidised_yuan, Decimal("0.00")),
    }
    bound = min(bounds, key=lambda name: bounds[name])
    if counted:
        before = earlier or LoanTotals(counted[0].on)
        totals = totals.plus(line.loan.id, bounds[bound], before.plus(at_actual, at_reference, eligible))
    return Settlement(
        line=line,
        payable_yuan=bounds[bound],
        missing=(),
        eligible_yuan=bounds["rate"],
        limited_by=bound if bound != "rate" else None,
        check=_bank_check(line, days, readings),
        segments=tuple(_segments(days, tenor, readings)),
        totals=totals,
    )


def _compared(
    counted: list[Day],
    at_actual: Decimal,
    at_reference: Decimal,
    earlier: LoanTotals | None,
    readings: InterestReadings,
) -> Decimal:
    """Return the interest at the lower of actual rate and LPR, compared by day, line or loan to date (I8)."""
    if readings.rate_comparison == "per_day":
        per_day = (day.balance_yuan * min(day.actual_rate, _reference(day)) for day in counted)
        return sum(per_day, ZERO) / readings.day_count_basis
    if readings.rate_comparison == "per_line" or earlier is None:
        return min(at_actual, at_reference)
    to_date = min(earlier.at_actual + at_actual, earlier.at_reference + at_reference)
    return max(to_date - earlier.counted, ZERO)


def _quotes(
    days: Sequence[Day], tenor: str, lpr: Lpr, published_on: Published | None
) -> tuple[dict[date, Quote], list[str]]:
    """Return the LPR of every day that needs one, and a description of the days without a known LPR."""
    quotes: dict[date, Quote] = {}
    unknown: list[date] = []
    for on in sorted({day.lpr_on for day in days if day.lpr_on}):
        try:
            quotes[on] = Quote(lpr(on, tenor), published_on(on) if published_on else None)
        except (LookupError, BeyondKnownSeries):
            unknown.append(on)
    return quotes, [f"{unknown[0]} 至 {unknown[-1]} 的 {tenor} LPR"] if unknown else []


def _quoted(day: Day, quotes: Mapping[date, Quote]) -> Day:
    if day.lpr_on is None:
        return day
    quote = quotes[day.lpr_on]
    return replace(day, reference_rate=quote.rate, lpr_published_on=quote.published_on)


def _reference(day: Day) -> Decimal:
    if day.reference_rate is None:
        raise ValueError(f"{day.on} counts but has no reference rate")
    return day.reference_rate


def _bank_check(line: StatementLine, days: Sequence[Day], readings: InterestReadings) -> BankCheck:
    recomputed = round_fen(sum((day.balance_yuan * day.actual_rate for day in days), ZERO) / readings.day_count_basis)
    difference = line.ordinary_interest_yuan - recomputed
    within = abs(difference) <= readings.bank_check_tolerance_yuan
    return BankCheck(recomputed, line.ordinary_interest_yuan, difference, within)


def _segments(days: Sequence[Day], tenor: str, readings: InterestReadings) -> Iterator[Segment]:
    for _, alike in groupby(days, key=_figures):
        days_alike = list(alike)
        first, last = days_alike[0], days_alike[-1]
        applied = ZERO if first.excluded else min(first.actual_rate, _reference(first))
        yield Segment(
            from_on=first.on,
            to_on=last.on,
            days=len(days_alike),
            balance_yuan=first.balance_yuan,
            actual_rate=first.actual_rate,
            reference_rate=first.reference_rate,
            tenor=tenor,
            lpr_on=first.lpr_on,
            lpr_published_on=first.lpr_published_on,
            lower=_lower(first),
            amount_yuan=first.balance_yuan * applied * len(days_alike) / readings.day_count_basis,
            excluded=first.excluded,
            before_approval=first.before_approval,
        )


def _figures(day: Day) -> tuple[object, ...]:
    return (
        day.balance_yuan, day.actual_rate, day.reference_rate, day.lpr_published_on, day.excluded, day.before_approval,
    )  # fmt: skip


def _lower(day: Day) -> str | None:
    if day.reference_rate is None:
        return None
    if day.actual_rate == day.reference_rate:
        return "equal"
    return "actual" if day.actual_rate < day.reference_rate else "lpr"


def _undetermined(line: StatementLine, totals: ProjectTotals, missing: Sequence[str]) -> Settlement:
    return Settlement(line, None, tuple(missing), None, None, None, (), totals)
