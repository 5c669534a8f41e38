"""Other public money for a project: municipal money excludes it, district money is welcome. 二（五）, 四（二）2"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import Exact, Figure, Key, Shape, Yuan
from services.funding.cases import registered_elsewhere, ruleset_of
from services.funding.models.application import Application
from services.funding.models.support import KINDS, PublicMoney
from services.funding.rules.support import invested, over_limit, public_money_share
from shared.clock import uuid7
from shared.contracts.library import DistrictCode
from shared.errors import Invalid, WrongStatus
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money
from shared.policy import parameter
from shared.storage.audit import Case, case_of, record_act
from shared.storage.session import found, locked, now, today
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, DistrictOrCity, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["其他财政资金与金融支持"])


class PublicMoneyOut(Shape):
    """Public money from elsewhere; withdrawn entries no longer count."""

    id: UUID
    application_id: UUID | None
    district: str
    kind: str
    kind_label: str = ""
    clause: str = ""
    programme: str
    project_code: str | None
    applicant_uscc: str
    amount_yuan: Money
    granted_on: date
    document_no: str | None
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdraw_reason: str | None

    def model_post_init(self, context: Any) -> None:
        self.kind_label, self.clause = KINDS[self.kind]


class NewCoSupport(BaseModel):
    """District money for the project, or a purchase of first-set equipment. 四（二）2"""

    kind: Literal["district_investment", "district_rent", "district_operating", "first_set_equipment"] = Field(
        title="类别"
    )
    programme: Line = Field(title="政策或项目名称")
    amount_yuan: Yuan
    granted_on: date = Field(title="安排日期")
    document_no: Line | None = Field(None, title="文号")


class PublicMoneyTotal(BaseModel):
    """All public money of a project against its investment base, with a warning past the limit (I28)."""

    declaration_id: UUID
    clause: str = "四（二）2"
    amounts: list[Figure]
    total_yuan: Money
    base_yuan: Money
    share: Exact | None
    limit_share: Exact
    over_limit: bool
    warning: str | None
    excluded_by_other_municipal: bool
    entries: list[PublicMoneyOut]


@router.post("/v1/applications/{application_id}/co-support", status_code=201, name="record_co_support")
async def record_co_support(
    session: Session, actor: DistrictOrCity, application_id: Key, wanted: NewCoSupport, response: Response
) -> PublicMoneyTotal:
    """Record a district's co-support or a first-set purchase; answer the project's total with its warning. 四（二）2"""
    application = await locked(session, Application, application_id)
    entry = PublicMoney(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        project_code=application.project_code,
        recorded_by=actor.subject,
        recorded_at=now(session),
        **dict(wanted),
    )
    session.add(entry)
    await record_act(
        session, "record_co_support", case_of(application), entry_id=str(entry.id), **wanted.model_dump(mode="json")
    )
    response.headers["location"] = f"/v1/public-money?declaration_id={application.id}"
    return await _total(session, application)


@router.get("/v1/public-money", name="read_public_money")
async def read_public_money(session: ReadSession, actor: Official, declaration_id: UUID) -> PublicMoneyTotal:
    """All public money of a project. 二（五）, 四（二）2"""
    return await _total(session, await found(session, Application, declaration_id))


async def _total(session: AsyncSession, application: Application) -> PublicMoneyTotal:
    await session.flush()
    own = select(PublicMoney).where(PublicMoney.application_id == application.id, PublicMoney.withdrawn_at.is_(None))
    entries = {entry.id: entry for entry in (await session.scalars(own.order_by(PublicMoney.id))).all()}
    elsewhere = await registered_elsewhere(session, application)
    entries |= {entry.id: entry for entry in elsewhere}
    amounts = _by_kind(application, list(entries.values()))
    total = sum((figure.yuan or Decimal(0) for figure in amounts), Decimal("0.00"))
    ruleset = ruleset_of(session, application)
    parts = invested(application.components, ruleset)
    base = sum((Decimal(part["fixed_investment_yuan"]) for part in parts), Decimal("0.00"))
    share, limit = public_money_share(total, base), parameter("public_money_warning_share", today(session))
    over = over_limit(share, ruleset.interpretations["public_money_limit"], limit)
    return PublicMoneyTotal(
        declaration_id=application.id,
        amounts=amounts,
        total_yuan=total,
        base_yuan=base,
        share=share,
        limit_share=limit,
        over_limit=over,
        warning=f"各级财政资金合计 {total:,.2f} 元，超过投资基数 {base:,.2f} 元的 {limit:.0%}" if over else None,
        excluded_by_other_municipal=bool(elsewhere),
        entries=[PublicMoneyOut.model_validate(entry) for entry in entries.values()],
    )


def _by_kind(application: Application, entries: Sequence[PublicMoney]) -> list[Figure]:
    """This programme's award less what came back, then the rest by kind."""
    approved = (application.award_yuan or Decimal(0)) if application.approved_on else Decimal(0)
    kept = approved - application.returned_yuan - application.demanded_yuan
    amounts = [Figure(key="award", label="本政策市级支持（批复）", yuan=kept, clause="二（四）")]
    for kind, (label, clause) in KINDS.items():
        yuan = sum((entry.amount_yuan for entry in entries if entry.kind == kind), Decimal("0.00"))
        amounts.append(Figure(key=kind, label=label, yuan=yuan, clause=clause))
    return amounts


