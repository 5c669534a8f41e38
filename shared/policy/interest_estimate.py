"""Estimate of an interest subsidy before any interest is paid, for dry run, comparison and approval alike. 二（四）2

Each loan is taken as fully drawn on its day and repaid at the end of its term. A day earns principal times the lower of
contract rate and reference rate; rates not published yet are those of today. The subsidy that is paid follows the
banks' settlement lines and may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import groupby
from typing import Final, NamedTuple

from shared.dates import window
from shared.money import round_fen
from shared.policy.errors import BeyondKnownSeries
from shared.policy.reference_rates import Reference, ReferenceRates, Tenor, tenor_of

DAY: Final = timedelta(days=1)
ZERO: Final = Decimal(0)
YEAR: Final = 365
PRECISION: Final = 40


@dataclass(frozen=True, slots=True)
class PlannedLoan:
    """Contracted or planned loan; `annual_rate` is a ratio. `day_count_basis` None: the policy's basis."""

    name: str
    principal_yuan: Decimal
    annual_rate: Decimal
    term_months: int
    tenor: Tenor | None
    drawn_on: date
    repriced_on: tuple[date, ...] = ()
    day_count_basis: int | None = None

    @property
    def last_on(self) -> date:
        """Return the last day of the term."""
        return window(self.drawn_on, months=self.term_months)


