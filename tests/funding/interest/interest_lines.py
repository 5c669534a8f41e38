"""Settlement lines for the interest tests, by default of one loan of 200 million yuan."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.funding.interest.calculation import Settlement, settle
from services.funding.interest.days import Project, ProjectTotals
from services.funding.interest.lines import BalanceSegment, Loan, RateSegment, StatementLine
from services.funding.interest.readings import InterestReadings
from shared.money import round_fen
from shared.policy.parameters import lpr, lpr_series

PRINCIPAL = Decimal("200000000.00")
CAP = Decimal("50000000.00")
LOAN = Loan("L1", drawn_on=date(2023, 12, 21), original_term_months=36)
PROJECT = Project(cap_yuan=CAP, limit_years=2, construction_started_on=date(2023, 1, 1))
DEFAULT = InterestReadings()
V2 = (date(2024, 6, 21), date(2024, 9, 20), "0.0390")


def published_on(on: date) -> date:
    return max(row[0] for row in lpr_series() if row[0] <= on)


def bank_interest(from_on: date, to_on: date, rate: str, balance: Decimal = PRINCIPAL) -> Decimal:
    return round_fen(balance * Decimal(rate) * ((to_on - from_on).days + 1) / 360)


def line(from_on: date, to_on: date, rate: str, *, balance: Decimal = PRINCIPAL, **other: Any) -> StatementLine:
    facts: dict[str, Any] = {
        "loan": LOAN,
        "interest_paid_yuan": bank_interest(from_on, to_on, rate, balance),
        "balances": (BalanceSegment(from_on, to_on, balance),),
        "rates": (RateSegment(from_on, to_on, Decimal(rate)),),
        **other,
    }
    return StatementLine(from_on=from_on, to_on=to_on, **facts)


def settled(
    one: StatementLine, *, project: Project = PROJECT, totals: ProjectTotals | None = None, **readings: Any
) -> Settlement:
    chosen = replace(DEFAULT, **readings)
    return settle(one, project, totals or ProjectTotals(), lpr, chosen, published_on=published_on)


def payable(one: StatementLine, **given_facts: Any) -> Decimal | None:
    return settled(one, **given_facts).payable_yuan
