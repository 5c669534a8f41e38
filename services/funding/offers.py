"""Offers of both support modes for an application, computed from stored components and loans. 二（四）"""

from datetime import date
from decimal import Decimal
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import ruleset_of
from services.funding.interest_calculations import loans_of
from services.funding.models.applications import Application
from services.funding.models.loans import Loan
from services.funding.rules.offers import Offer, SubsidyDays, grant_offer, interest_offer
from shared.money import round_fen
from shared.policy.interest_estimate import PlannedLoan
from shared.policy.reference_rates import Tenor, registered_rates, tenor_of
from shared.storage.session import today


async def support_offers(
    session: AsyncSession, application: Application, plan: PlannedLoan | None = None
) -> dict[str, Offer]:
    """Return the offers of both modes by mode; `plan` counts only while no loan is registered. 二（四）"""
    ruleset = ruleset_of(session, application)
    chosen, on = ruleset.interpretations["lpr_tenor"], today(session)
    registered = [_contracted(loan, chosen, on) for loan in await loans_of(session, application)]
    loans = registered or ([plan] if plan else [])
    days = SubsidyDays(application.construction_started_on, application.declared_on, on)
    return {
        "investment_grant": grant_offer(application.components, application.facts.get("project_type"), ruleset),
        "interest_subsidy": interest_offer(loans, days, ruleset),
    }


def _contracted(loan: Loan, chosen_tenor: str, on: date) -> PlannedLoan:
    """Return a contract as the estimate takes it: the project's share of it, drawn at once on its first drawdown."""
    return PlannedLoan(
        f"{loan.bank}{loan.contract_no}",
        round_fen(loan.principal_yuan * loan.share),
        loan.annual_rate if loan.annual_rate is not None else _floating_rate(loan, chosen_tenor, on),
        loan.term_months,
        cast(Tenor | None, loan.tenor),
        loan.drawn_on,
        tuple(loan.repriced_on),
        loan.day_count_basis,
    )


def _floating_rate(loan: Loan, chosen_tenor: str, on: date) -> Decimal:
    """Return the rate of a floating contract by the quotation of the day and its margin."""
    tenor = tenor_of(loan.term_months, cast(Tenor | None, loan.tenor), chosen_tenor)
    quoted = registered_rates().as_known_on(on).in_force(on, tenor, loan.term_months)
    return max(quoted.rate + (loan.spread_bp or Decimal(0)) / 10_000, Decimal(0))
