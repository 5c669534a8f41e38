"""Facts of projects for the tests of the recomputation, by default one loan of 200 million yuan drawn at once."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.funding.interest.facts import (
    BalanceSegment,
    Drawdown,
    InterestPayment,
    Loan,
    Project,
    RateSegment,
    SettlementLine,
)
from services.funding.interest.readings import InterestReadings
from services.funding.interest.recomputation import calculate
from services.funding.interest.results import Calculation
from shared.money import round_fen
from shared.policy.reference_rates import ReferenceRates, shipped_rates

PRINCIPAL = Decimal("200000000.00")
CAP = Decimal("50000000.00")
TODAY = date(2026, 1, 20)
PROJECT = Project(award_yuan=CAP, policy_cap_yuan=CAP, limit_years=2, construction_started_on=date(2023, 1, 1))
LOAN = Loan(
    "L1",
    bank="示例银行",
    contract_no="示贷2024-001",
    principal_yuan=PRINCIPAL,
    rate_type="fixed",
    annual_rate=Decimal("0.0390"),
    original_term_months=36,
    drawdowns=(Drawdown("D1", date(2023, 12, 21), PRINCIPAL),),
)
DEFAULT = InterestReadings()
V2 = (date(2024, 6, 21), date(2024, 9, 20))


def drawn(on: date, amount: Decimal = PRINCIPAL, **changes: Any) -> Loan:
    """Return the loan drawn at once on a day."""
    return replace(LOAN, principal_yuan=amount, drawdowns=(Drawdown("D1", on, amount),), **changes)


def interest(from_on: date, to_on: date, rate: str, balance: Decimal = PRINCIPAL, basis: int = 360) -> Decimal:
    """Return the interest of a constant balance for days that are both included."""
    return round_fen(balance * Decimal(rate) * ((to_on - from_on).days + 1) / basis)


def line(from_on: date, to_on: date, rate: str = "0.0390", *, balance: Decimal = PRINCIPAL, **other: Any) -> Any:
    """Return a line with a constant balance that was paid on its last day; `paid` is another amount."""
    paid = other.pop("paid", None)
    amount = interest(from_on, to_on, rate, balance) if paid is None else Decimal(paid)
    facts: dict[str, Any] = {
        "id": f"{other.get('loan_id', 'L1')}/{from_on}",
        "loan_id": "L1",
        "rates": (RateSegment(from_on, to_on, Decimal(rate)),),
        "payments": (InterestPayment(to_on, amount, f"V-{other.get('loan_id', 'L1')}-{to_on}"),),
        "balances": (BalanceSegment(from_on, to_on, balance),),
        **other,
    }
    return SettlementLine(from_on=from_on, to_on=to_on, **facts)


def calculated(
    lines: Iterable[SettlementLine],
    loans: Iterable[Loan] = (LOAN,),
    *,
    project: Project = PROJECT,
    rates: ReferenceRates | None = None,
    on: date = TODAY,
    **readings: Any,
) -> Calculation:
    """Return the calculation under the default readings, or others."""
    return calculate(project, loans, lines, rates or shipped_rates(), replace(DEFAULT, **readings), on=on)
