"""Interest subsidy over bank settlement lines (结息单), day by day. Pure. 二（四）2

A day earns balance times the lower of actual rate and LPR, over the day-count basis. A line earns the sum over its
eligible days, never more than the ordinary interest really paid, clipped to what is left of the cap, and rounded half
up to the fen, once. Which days are eligible: interest_days.py. A missing fact leaves it undetermined, not at zero.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from itertools import groupby

from services.funding.interest.days import (
    ZERO,
    Day,
    LoanSoFar,
    Project,
    Quote,
    Settings,
    SoFar,
    judged_days,
    missing_facts,
    tenor_of,
)
from services.funding.interest.lines import StatementLine
from shared.money import round_fen
from shared.policy.errors import BeyondKnownSeries

CLAUSE = "二（四）2"
PRECISION = 60

Lpr = Callable[[date, str], Decimal]
"""The LPR in force on a day for "1Y" or "5Y", as a ratio (0.0345). Raises BeyondKnownSeries or LookupError."""
Published = Callable[[date], date]
"""The day on which the LPR in force on a day was published."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive days that are alike. `lower` is "actual", "lpr" or "equal"; `amount_yuan` is unrounded."""

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
    """The bank's ordinary interest against our recomputation over the whole line."""

    recomputed_yuan: Decimal
    stated_yuan: Decimal
    difference_yuan: Decimal
    within_tolerance: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of a line; `payable_yuan` is None when something is `missing`.

    `limited_by` is None when the rates decided, else "interest_paid" or "cap". `so_far` goes into the next settlement.
    """

    line: StatementLine
    payable_yuan: Decimal | None
    missing: tuple[str, ...]
    eligible_yuan: Decimal | None
    limited_by: str | None
    check: BankCheck | None
    segments: tuple[Segment, ...]
    so_far: SoFar


def settle_all(
    lines: Sequence[StatementLine],
    project: Project,
    lpr: Lpr,
    settings: Settings,
    *,
    published_on: Published | None = None,
) -> list[Settlement]:
    """Settle the lines of a project in the order of their periods; an undetermined line leaves the later ones so."""
    so_far = SoFar()
    settled: list[Settlement] = []
    for line in sorted(lines, key=lambda line: (line.from_on, line.to_on, line.loan.id)):
        if settled and settled[-1].missing:
            settled.append(_undetermined(line, so_far, ["前一笔结息尚未核定"]))
            continue
        settled.append(settle(line, project, so_far, lpr, settings, published_on=published_on))
        so_far = settled[-1].so_far
    return settled


def settle(
    line: StatementLine,
    project: Project,
    so_far: SoFar,
    lpr: Lpr,
    settings: Settings,
    *,
    published_on: Published | None = None,
) -> Settlement:
    """Settle one line after the earlier ones. 二（四）2"""
    missing = [*missing_facts(project, settings), *line.gaps()]
    if missing:
        return _undetermined(line, so_far, missing)
    days = list(judged_days(line, project, so_far, settings))
    tenor = tenor_of(line.loan, settings)
    quotes, missing = _quotes(days, tenor, lpr, published_on)
    if missing:
        return _undetermined(line, so_far, missing)
    with localcontext(prec=PRECISION):
        return _settled(line, project, so_far, settings, [_quoted(day, quotes) for day in days], tenor)


def _settled(
    line: StatementLine, project: Project, so_far: SoFar, settings: Settings, days: list[Day], tenor: str
) -> Settlement:
    counted = [day for day in days if day.excluded is None]
    at_actual = sum((day.balance_yuan * day.actual_rate for day in counted), ZERO) / settings.day_count_basis
    at_reference = sum((day.balance_yuan * _reference(day) for day in counted), ZERO) / settings.day_count_basis
    earlier = so_far.loans.get(line.loan.id)
    eligible = _compared(counted, at_actual, at_reference, earlier, settings)
    bounds = {
        "rate": round_fen(eligible),
        "interest_paid": line.ordinary_interest_yuan,
        "cap": max(project.cap_yuan - so_far.subsidised_yuan, Decimal("0.00")),
    }
    bound = min(bounds, key=lambda name: bounds[name])
    if counted:
        before = earlier or LoanSoFar(counted[0].on)
        so_far = so_far.and_then(line.loan.id, bounds[bound], before.and_then(at_actual, at_reference, eligible))
    return Settlement(
        line=line,
        payable_yuan=bounds[bound],
        missing=(),
        eligible_yuan=bounds["rate"],
        limited_by=bound if bound != "rate" else None,
        check=_bank_check(line, days, settings),
        segments=tuple(_segments(days, tenor, settings)),
        so_far=so_far,
    )


def _compared(
    counted: list[Day], at_actual: Decimal, at_reference: Decimal, earlier: LoanSoFar | None, settings: Settings
) -> Decimal:
    """The lower of actual rate and LPR, by day, by line, or over the loan to date (I8)."""
    if settings.rate_comparison == "per_day":
        per_day = (day.balance_yuan * min(day.actual_rate, _reference(day)) for day in counted)
        return sum(per_day, ZERO) / settings.day_count_basis
    if settings.rate_comparison == "per_line" or earlier is None:
        return min(at_actual, at_reference)
    to_date = min(earlier.at_actual + at_actual, earlier.at_reference + at_reference)
    return max(to_date - earlier.counted, ZERO)


def _quotes(
    days: Sequence[Day], tenor: str, lpr: Lpr, published_on: Published | None
) -> tuple[dict[date, Quote], list[str]]:
    """The LPR of every day that is asked for, and what is not known."""
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


def _bank_check(line: StatementLine, days: Sequence[Day], settings: Settings) -> BankCheck:
    recomputed = round_fen(sum((day.balance_yuan * day.actual_rate for day in days), ZERO) / settings.day_count_basis)
    difference = line.ordinary_interest_yuan - recomputed
    within = abs(difference) <= settings.bank_check_tolerance_yuan
    return BankCheck(recomputed, line.ordinary_interest_yuan, difference, within)


def _segments(days: Sequence[Day], tenor: str, settings: Settings) -> Iterator[Segment]:
    for _, alike in groupby(days, key=_traits):
        run = list(alike)
        first, last = run[0], run[-1]
        applied = ZERO if first.excluded else min(first.actual_rate, _reference(first))
        yield Segment(
            from_on=first.on,
            to_on=last.on,
            days=len(run),
            balance_yuan=first.balance_yuan,
            actual_rate=first.actual_rate,
            reference_rate=first.reference_rate,
            tenor=tenor,
            lpr_on=first.lpr_on,
            lpr_published_on=first.lpr_published_on,
            lower=_lower(first),
            amount_yuan=first.balance_yuan * applied * len(run) / settings.day_count_basis,
            excluded=first.excluded,
            before_approval=first.before_approval,
        )


def _traits(day: Day) -> tuple[object, ...]:
    return (
        day.balance_yuan, day.actual_rate, day.reference_rate, day.lpr_published_on, day.excluded, day.before_approval,
    )  # fmt: skip


def _lower(day: Day) -> str | None:
    if day.reference_rate is None:
        return None
    if day.actual_rate == day.reference_rate:
        return "equal"
    return "actual" if day.actual_rate < day.reference_rate else "lpr"


def _undetermined(line: StatementLine, so_far: SoFar, missing: Sequence[str]) -> Settlement:
    return Settlement(line, None, tuple(missing), None, None, None, (), so_far)
