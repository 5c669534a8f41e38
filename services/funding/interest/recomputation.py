"""Interest subsidy of a project, recomputed from all accepted settlement lines. Pure. 二（四）2

A day earns balance times the lower of actual and reference rate, divided by the day-count basis, for the project's
share of the loan. A line earns the sum of its eligible days, rounded half up to the fen once, at most the ordinary
interest paid and at most the rest of the cap, in the order of periods. The order in which lines were filed is not
known here. A line with a missing fact lies between bounds (待定).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Self

from services.funding.interest.bounds import Bounds, actual_rate, interest, lower_rate, reference_rate
from services.funding.interest.checks import review
from services.funding.interest.eligibility import Years, fixed_start
from services.funding.interest.facts import Loan, Project, SettlementLine
from services.funding.interest.fingerprint import fingerprint
from services.funding.interest.limits import Earned, limited
from services.funding.interest.readings import InterestReadings
from services.funding.interest.results import Calculation
from services.funding.interest.runs import Draft, Run, Terms
from services.funding.interest.segments import bank_check, segments
from shared.money import round_fen
from shared.policy.reference_rates import ReferenceRates

PRECISION = 60


def calculate(
    project: Project,
    loans: Iterable[Loan],
    lines: Iterable[SettlementLine],
    rates: ReferenceRates,
    readings: InterestReadings,
    *,
    on: date,
) -> Calculation:
    """Return the subsidy of all accepted lines of a project; `on` is the day against which remarks are made.

    Raises KeyError for a line of a loan that is not among `loans`.
    """
    terms = Terms(project, rates, readings)
    contracts = {loan.id: loan for loan in loans}
    ordered = sorted(lines, key=lambda line: (line.from_on, line.last_on, line.loan_id, line.id))
    with localcontext(prec=PRECISION):
        drafts = _drafts(ordered, contracts, terms)
        years = _years(drafts, list(contracts.values()), terms)
        totals: dict[str, _LoanTotals] = {}
        earned = [_earned(draft, years, terms, totals) for draft in drafts]
        results, total = limited(earned, project)
    spans = {span for one in years.values() for span in (one.possible, one.certain)}
    span = spans.pop() if len(spans) == 1 else None
    return Calculation(
        lines=tuple(results),
        payable_yuan=total.low if total.low == total.high else None,
        low_yuan=total.low,
        high_yuan=total.high,
        limited_by=next((r.limited_by for r in results if r.limited_by in ("cap", "award")), None),
        counted_from=span[0] if span else None,
        counted_until=span[1] if span else None,
        missing=tuple(dict.fromkeys(gap for result in results for gap in result.missing)),
        remarks=review(list(contracts.values()), ordered, rates, readings, on=on),
        inputs_hash=fingerprint(terms, contracts.values(), ordered, results),
    )


def _drafts(lines: Sequence[SettlementLine], loans: Mapping[str, Loan], terms: Terms) -> list[Draft]:
    """Return the drafts in the order of periods; a day of a loan counts in the first paid line that has it."""
    covered: dict[str, date] = {}
    drafts = []
    for line in lines:
        until = covered.get(line.loan_id)
        drafts.append(Draft.of(line, loans[line.loan_id], terms, until))
        if line.ordinary_paid_yuan > 0:
            covered[line.loan_id] = max(line.last_on, until or line.last_on)
    return drafts


def _years(drafts: Sequence[Draft], loans: Sequence[Loan], terms: Terms) -> dict[str, Years]:
    """Return the years of 二（四）2 by loan; by the reading of I9 they are the same for all loans of the project."""
    limit, readings = terms.project.limit_years, terms.readings
    groups = [[loan] for loan in loans] if readings.by_loan else [list(loans)]
    found: dict[str, Years] = {}
    for group in groups:
        ids = {loan.id for loan in group}
        fixed = fixed_start(terms.project, group, readings)
        own = [draft for draft in drafts if draft.loan.id in ids]
        possible = fixed or min((d.first_possible for d in own if d.first_possible), default=None)
        certain = fixed or min((d.first_certain for d in own if d.first_certain), default=None)
        found |= dict.fromkeys(ids, Years.starting(possible, certain, limit))
    return found


@dataclass(frozen=True, slots=True)
class _LoanTotals:
    """Interest of a loan's lines so far: at the actual rate, at the reference rate, times the day-count basis."""

    at_actual: Bounds
    at_reference: Bounds

    def plus(self, at_actual: Bounds, at_reference: Bounds) -> Self:
        return type(self)(self.at_actual.plus(at_actual), self.at_reference.plus(at_reference))

    @property
    def known(self) -> bool:
        return self.at_actual.known and self.at_reference.known

    @property
    def counted(self) -> Bounds:
        return self.at_actual.at_most(self.at_reference)


def _earned(draft: Draft, years: Mapping[str, Years], terms: Terms, totals: dict[str, _LoanTotals]) -> Earned:
    runs, unknown = draft.within(years[draft.loan.id], terms)
    raw = _compared(draft, runs, terms, totals)
    basis = Decimal(draft.loan.day_count_basis or terms.readings.day_count_basis)
    eligible = raw.mapped(lambda amount: round_fen(amount * draft.loan.share / basis))
    return Earned(
        draft=draft,
        basis=basis,
        eligible=eligible,
        paid_yuan=round_fen(draft.line.ordinary_paid_yuan * draft.loan.share),
        missing=tuple(dict.fromkeys([*draft.missing, *draft.gaps, *unknown, *_open_ends(draft, runs, raw)])),
        check=bank_check(draft, runs, basis, terms.readings),
        segments=tuple(segments(draft, runs, basis)),
    )


def _compared(draft: Draft, runs: Sequence[Run], terms: Terms, totals: dict[str, _LoanTotals]) -> Bounds:
    """Return the interest at the lower rate, compared by day, line or loan to date (I8), times the day-count basis."""
    if terms.readings.rate_comparison == "per_day":
        return interest(draft, runs, lower_rate)
    at_actual, at_reference = interest(draft, runs, actual_rate), interest(draft, runs, reference_rate)
    if terms.readings.rate_comparison == "per_line":
        return at_actual.at_most(at_reference)
    before = totals.get(draft.loan.id, _LoanTotals(Bounds(), Bounds()))
    after = totals[draft.loan.id] = before.plus(at_actual, at_reference)
    if before.known and after.known:
        grown = after.counted.low - before.counted.low
        return Bounds(grown, grown)
    return Bounds(min(at_actual.low, at_reference.low), max(at_actual.high, at_reference.high))


def _open_ends(draft: Draft, runs: Sequence[Run], raw: Bounds) -> Iterator[str]:
    """Yield what keeps a line between bounds although its own figures are there."""
    if draft.spread is not None and raw.low != raw.high:
        yield (
            f"{draft.line.from_on} 至 {draft.line.last_on} 的日余额：积数 {draft.spread:,.2f} 与放款、还款记录推算的 "
            f"{draft.recorded:,.2f} 不符，而期间利率或计入的天数有变化"
        )
    if not draft.missing and any(run.excluded is None and not run.certain for run in runs):
        yield "贴息年限的起算日，取决于尚未确定的结息单"