class NewMunicipalMoney(BaseModel):
    """Other municipal money known to have been granted, by project code or declaration. 二（五）"""

    declaration_id: UUID | None = Field(None, title="申报标识")
    project_code: ProjectCode | None = Field(None, title="项目代码")
    applicant_uscc: Uscc = Field(title="受款单位统一社会信用代码")
    district: DistrictCode
    programme: Line = Field(title="资金渠道")
    amount_yuan: Yuan
    granted_on: date = Field(title="安排日期")
    document_no: Line | None = Field(None, title="文号")


@router.post("/v1/municipal-money", status_code=201, name="register_municipal_money")
async def register_municipal_money(
    session: Session, actor: CityOfficer, wanted: NewMunicipalMoney, response: Response
) -> PublicMoneyOut:
    """Enter other municipal money in the register that is asked before approval, plan and release. 二（五）"""
    if wanted.declaration_id is None and wanted.project_code is None:
        raise Invalid("须填写申报标识或项目代码", field="/body/project_code")
    values = {name: value for name, value in wanted if name != "declaration_id"}
    entry = PublicMoney(
        id=uuid7(now(session)),
        application_id=wanted.declaration_id,
        kind="other_municipal",
        recorded_by=actor.subject,
        recorded_at=now(session),
        **values,
    )
    session.add(entry)
    case = wanted.declaration_id or entry.id
    detail = wanted.model_dump(mode="json", exclude={"district"})
    await record_act(session, "register_municipal_money", Case(case, wanted.district), **detail)
    await session.flush()
    response.headers["location"] = f"/v1/municipal-money/{entry.id}"
    return PublicMoneyOut.model_validate(entry)


@router.get("/v1/municipal-money/{entry_id}", name="read_municipal_money")
async def read_municipal_money(session: ReadSession, actor: Official, entry_id: Key) -> PublicMoneyOut:
    """One entry of the register."""
    return PublicMoneyOut.model_validate(await found(session, PublicMoney, entry_id))


class Withdrawal(BaseModel):
    """Why an entry no longer counts."""

    reason: Paragraph = Field(title="理由")


@router.post("/v1/municipal-money/{entry_id}/withdraw", name="withdraw_public_money")
async def withdraw_public_money(
    session: Session, actor: CityOfficer, entry_id: Key, withdrawal: Withdrawal
) -> PublicMoneyOut:
    """Take an entry out of account: mistaken, other works, or paid back. It stays readable. 二（五）"""
    entry = await locked(session, PublicMoney, entry_id)
    if entry.withdrawn_at is not None:
        raise WrongStatus("该记录已撤销")
    entry.withdrawn_by, entry.withdrawn_at, entry.withdraw_reason = actor.subject, now(session), withdrawal.reason
    case = entry.application_id or entry.id
    await record_act(
        session, "withdraw_public_money", Case(case, entry.district), reason=withdrawal.reason, entry_id=str(entry.id)
    )
    await session.flush()
    return PublicMoneyOut.model_validate(entry)
