"""Runs of equal days of a settlement line: balance, rates, and why a day earns nothing. Pure. 二（四）2"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from services.funding.interest.eligibility import (
    Years,
    calendar_cuts,
    exclusion,
    missing_facts,
    reference_cuts,
    reference_day,
)
from services.funding.interest.facts import Loan, Project, SettlementLine, uncovered
from services.funding.interest.readings import InterestReadings
from services.funding.interest.results import Excluded
from services.funding.interest.steps import ZERO, Steps, accumulated, pieces
from shared.policy.errors import BeyondKnownSeries
from shared.policy.reference_rates import Reference, ReferenceRates, Tenor, tenor_of

NOTHING = Steps((date.min,), (ZERO,))
UNKNOWN = Steps((), ())


@dataclass(frozen=True, slots=True)
class Terms:
    """Project, register of reference rates and readings, common to all lines of a calculation."""

    project: Project
    rates: ReferenceRates
    readings: InterestReadings


class Run(NamedTuple):
    """Consecutive days with equal figures; None is unknown. `certain` is False where the years may not reach it."""

    from_on: date
    to_on: date
    balance: Decimal | None
    rate: Decimal | None
    excluded: Excluded | None
    before_approval: bool
    reference: Reference | None = None
    certain: bool = True

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.to_on - self.from_on).days + 1


@dataclass(frozen=True, slots=True)
class Draft:
    """Line with its loan and its runs, before the years of 二（四）2 are known.

    `missing` names facts without which no day counts for certain, `gaps` the days without balance or rate. `spread` is
    the 积数 whose daily balances are unknown; `recorded` is the 积数 of drawdowns and repayments.
    """

    line: SettlementLine
    loan: Loan
    tenor: Tenor
    runs: tuple[Run, ...]
    missing: tuple[str, ...]
    gaps: tuple[str, ...]
    spread: Decimal | None
    recorded: Decimal

    @classmethod
    def of(cls, line: SettlementLine, loan: Loan, terms: Terms, covered_until: date | None) -> Self:
        """Return the draft of a line; days up to `covered_until` are counted in an earlier line of the loan."""
        recorded = loan.recorded_balances
        in_period = accumulated(recorded, line.from_on, line.last_on)
        balances, spread = _principal(line, recorded, in_period)
        return cls(
            line,
            loan,
            tenor_of(loan.original_term_months, loan.tenor, terms.readings.lpr_tenor),
            tuple(_runs(line, loan, terms, balances, covered_until)),
            tuple(missing_facts(terms.project, loan, terms.readings)),
            tuple(_gaps(line)),
            spread,
            in_period,
        )

    @property
    def first_possible(self) -> date | None:
        """Return the first day that may count."""
        return next((run.from_on for run in self.runs if run.excluded is None), None)

    @property
    def first_certain(self) -> date | None:
        """Return the first day that counts for certain; a 积数 alone says no more than that some day does."""
        if self.missing:
            return None
        if self.spread is not None:
            return None if any(run.excluded for run in self.runs) else self.line.last_on
        known = (run.from_on for run in self.runs if run.excluded is None and run.balance is not None)
        return next(known, None)

    def within(self, years: Years, terms: Terms) -> tuple[list[Run], list[str]]:
        """Return the runs cut by the years, with their reference rates, and what is missing for those."""
        cuts = [cut for cut in years.cuts() if self.line.from_on < cut <= self.line.last_on]
        missing: list[str] = []
        placed = [
            self._placed(run, first, last, years, terms, missing)
            for run in self.runs
            for first, last in pieces(run.from_on, run.to_on, cuts)
        ]
        return placed, missing

    def _placed(self, run: Run, first: date, last: date, years: Years, terms: Terms, missing: list[str]) -> Run:
        """Return the part of a run from `first` to `last`, with its reference rate if it counts."""
        excluded, reference, certain = run.excluded, None, True
        if excluded is None and not years.may_contain(first):
            excluded = "outside_limit"
        if excluded is None:
            certain = not self.missing and years.contain(first)
            reference = self._reference(first, terms, missing)
        return Run(first, last, run.balance, run.rate, excluded, run.before_approval, reference, certain)

    def _reference(self, day: date, terms: Terms, missing: list[str]) -> Reference | None:
        on = reference_day(day, self.line, terms.project, self.loan, terms.readings)
        if on is None:
            return None
        try:
            return terms.rates.in_force(on, self.tenor, self.loan.original_term_months)
        except BeyondKnownSeries as unknown:
            missing.append(unknown.detail or unknown.title)
            return None


def _principal(line: SettlementLine, recorded: Steps, in_period: Decimal) -> tuple[Steps, Decimal | None]:
    """Return the daily balances of a line, or its 积数 where drawdowns and repayments do not reproduce it."""
    if line.balances:
        return line.stated_balances, None
    if line.accumulated_balance is None or line.accumulated_balance == in_period:
        return recorded, None
    return (UNKNOWN, line.accumulated_balance) if line.accumulated_balance > 0 else (NOTHING, None)


def _runs(line: SettlementLine, loan: Loan, terms: Terms, balances: Steps, covered_until: date | None) -> Iterator[Run]:
    rates, approved = line.stated_rates, terms.project.approved_on
    paid = line.ordinary_paid_yuan > 0
    for from_on, to_on in pieces(line.from_on, line.last_on, _cuts(line, loan, terms, balances, rates, covered_until)):
        balance = balances.at(from_on)
        reason = exclusion(from_on, terms.project, loan, terms.readings)
        if reason is None and covered_until is not None and from_on <= covered_until:
            reason = "counted_already"
        if reason is None and (balance == 0 or not paid):
            reason = "nothing_borrowed" if balance == 0 else "not_paid"
        yield Run(from_on, to_on, balance, rates.at(from_on), reason, approved is not None and from_on < approved)


def _cuts(
    line: SettlementLine, loan: Loan, terms: Terms, balances: Steps, rates: Steps, covered_until: date | None
) -> Iterable[date | None]:
    yield from balances.days
    yield from rates.days
    yield from calendar_cuts(terms.project, loan, terms.readings)
    yield from reference_cuts(line, loan, terms.rates, terms.readings)
    if covered_until is not None and covered_until < line.last_on:
        yield date.fromordinal(covered_until.toordinal() + 1)


def _gaps(line: SettlementLine) -> Iterator[str]:
    for label, parts in (("日余额", line.balances), ("实际利率", line.rates)):
        gaps = list(uncovered(line, parts)) if parts or label == "实际利率" else []
        if gaps:
            days = sum((last - first).days + 1 for first, last in gaps)
            yield f"{gaps[0][0]} 等 {days} 天的{label}"
