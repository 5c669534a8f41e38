"""Which days of a settlement line earn interest subsidy, and which LPR measures them. Pure. 二（四）2

The readings I6 to I10 live here: what is left open by the notice is chosen in `Settings`, never fixed in a rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from services.funding.interest.lines import Loan, StatementLine
from shared.dates import window

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Settings:
    """The readings chosen (I6 to I10), with the policy's keys and options, and two house figures."""

    lpr_date: str = "each_day"
    lpr_tenor: str = "contract_else_term"
    rate_comparison: str = "per_day"
    interest_limit_scope: str = "project"
    interest_limit_start: str = "first_subsidised_day"
    interest_before_application: str = "after_construction_start"
    day_count_basis: Decimal = Decimal(360)
    bank_check_tolerance_yuan: Decimal = Decimal("1.00")

    @classmethod
    def of(cls, chosen: Mapping[str, str], *, day_basis: Decimal, tolerance_yuan: Decimal) -> Self:
        """The settings that a rule set chose; raises KeyError when a reading is missing."""
        return cls(
            lpr_date=chosen["lpr_date"],
            lpr_tenor=chosen["lpr_tenor"],
            rate_comparison=chosen["rate_comparison"],
            interest_limit_scope=chosen["interest_limit_scope"],
            interest_limit_start=chosen["interest_limit_start"],
            interest_before_application=chosen["interest_before_application"],
            day_count_basis=day_basis,
            bank_check_tolerance_yuan=tolerance_yuan,
        )


@dataclass(frozen=True, slots=True)
class Project:
    """What the calculation needs to know of the case; cap and years are the policy's parameters."""

    cap_yuan: Decimal
    limit_years: int
    construction_started_on: date | None
    applied_on: date | None = None
    approved_on: date | None = None
    first_drawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class LoanSoFar:
    """What earlier lines of a loan amounted to, unrounded: at the actual rate, at the LPR, and counted."""

    first_on: date
    at_actual: Decimal = ZERO
    at_reference: Decimal = ZERO
    counted: Decimal = ZERO

    def and_then(self, at_actual: Decimal, at_reference: Decimal, counted: Decimal) -> Self:
        """With one more line."""
        return replace(
            self,
            at_actual=self.at_actual + at_actual,
            at_reference=self.at_reference + at_reference,
            counted=self.counted + counted,
        )


@dataclass(frozen=True, slots=True)
class SoFar:
    """What earlier lines of the project used up: the subsidy in yuan, and each loan's first subsidised day."""

    subsidised_yuan: Decimal = Decimal("0.00")
    loans: Mapping[str, LoanSoFar] = field(default_factory=dict)

    def and_then(self, loan_id: str, yuan: Decimal, loan: LoanSoFar) -> Self:
        """With one more line of a loan settled at `yuan`."""
        return replace(self, subsidised_yuan=self.subsidised_yuan + yuan, loans={**self.loans, loan_id: loan})


class Quote(NamedTuple):
    """An LPR as a ratio, and the day on which it was published."""

    rate: Decimal
    published_on: date | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a line; `excluded` names why it earns nothing."""

    on: date
    balance_yuan: Decimal
    actual_rate: Decimal
    excluded: str | None = None
    reference_rate: Decimal | None = None
    lpr_on: date | None = None
    lpr_published_on: date | None = None
    before_approval: bool = False


def judged_days(line: StatementLine, project: Project, so_far: SoFar, settings: Settings) -> Iterator[Day]:
    """Each day of the line, with the first reason for which it earns nothing (I9, I10)."""
    start = _limit_start(line, project, so_far, settings)
    for on, balance, rate in line.days():
        excluded = _excluded(on, project, settings)
        if excluded is None and (balance == 0 or line.ordinary_interest_yuan <= 0):
            excluded = "nothing_borrowed" if balance == 0 else "not_paid"
        if excluded is None:
            start = start or on
            if not start <= on <= window(start, years=project.limit_years):
                excluded = "outside_limit"
        before_approval = project.approved_on is not None and on < project.approved_on
        lpr_on = None if excluded else _lpr_day(on, line, project, settings)
        yield Day(on, balance, rate, excluded, lpr_on=lpr_on, before_approval=before_approval)


def _excluded(on: date, project: Project, settings: Settings) -> str | None:
    if project.construction_started_on is None or on < project.construction_started_on:
        return "before_construction_start"
    applied_on = project.applied_on
    if settings.interest_before_application == "not_counted" and (applied_on is None or on < applied_on):
        return "before_application"
    return None


def _limit_start(line: StatementLine, project: Project, so_far: SoFar, settings: Settings) -> date | None:
    """The day the years of 二（四）2 are counted from (I9); None when the first subsidised day is yet to come."""
    by_loan = settings.interest_limit_scope == "loan"
    if settings.interest_limit_start == "approval":
        return project.approved_on
    if settings.interest_limit_start == "first_drawdown":
        return line.loan.drawn_on if by_loan else project.first_drawn_on
    firsts = [loan.first_on for key, loan in so_far.loans.items() if not by_loan or key == line.loan.id]
    return min(firsts, default=None)


def missing_facts(project: Project, settings: Settings) -> Iterator[str]:
    if project.construction_started_on is None:
        yield "开工日期"
    if settings.interest_before_application == "not_counted" and project.applied_on is None:
        yield "申报日期"
    if "approval" in (settings.interest_limit_start, settings.lpr_date) and project.approved_on is None:
        yield "批复日期"
    by_project = settings.interest_limit_scope == "project" and settings.interest_limit_start == "first_drawdown"
    if by_project and project.first_drawn_on is None:
        yield "首次放款日期"


def tenor_of(loan: Loan, settings: Settings) -> str:
    """Which LPR a loan is measured against (I7): up to five years is "1Y", longer is "5Y"."""
    if settings.lpr_tenor == "one_year":
        return "1Y"
    by_term = "1Y" if loan.original_term_months <= 60 else "5Y"
    return (loan.contract_tenor or by_term) if settings.lpr_tenor == "contract_else_term" else by_term


def _lpr_day(on: date, line: StatementLine, project: Project, settings: Settings) -> date:
    """The day whose LPR measures `on` (I6)."""
    if settings.lpr_date == "approval" and project.approved_on is not None:
        return project.approved_on
    repricings = [day for day in line.loan.repriced_on if day <= on]
    days = {
        "each_day": on,
        "period_start": line.from_on,
        "drawdown": line.loan.drawn_on,
        "repricing": max(repricings, default=line.loan.drawn_on),
    }
    return days[settings.lpr_date]
