"""Eligible days of settlement lines and the day whose reference rate applies (I6, I9, I10). Pure. 二（四）2"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Self

from services.funding.interest.facts import Loan, Project, SettlementLine
from services.funding.interest.readings import InterestReadings
from services.funding.interest.results import Excluded
from services.funding.interest.steps import DAY
from shared.dates import window
from shared.policy.reference_rates import ReferenceRates


def missing_facts(project: Project, loan: Loan, readings: InterestReadings) -> Iterator[str]:
    """Yield the Chinese name of each fact that the readings need and project or loan lacks."""
    if project.construction_started_on is None:
        yield "开工日期"
    if readings.from_application and project.applied_on is None:
        yield "申报日期"
    if "approval" in (readings.interest_limit_start, readings.lpr_date) and project.approved_on is None:
        yield "批复日期"
    if not loan.drawdowns:
        yield f"贷款合同 {loan.contract_no} 的放款记录"


def exclusion(on: date, project: Project, loan: Loan, readings: InterestReadings) -> Excluded | None:
    """Return the first reason by calendar for which a day earns nothing; facts that are missing exclude nothing."""
    started, applied, drawn = project.construction_started_on, project.applied_on, loan.first_drawn_on
    if started is not None and on < started:
        return "before_construction_start"
    if readings.from_application and applied is not None and on < applied:
        return "before_application"
    if drawn is not None and on < drawn:
        return "before_drawdown"
    return _beyond_the_loan(on, loan) or _beyond_the_works(on, project)


def _beyond_the_loan(on: date, loan: Loan) -> Excluded | None:
    matures = loan.matures_on
    if matures is None or on <= matures:
        return None
    extensions = [extension for extension in loan.extensions if extension.from_on <= on <= extension.to_on]
    if not extensions:
        return "after_maturity"
    return None if any(extension.recognised for extension in extensions) else "unrecognised_extension"


def _beyond_the_works(on: date, project: Project) -> Excluded | None:
    if project.construction_until is not None and on > project.construction_until:
        return "after_construction_period"
    if project.accounts_completed_on is not None and on > project.accounts_completed_on:
        return "after_completion_accounts"
    return None


def calendar_cuts(project: Project, loan: Loan, readings: InterestReadings) -> Iterator[date | None]:
    """Yield the days on which an exclusion by calendar, or the part before the approval, begins or ends."""
    yield project.construction_started_on
    yield project.applied_on if readings.from_application else None
    yield project.approved_on
    yield loan.first_drawn_on
    for last in (loan.matures_on, project.construction_until, project.accounts_completed_on):
        yield last and last + DAY
    for extension in loan.extensions:
        yield extension.from_on
        yield extension.to_on + DAY


def reference_day(
    on: date, line: SettlementLine, project: Project, loan: Loan, readings: InterestReadings
) -> date | None:
    """Return the day whose reference rate applies to `on` (I6), None while it is unknown.

    A contract that was drawn in parts has the day of its first drawdown.
    """
    if readings.lpr_date == "each_day":
        return on
    if readings.lpr_date == "period_start":
        return line.from_on
    if readings.lpr_date == "approval":
        return project.approved_on
    if readings.lpr_date == "repricing":
        return max((day for day in loan.repricing_days if day <= on), default=loan.first_drawn_on)
    return loan.first_drawn_on


def reference_cuts(
    line: SettlementLine, loan: Loan, rates: ReferenceRates, readings: InterestReadings
) -> Iterable[date]:
    """Return the days within a line on which the reference rate may change (I6)."""
    if readings.lpr_date == "each_day":
        return rates.changes(line.from_on, line.last_on)
    return loan.repricing_days if readings.lpr_date == "repricing" else ()


@dataclass(frozen=True, slots=True)
class Years:
    """Years of 二（四）2, which begin between `possible[0]` and `certain[0]`; both agree unless a fact is missing.

    None: no day counts so far, neither possibly nor for certain.
    """

    possible: tuple[date, date] | None
    certain: tuple[date, date] | None

    @classmethod
    def starting(cls, possible: date | None, certain: date | None, years: int) -> Self:
        """Return the years that begin on the first possible and on the first certain day."""
        return cls(_span(possible, years), _span(certain, years))

    def cuts(self) -> Iterator[date]:
        """Yield the days on which the years may begin, and on which they may be over."""
        for span in {self.possible, self.certain}:
            if span is not None:
                yield span[0]
                yield span[1] + DAY

    def may_contain(self, on: date) -> bool:
        """Return whether a day may lie within the years."""
        if self.possible is None or on < self.possible[0]:
            return False
        return self.certain is None or on <= self.certain[1]

    def contain(self, on: date) -> bool:
        """Return whether a day with a balance lies within the years for certain: none precedes the first such day."""
        return self.possible is not None and self.possible[0] <= on <= self.possible[1]


def _span(start: date | None, years: int) -> tuple[date, date] | None:
    return None if start is None else (start, window(start, years=years))


def fixed_start(project: Project, loans: Iterable[Loan], readings: InterestReadings) -> date | None:
    """Return the first day of the years where the reading of I9 fixes it, None where the first subsidised day does."""
    if readings.interest_limit_start == "approval":
        return project.approved_on
    if readings.interest_limit_start == "first_drawdown":
        return min((loan.first_drawn_on for loan in loans if loan.first_drawn_on is not None), default=None)
    return None
