"""What every step of a case asks for: its rule set, its offers, its register checks, its record. 二（四）, 二（五）"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.application import Application, Loan, NumberSeries
from services.funding.models.support import PublicMoney
from services.funding.rules.support import LoanPlan, Offer, grant_offer, interest_offer
from shared.contracts.eligibility import AssessedComponent
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.districts import CITY
from shared.errors import DomainError
from shared.policy import Ruleset, resolve
from shared.storage.session import settings_of, today


class OtherMunicipalMoney(DomainError):
    """The project got municipal money elsewhere. 二（五）"""

    status, code, title = 409, "other_municipal_money", "项目已获得其他市级财政性资金，不再予以支持"


def ruleset_of(session: AsyncSession, application: Application) -> Ruleset:
    """The rules the application is judged by: those of its day, under the readings chosen."""
    return resolve(application.as_of, application.district, settings_of(session).interpretations)


def project_of(application: Application) -> Project:
    return Project.model_validate(application.project)


def facts_of(application: Application) -> ProjectFacts:
    return ProjectFacts.model_validate(application.facts)


def components_of(application: Application) -> tuple[AssessedComponent, ...]:
    return tuple(AssessedComponent.model_validate(part) for part in application.components)


async def loans_of(session: AsyncSession, application: Application) -> Sequence[Loan]:
    """The registered loan contracts, by drawdown."""
    found = await session.scalars(
        select(Loan).where(Loan.application_id == application.id).order_by(Loan.drawn_on, Loan.id)
    )
    return found.all()


async def offers(session: AsyncSession, application: Application, plan: LoanPlan | None = None) -> dict[str, Offer]:
    """Both support modes side by side: the registered loans count, else the plan. 二（四）"""
    ruleset = ruleset_of(session, application)
    registered = [_contracted(loan) for loan in await loans_of(session, application)]
    loans = registered or ([plan] if plan else [])
    started_on = application.construction_started_on
    return {
        "investment_grant": grant_offer(application.components, ruleset),
        "interest_subsidy": interest_offer(loans, started_on, ruleset, today(session)),
    }


def _contracted(loan: Loan) -> LoanPlan:
    name = f"{loan.bank}{loan.contract_no}"
    return LoanPlan(name, loan.principal_yuan, loan.annual_rate, loan.term_months, loan.tenor, loan.drawn_on)


async def registered_elsewhere(session: AsyncSession, application: Application) -> Sequence[PublicMoney]:
    """Other municipal money registered for the project or, if so read, for its owner (I27). 二（五）"""
    same = [PublicMoney.application_id == application.id]
    if application.project_code:
        same.append(PublicMoney.project_code == application.project_code)
    if ruleset_of(session, application).interpretations["other_funds_scope"] == "entity":
        same.append(PublicMoney.applicant_uscc == application.applicant_uscc)
    found = await session.scalars(
        select(PublicMoney)
        .where(PublicMoney.kind == "other_municipal", PublicMoney.withdrawn_at.is_(None), or_(*same))
        .order_by(PublicMoney.granted_on)
    )
    return found.all()


async def refuse_other_municipal_money(session: AsyncSession, application: Application) -> None:
    """Raises OtherMunicipalMoney; asked before approval, plan and release. 二（五）"""
    if application.facts.get("other_municipal_funds"):
        raise OtherMunicipalMoney("申报材料载明已获得其他市级财政性资金（二（五））")
    for entry in await registered_elsewhere(session, application):
        named = f"{entry.programme} {entry.amount_yuan:,.2f} 元（{entry.granted_on}）"
        raise OtherMunicipalMoney(f"登记簿载有：{named}（二（五））", public_money_id=str(entry.id))


async def next_number(session: AsyncSession, series: str, on: date) -> int:
    """The next number of a series in a year; the row stays locked, so numbers have no gaps."""
    number: int = await session.scalar(  # type: ignore[assignment]
        insert(NumberSeries)
        .values(name=series, year=on.year, district=CITY, last=1)
        .on_conflict_do_update(index_elements=["name", "year"], set_={"last": NumberSeries.last + 1})
        .returning(NumberSeries.last)
    )
    return number
