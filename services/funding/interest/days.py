"""Eligible days of a settlement line and the LPR day of each. Pure. 二（四）2"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from services.funding.interest.lines import Loan, StatementLine
from services.funding.interest.readings import InterestReadings
from shared.dates import window

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Project:
    """Facts of the project that the calculation uses; cap and years are parameters of the policy."""

    cap_yuan: Decimal
    limit_years: int
    construction_started_on: date | None
    applied_on: date | None = None
    approved_on: date | None = None
    first_drawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class LoanTotals:
    """Unrounded interest of a loan's earlier lines, in yuan: at the actual rate, at the LPR, and counted."""

    first_on: date
    at_actual: Decimal = ZERO
    at_reference: Decimal = ZERO
    counted: Decimal = ZERO

    def plus(self, at_actual: Decimal, at_reference: Decimal, counted: Decimal) -> Self:
        """Return the totals with one more line."""
        return replace(
            self,
            at_actual=self.at_actual + at_actual,
            at_reference=self.at_reference + at_reference,
            counted=self.counted + counted,
        )


@dataclass(frozen=True, slots=True)
class ProjectTotals:
    """Totals of the project's earlier lines: the subsidy in yuan, and the totals of each loan."""

    subsidised_yuan: Decimal = Decimal("0.00")
    loans: Mapping[str, LoanTotals] = field(default_factory=dict)

    def plus(self, loan_id: str, yuan: Decimal, loan: LoanTotals) -> Self:
        """Return the totals with one more line of a loan, settled at `yuan`."""
        return replace(self, subsidised_yuan=self.subsidised_yuan + yuan, loans={**self.loans, loan_id: loan})


class Quote(NamedTuple):
    """LPR as a ratio with its publication day."""

    rate: Decimal
    published_on: date | None


@dataclass(frozen=True, slots=True)
class Day:
    """Day of a line; `excluded` is the code of the reason for which it earns nothing."""

    on: date
    balance_yuan: Decimal
    actual_rate: Decimal
    excluded: str | None = None
    reference_rate: Decimal | None = None
    lpr_on: date | None = None
    lpr_published_on: date | None = None
    before_approval: bool = False


def classified_days(
    line: StatementLine, project: Project, totals: ProjectTotals, readings: InterestReadings
) -> Iterator[Day]:
    """Yield each day of the line, with the first reason for which it earns nothing (I9, I10)."""
    start = _limit_start(line, project, totals, readings)
    for on, balance, rate in line.days():
        excluded = _excluded(on, project, readings)
        if excluded is None and (balance == 0 or line.ordinary_interest_yuan <= 0):
            excluded = "nothing_borrowed" if balance == 0 else "not_paid"
        if excluded is None:
            start = start or on
            if not start <= on <= window(start, years=project.limit_years):
                excluded = "outside_limit"
        before_approval = project.approved_on is not None and on < project.approved_on
        lpr_on = None if excluded else _lpr_day(on, line, project, readings)
        yield Day(on, balance, rate, excluded, lpr_on=lpr_on, before_approval=before_approval)


def _excluded(on: date, project: Project, readings: InterestReadings) -> str | None:
    if project.construction_started_on is None or on < project.construction_started_on:
        return "before_construction_start"
    applied_on = project.applied_on
    if readings.from_application and (applied_on is None or on < applied_on):
        return "before_application"
    return None


def _limit_start(
    line: StatementLine, project: Project, totals: ProjectTotals, readings: InterestReadings
) -> date | None:
    """Return the first day of the years of 二（四）2 (I9); None before the first subsidised day."""
    by_loan = readings.interest_limit_scope == "loan"
    if readings.interest_limit_start == "approval":
        return project.approved_on
    if readings.interest_limit_start == "first_drawdown":
        return line.loan.drawn_on if by_loan else project.first_drawn_on
    firsts = [loan.first_on for key, loan in totals.loans.items() if not by_loan or key == line.loan.id]
    return min(firsts, default=None)


def missing_facts(project: Project, readings: InterestReadings) -> Iterator[str]:
    """Yield the Chinese name of each fact that the readings need and the project lacks."""
    if project.construction_started_on is None:
        yield "开工日期"
    if readings.from_application and project.applied_on is None:
        yield "申报日期"
    if "approval" in (readings.interest_limit_start, readings.lpr_date) and project.approved_on is None:
        yield "批复日期"
    by_project = readings.interest_limit_scope == "project" and readings.interest_limit_start == "first_drawdown"
    if by_project and project.first_drawn_on is None:
        yield "首次放款日期"


def tenor_of(loan: Loan, readings: InterestReadings) -> str:
    """Return the LPR tenor that applies to a loan (I7): "1Y" up to five years, "5Y" beyond."""
    if readings.lpr_tenor == "one_year":
        return "1Y"
    by_term = "1Y" if loan.original_term_months <= 60 else "5Y"
    return (loan.contract_tenor or by_term) if readings.lpr_tenor == "contract_else_term" else by_term


def _lpr_day(on: date, line: StatementLine, project: Project, readings: InterestReadings) -> date:
    """Return the day whose LPR applies to `on` (I6)."""
    if readings.lpr_date == "approval" and project.approved_on is not None:
        return project.approved_on
    repricings = [day for day in line.loan.repriced_on if day <= on]
    days = {
        "each_day": on,
        "period_start": line.from_on,
        "drawdown": line.loan.drawn_on,
        "repricing": max(repricings, default=line.loan.drawn_on),
    }
    return days[readings.lpr_date]