@dataclass(frozen=True, slots=True)
class EstimateTerms:
    """Limits, days and readings (by key) of an estimate made `on` a day; `day_basis` divides the annual rate."""

    cap_yuan: Decimal
    years: int
    on: date
    readings: Mapping[str, str]
    day_basis: Decimal
    started_on: date | None = None
    declared_on: date | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated subsidy in yuan, None while a fact is `missing`.

    `present_value_yuan` discounts the award to the day of the estimate; `cap_reached_in` is the first day of the month
    in which the cap is reached, None if it is not. `lines` derive the amounts.
    """

    base_yuan: Decimal
    uncapped_yuan: Decimal | None
    award_yuan: Decimal | None
    present_value_yuan: Decimal | None
    cap_reached_in: date | None
    lines: tuple[str, ...]
    missing: tuple[str, ...] = ()


class _Part(NamedTuple):
    """Days of one loan in one month with one reference rate."""

    from_on: date
    to_on: date
    reference: Reference

    @property
    def days(self) -> int:
        return (self.to_on - self.from_on).days + 1


def estimate(loans: Sequence[PlannedLoan], terms: EstimateTerms, rates: ReferenceRates) -> Estimate:
    """Return the estimate for at least one loan at the rates known on the day of the estimate. 二（四）2"""
    base = sum((loan.principal_yuan for loan in loans), Decimal("0.00"))
    missing = list(_missing(loans, terms))
    known = rates.as_known_on(terms.on)
    if not missing:
        try:
            with localcontext(prec=PRECISION):
                return _estimated(sorted(loans, key=lambda loan: (loan.drawn_on, loan.name)), base, terms, known)
        except BeyondKnownSeries as unknown:
            missing = [unknown.detail or unknown.title]
    return Estimate(base, None, None, None, None, (), tuple(missing))


def _missing(loans: Sequence[PlannedLoan], terms: EstimateTerms) -> Iterator[str]:
    if terms.readings["interest_before_application"] == "not_counted" and terms.declared_on is None:
        yield "申报日期"


def _estimated(loans: Sequence[PlannedLoan], base: Decimal, terms: EstimateTerms, rates: ReferenceRates) -> Estimate:
    spans = _spans(loans, terms)
    months: dict[date, Decimal] = {}
    uncapped, lines = Decimal("0.00"), list(_notes(loans, terms))
    for loan, (first, last) in zip(loans, spans, strict=True):
        parts = list(_parts(loan, first, last, terms, rates))
        earned = _earned(loan, parts, terms)
        uncapped += round_fen(sum(earned, ZERO))
        for part, amount in zip(parts, earned, strict=True):
            month = part.from_on.replace(day=1)
            months[month] = months.get(month, ZERO) + amount
        lines += _derivation(loan, first, last, parts, earned, terms)
    flows, reached = _under_the_cap(months, terms.cap_yuan)
    award = min(uncapped, terms.cap_yuan)
    ahead = any(_days_until_due(month, terms.on) > 0 for month in flows)
    discount = rates.in_force(terms.on, "1Y", 12) if ahead else None
    present = round_fen(_present_value(flows, terms.on, discount.rate)) if discount else award
    lines += _conclusion(uncapped, terms, present, reached, discount)
    return Estimate(base, uncapped, award, present, reached, tuple(lines))


def _spans(loans: Sequence[PlannedLoan], terms: EstimateTerms) -> list[tuple[date, date]]:
    """Return first and last subsidised day of each loan (I9, I10); the last precedes the first where none is."""
    started = terms.started_on or min(loan.drawn_on for loan in loans)
    counted_from = started
    if terms.readings["interest_before_application"] == "not_counted" and terms.declared_on is not None:
        counted_from = max(started, terms.declared_on)
    firsts = [max(counted_from, loan.drawn_on) for loan in loans]
    counts = [first <= loan.last_on for first, loan in zip(firsts, loans, strict=True)]
    starts = _starts(loans, [first for first, some in zip(firsts, counts, strict=True) if some], firsts, terms)
    return [
        (max(first, start), min(loan.last_on, window(start, years=terms.years)))
        for loan, first, start in zip(loans, firsts, starts, strict=True)
    ]


def _starts(
    loans: Sequence[PlannedLoan], counted: Sequence[date], firsts: Sequence[date], terms: EstimateTerms
) -> list[date]:
    """Return the day on which the years of 二（四）2 begin, for each loan (I9)."""
    if terms.readings["interest_limit_start"] == "approval":
        return [terms.on] * len(loans)
    drawdown = terms.readings["interest_limit_start"] == "first_drawdown"
    own = [loan.drawn_on for loan in loans] if drawdown else list(firsts)
    if terms.readings["interest_limit_scope"] == "loan":
        return own
    return [min(own if drawdown else counted, default=firsts[0])] * len(loans)


def _parts(loan: PlannedLoan, first: date, last: date, terms: EstimateTerms, rates: ReferenceRates) -> Iterator[_Part]:
    """Yield the subsidised days, cut by month and where the reference rate may change."""
    tenor = tenor_of(loan.term_months, loan.tenor, terms.readings["lpr_tenor"])
    reference_day = _reference_day(loan, terms)
    cuts = sorted({first, *_months(first, last), *rates.changes(first, last), *loan.repriced_on})
    starts = [cut for cut in cuts if first <= cut <= last]
    for place, start in enumerate(starts):
        end = starts[place + 1] - DAY if place + 1 < len(starts) else last
        yield _Part(start, end, rates.in_force(reference_day(start), tenor, loan.term_months))


def _reference_day(loan: PlannedLoan, terms: EstimateTerms) -> Callable[[date], date]:
    """Return the day whose rate applies to a day (I6); a planned period begins with the drawdown."""
    reading = terms.readings["lpr_date"]
    if reading == "each_day":
        return lambda on: on
    if reading == "approval":
        return lambda on: terms.on
    repriced = loan.repriced_on if reading == "repricing" else ()
    return lambda on: max((day for day in repriced if day <= on), default=loan.drawn_on)


def _months(first: date, last: date) -> Iterator[date]:
    """Yield the first days of the months after `first`."""
    month = _next_month(first.replace(day=1))
    while month <= last:
        yield month
        month = _next_month(month)


def _next_month(month: date) -> date:
    return window(month, months=1) + DAY


def _earned(loan: PlannedLoan, parts: Sequence[_Part], terms: EstimateTerms) -> list[Decimal]:
    """Return the interest of each part, the rates compared by day, or over the whole loan (I8)."""
    basis = loan.day_count_basis or terms.day_basis
    own = [loan.principal_yuan * loan.annual_rate * part.days / basis for part in parts]
    quoted = [loan.principal_yuan * part.reference.rate * part.days / basis for part in parts]
    if terms.readings["rate_comparison"] == "per_day":
        return [min(pair) for pair in zip(own, quoted, strict=True)]
    return own if sum(own, ZERO) <= sum(quoted, ZERO) else quoted


def _under_the_cap(months: Mapping[date, Decimal], cap: Decimal) -> tuple[dict[date, Decimal], date | None]:
    """Return the amount of each month under the cap, and the month in which it is reached."""
    rest, flows, reached = cap, {}, None
    for month in sorted(months):
        flows[month] = min(months[month], rest)
        rest -= flows[month]
        if rest <= 0 and reached is None:
            reached = month
    return flows, reached


def _present_value(flows: Mapping[date, Decimal], on: date, rate: Decimal) -> Decimal:
    """Return the value on a day of amounts that fall due at the end of their months; the past is not discounted."""
    total = ZERO
    for month, amount in flows.items():
        days = _days_until_due(month, on)
        total += amount if days <= 0 else amount / (1 + rate) ** (Decimal(days) / YEAR)
    return total


def _days_until_due(month: date, on: date) -> int:
    """Return the days from `on` to the end of a month, negative for a month that is over."""
    return (window(month, months=1) - on).days


def _notes(loans: Iterable[PlannedLoan], terms: EstimateTerms) -> Iterator[str]:
    if terms.started_on is None:
        yield f"开工日期未登记，按首次放款日 {min(loan.drawn_on for loan in loans)} 起估算"


def _derivation(
    loan: PlannedLoan, first: date, last: date, parts: Sequence[_Part], earned: Sequence[Decimal], terms: EstimateTerms
) -> Iterator[str]:
    """Yield the days of a loan by reference rate, with their amounts, and its sum."""
    basis = loan.day_count_basis or terms.day_basis
    if not parts:
        yield f"{loan.name}：没有可贴息的天数"
        return
    contract = f"本金 {loan.principal_yuan:,.2f} 元，合同利率 {_percent(loan.annual_rate)}"
    yield f"{loan.name}：{first} 至 {last}，{contract}；每段＝本金×年利率×天数÷{basis}"
    shown = ZERO
    for reference, alike in groupby(zip(parts, earned, strict=True), key=lambda pair: pair[0].reference):
        together = list(alike)
        days, amount = sum(part.days for part, _ in together), round_fen(sum((one for _, one in together), ZERO))
        shown += amount
        yield (
            f"{together[0][0].from_on} 至 {together[-1][0].to_on}（{days} 天），{_quoted(reference)}："
            f"{_lower(loan, reference)}，计 {amount:,.2f} 元"
        )
    exact = round_fen(sum(earned, ZERO))
    if shown != exact:
        yield f"各段列示数之和 {shown:,.2f} 元；合计前不舍入，精确合计后舍入一次为 {exact:,.2f} 元"


def _conclusion(
    uncapped: Decimal, terms: EstimateTerms, present: Decimal, reached: date | None, discount: Reference | None
) -> Iterator[str]:
    if uncapped > terms.cap_yuan:
        yield f"合计 {uncapped:,.2f} 元，以上限 {terms.cap_yuan:,.2f} 元为限"
    if reached is not None:
        yield f"预计 {reached.year}年{reached.month}月达到上限"
    if discount is None:
        yield f"各月均已届满，不折现，现值 {present:,.2f} 元；实际贴息以银行结息单逐日核定"
        return
    yield f"各月末收付、按{_quoted(discount)}折现到 {terms.on}，现值 {present:,.2f} 元"
    yield f"未公布的LPR按 {discount.published_on} 公布值估算；实际贴息以银行结息单逐日核定"


def _quoted(reference: Reference) -> str:
    doubt = "" if reference.verified else "，该报价未经核实"
    return f"{reference.name} {_percent(reference.rate)}（{reference.published_on} 公布{doubt}）"


def _lower(loan: PlannedLoan, reference: Reference) -> str:
    if loan.annual_rate == reference.rate:
        return "两者相同"
    name = reference.name.split()[-1]
    return "合同利率较低，按合同利率" if loan.annual_rate < reference.rate else f"{name}较低，按{name}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
