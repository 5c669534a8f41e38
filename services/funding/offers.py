"""Offers of both support modes for an application, computed from stored components and loans. 二（四）"""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import ruleset_of
from services.funding.models.applications import Application
from services.funding.models.loans import Loan
from services.funding.rules.offers import Offer, SubsidyDays, grant_offer, interest_offer
from shared.policy.interest_estimate import PlannedLoan
from shared.policy.reference_rates import Tenor
from shared.storage.session import today


async def loans_of(session: AsyncSession, application: Application) -> Sequence[Loan]:
    """Return the registered loan contracts in the order of their drawdown."""
    found = await session.scalars(
        select(Loan).where(Loan.application_id == application.id).order_by(Loan.drawn_on, Loan.id)
    )
    return found.all()


async def support_offers(
    session: AsyncSession, application: Application, plan: PlannedLoan | None = None
) -> dict[str, Offer]:
    """Return the offers of both modes by mode; `plan` counts only while no loan is registered. 二（四）"""
    ruleset = ruleset_of(session, application)
    registered = [_contracted(loan) for loan in await loans_of(session, application)]
    loans = registered or ([plan] if plan else [])
    days = SubsidyDays(application.construction_started_on, application.declared_on, today(session))
    return {
        "investment_grant": grant_offer(application.components, ruleset),
        "interest_subsidy": interest_offer(loans, days, ruleset),
    }


def _contracted(loan: Loan) -> PlannedLoan:
    name = f"{loan.bank}{loan.contract_no}"
    return PlannedLoan(
        name,
        loan.principal_yuan,
        loan.annual_rate,
        loan.term_months,
        cast(Tenor | None, loan.tenor),
        loan.drawn_on,
        tuple(loan.repriced_on),
    )
