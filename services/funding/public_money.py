"""Register of other public money, checked before approval, plan and release. 二（五）"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import ruleset_of
from services.funding.models.applications import Application
from services.funding.models.public_money import PublicMoney
from services.funding.rules.public_money import excludes
from shared.errors import DomainError


class OtherMunicipalMoney(DomainError):
    """The project received municipal money from another source. 二（五）"""

    status, code, title = 409, "other_municipal_money", "项目已获得其他市级财政性资金，不再予以支持"


async def other_municipal_money(session: AsyncSession, application: Application) -> Sequence[PublicMoney]:
    """Return other municipal money of the project or, under that reading, of its owner, oldest first (I27). 二（五）"""
    chosen = ruleset_of(session, application).interpretations["other_funds_scope"]
    found = await session.scalars(
        select(PublicMoney)
        .where(PublicMoney.kind == "other_municipal", PublicMoney.withdrawn_at.is_(None))
        .where(or_(_same_project(application), PublicMoney.applicant_uscc == application.applicant_uscc))
        .order_by(PublicMoney.granted_on)
    )
    return [entry for entry in found if _excludes(entry, application, chosen)]


async def barred_applications(session: AsyncSession, entry: PublicMoney) -> list[UUID]:
    """Return the ids, in order, of the applications that an entry bars or is recorded for (I27). 二（五）"""
    concerned = [Application.id == entry.application_id, Application.applicant_uscc == entry.applicant_uscc]
    if entry.project_code is not None:
        concerned.append(Application.project_code == entry.project_code)
    found = await session.scalars(select(Application).where(or_(*concerned)).order_by(Application.id))
    return [
        application.id
        for application in found
        if _excludes(entry, application, ruleset_of(session, application).interpretations["other_funds_scope"])
    ]


def _same_project(application: Application) -> ColumnElement[bool]:
    own = PublicMoney.application_id == application.id
    return or_(own, PublicMoney.project_code == application.project_code) if application.project_code else own


def _excludes(entry: PublicMoney, application: Application, chosen: str) -> bool:
    same_code = entry.project_code is not None and entry.project_code == application.project_code
    return excludes(
        same_project=entry.application_id == application.id or same_code,
        same_entity=entry.applicant_uscc == application.applicant_uscc,
        chosen=chosen,
    )


async def refuse_other_municipal_money(session: AsyncSession, application: Application) -> None:
    """Raise OtherMunicipalMoney when the declaration or the register names such money. 二（五）"""
    if application.facts.get("other_municipal_funds"):
        raise OtherMunicipalMoney("申报材料载明已获得其他市级财政性资金（二（五）），请不予批复或终止该项目")
    for entry in await other_municipal_money(session, application):
        named = f"{entry.programme} {entry.amount_yuan:,.2f} 元（{entry.granted_on}）"
        way_out = "如登记有误或系另一工程，请先由市级人员撤销该登记"
        raise OtherMunicipalMoney(f"登记簿载有：{named}（二（五））；{way_out}", public_money_id=str(entry.id))
