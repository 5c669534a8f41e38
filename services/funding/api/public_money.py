"""Endpoints for other public money: municipal money excludes support, district money does not. 二（五）, 四（二）2"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import DATE, TIME, YUAN, ApplicationKey, Exact, Figure, Shape, Yuan
from services.funding.applications import new_row_columns, ruleset_of
from services.funding.models.applications import Application
from services.funding.models.money_bars import MoneyBar
from services.funding.models.public_money import PublicMoney
from services.funding.money_bars import barring, compare_money, open_bars
from services.funding.public_money import refuse_repeated
from services.funding.rules.code_lists import PUBLIC_MONEY_KINDS, PublicMoneyKind
from services.funding.rules.offers import recognised_investment
from services.funding.rules.public_money import PUBLIC, PUBLIC_MONEY_CLAUSES, over_limit, public_money_share
from shared.audiences import Handler, Internal
from shared.clock import uuid7
from shared.contracts.library import DistrictCode
from shared.days import DoneDay
from shared.errors import Invalid, WrongStatus
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money
from shared.policy import parameter
from shared.storage.audit import Case, case_of, record_act, take_duty
from shared.storage.project_codes import refuse_future_code
from shared.storage.session import found, locked, now, today
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, DistrictOrCity, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["其他财政资金与金融支持"])
Repeat = Annotated[
    Paragraph | None,
    Field(title="重复使用文号的理由", description="文号已用于另一条登记时必填，如 一个文件安排多个项目或多期"),
]
EntryKey = Annotated[UUID, Path(title="财政资金记录编号")]


class PublicMoneyOut(Shape):
    """Public money from another source; withdrawn entries do not count."""

    id: UUID = Field(title="财政资金记录编号")
    application_id: UUID | None = Field(title="资金申请编号", description="仅按项目代码登记的为空")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    kind: PublicMoneyKind = Field(title="类别")
    kind_label: str = Field("", title="类别名称")
    clause: str = Field("", title="依据条款")
    programme: str = Field(title="政策或资金渠道")
    project_code: str | None = Field(title="项目代码")
    applicant_uscc: str = Field(title="受款单位统一社会信用代码")
    amount_yuan: Money = Field(title="金额", description=YUAN)
    granted_on: date = Field(title="安排日期", description=DATE)
    document_no: str | None = Field(title="文号")
    repeat_reason: Internal = Field(title="重复使用文号的理由", description="仅工作人员可见")
    recorded_by: Handler = Field(title="登记人")
    recorded_at: datetime = Field(title="登记时间", description=TIME)
    withdrawn_at: datetime | None = Field(title="撤销时间", description=f"{TIME}；为空即有效")
    withdraw_reason: str | None = Field(title="撤销理由")

    def model_post_init(self, context: Any) -> None:
        self.kind_label, self.clause = PUBLIC_MONEY_KINDS[self.kind], PUBLIC_MONEY_CLAUSES[self.kind]


class NewCoSupport(BaseModel):
    """District money for the project, or a purchase of first-set equipment. 四（二）2"""

    kind: Literal["district_investment", "district_rent", "district_operating", "first_set_equipment"] = Field(
        title="类别",
        description="district_investment 区级投资补助，district_rent 区级租金补贴，district_operating 区级运营补贴，"
        "first_set_equipment 首台（套）产品采购应用",
    )
    programme: Line = Field(title="政策或项目名称")
    amount_yuan: Yuan
    granted_on: DoneDay = Field(title="安排日期", description=DATE)
    document_no: Line | None = Field(None, title="文号")
    repeat_reason: Repeat = None


class PublicMoneyTotal(BaseModel):
    """All public money of a project beside its investment base, with a warning above the limit (I28)."""

    declaration_id: UUID = Field(title="申报编号")
    clause: str = Field("四（二）2", title="依据条款")
    amounts: list[Figure] = Field(title="分类金额")
    total_yuan: Money = Field(title="各级财政资金合计", description=YUAN)
    base_yuan: Money = Field(title="投资基数", description=YUAN)
    share: Exact | None = Field(title="占投资基数的比例", description="小数，0.1200 即 12%；基数未知或为零时为空")
    limit_share: Exact = Field(title="提示比例", description="小数，1.00 即 100%")
    over_limit: bool = Field(title="是否超过提示比例")
    warning: str | None = Field(title="提示")
    excluded_by_other_municipal: bool = Field(title="是否因其他市级财政性资金不予支持")
    entries: list[PublicMoneyOut] = Field(title="财政资金记录")


@router.post(
    "/v1/applications/{application_id}/co-support",
    status_code=201,
    name="record_co_support",
    summary="登记区级配套支持",
    description="区级或市级人员登记区级配套资金或首台（套）产品采购，返回项目各级财政资金合计；超过提示比例只提示、不限制。依据：四（二）2。",
)
async def record_co_support(
    session: Session, actor: DistrictOrCity, application_id: ApplicationKey, body: NewCoSupport, response: Response
) -> PublicMoneyTotal:
    """Record district money, or a first-set purchase, which is no public money, and return the total. 四（二）2"""
    application = await locked(session, Application, application_id)
    entry = PublicMoney(
        project_code=application.project_code,
        recorded_by=actor.subject,
        recorded_at=now(session),
        **new_row_columns(session, application),
        **dict(body),
    )
    await refuse_repeated(session, entry)
    session.add(entry)
    detail = body.model_dump(mode="json")
    await record_act(
        session, "record_co_support", case_of(application), duty="record_facts", entry_id=str(entry.id), **detail
    )
    response.headers["location"] = f"/v1/public-money?declaration_id={application.id}"
    return await _total(session, application)


@router.get(
    "/v1/public-money",
    name="read_public_money",
    summary="查询项目财政资金合计",
    description="各级工作人员查询某项目获得的本政策支持、其他市级资金和区级配套资金合计。依据：二（五）、四（二）2。",
)
async def read_public_money(
    session: ReadSession, actor: Official, declaration_id: Annotated[UUID, Query(title="申报编号")]
) -> PublicMoneyTotal:
    """Return all public money of a project. 二（五）, 四（二）2"""
    return await _total(session, await found(session, Application, declaration_id))


async def _total(session: AsyncSession, application: Application) -> PublicMoneyTotal:
    await session.flush()
    own = select(PublicMoney).where(PublicMoney.application_id == application.id, PublicMoney.withdrawn_at.is_(None))
    entries = {entry.id: entry for entry in (await session.scalars(own.order_by(PublicMoney.id))).all()}
    bars = await open_bars(session, MoneyBar.application_id == application.id)
    barred = select(PublicMoney).where(PublicMoney.id.in_([bar.money_id for bar in bars]))
    entries |= {entry.id: entry for entry in await session.scalars(barred.order_by(PublicMoney.granted_on))}
    amounts = _by_kind(application, list(entries.values()))
    total = sum((figure.yuan or Decimal(0) for figure in amounts if figure.key in (*PUBLIC, "award")), Decimal("0.00"))
    ruleset = ruleset_of(session, application)
    parts = recognised_investment(application.components, ruleset)
    base = sum((Decimal(part["fixed_investment_yuan"]) for part in parts), Decimal("0.00"))
    share, limit = public_money_share(total, base), parameter("public_money_warning_share", today(session))
    over = over_limit(total / base if base else None, ruleset.interpretations["public_money_limit"], limit)
    return PublicMoneyTotal(
        declaration_id=application.id,
        amounts=amounts,
        total_yuan=total,
        base_yuan=base,
        share=share,
        limit_share=limit,
        over_limit=over,
        warning=f"各级财政资金合计 {total:,.2f} 元，超过投资基数 {base:,.2f} 元的 {limit:.0%}" if over else None,
        excluded_by_other_municipal=any(barring(bars)),
        entries=[PublicMoneyOut.model_validate(entry) for entry in entries.values()],
    )


def _by_kind(application: Application, entries: Sequence[PublicMoney]) -> list[Figure]:
    """Return what this programme paid and may still pay, less returned and demanded money, then the others by kind."""
    kept = application.net_paid_yuan + application.reserved_yuan
    amounts = [Figure(key="award", label="本政策市级支持（批复）", yuan=kept, clause="二（四）")]
    for kind, label in PUBLIC_MONEY_KINDS.items():
        yuan = sum((entry.amount_yuan for entry in entries if entry.kind == kind), Decimal("0.00"))
        amounts.append(Figure(key=kind, label=label, yuan=yuan, clause=PUBLIC_MONEY_CLAUSES[kind]))
    return amounts


class NewMunicipalMoney(BaseModel):
    """Other municipal money granted to a project, named by project code or declaration. 二（五）"""

    declaration_id: UUID | None = Field(None, title="申报编号", description="申报编号和项目代码至少填写一项")
    project_code: ProjectCode | None = Field(
        None, title="项目代码", description="例如 2404-110105-04-01-123456；申报编号和项目代码至少填写一项"
    )
    applicant_uscc: Uscc = Field(title="受款单位统一社会信用代码", description="18 位")
    district: DistrictCode = Field(title="所在区", description="行政区划代码，6 位，例如 110105")
    programme: Line = Field(title="资金渠道")
    amount_yuan: Yuan
    granted_on: DoneDay = Field(title="安排日期", description=DATE)
    document_no: Line | None = Field(None, title="文号")
    repeat_reason: Repeat = None


@router.post(
    "/v1/municipal-money",
    status_code=201,
    name="register_municipal_money",
    summary="登记其他市级财政性资金",
    description="市级人员登记项目获得的其他市级财政性资金，批复、计划下达和拨付前据此核查。申报编号和项目代码至少填写一项。依据：二（五）。",
)
async def register_municipal_money(
    session: Session, actor: CityOfficer, body: NewMunicipalMoney, response: Response
) -> PublicMoneyOut:
    """Register other municipal money, which approval, plan and release check. 二（五）"""
    if body.declaration_id is None and body.project_code is None:
        example = "2404-110105-04-01-123456"
        raise Invalid(f"申报编号和项目代码至少填写一项，项目代码例如 {example}", field="/body/project_code")
    refuse_future_code(session, body.project_code)
    entry = PublicMoney(
        id=uuid7(now(session)),
        application_id=body.declaration_id,
        kind="other_municipal",
        recorded_by=actor.subject,
        recorded_at=now(session),
        **{name: value for name, value in body if name != "declaration_id"},
    )
    await refuse_repeated(session, entry)
    session.add(entry)
    case, detail = body.declaration_id or entry.id, body.model_dump(mode="json", exclude={"district"})
    await record_act(session, "register_municipal_money", Case(case, body.district), duty="register_money", **detail)
    await compare_money(session, entry, f"登记其他市级财政性资金：{body.programme}", actor.subject)
    response.headers["location"] = f"/v1/municipal-money/{entry.id}"
    return PublicMoneyOut.model_validate(entry)


@router.get(
    "/v1/municipal-money/{entry_id}",
    name="read_municipal_money",
    summary="查询财政资金记录",
    description="各级工作人员查询一条财政资金记录，已撤销的记录仍可查询。依据：二（五）。",
    responses=VERSIONED,
)
async def read_municipal_money(
    session: ReadSession, actor: Official, entry_id: EntryKey, response: Response
) -> PublicMoneyOut:
    """Return one entry of the register. 二（五）"""
    entry = await found(session, PublicMoney, entry_id)
    response.headers["etag"] = etag(entry)
    return PublicMoneyOut.model_validate(entry)


class PublicMoneyWithdrawal(BaseModel):
    """Reason for which an entry no longer counts."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/municipal-money/{entry_id}/withdraw",
    name="withdraw_public_money",
    summary="撤销财政资金记录",
    description="市级人员撤销登记有误、系另一工程或已退回的财政资金记录并说明理由；撤销后不再计入，仍可查询。登记人以及拟办、批复、列入计划或拨付所涉项目的人不得撤销。依据：二（五）。",
)
async def withdraw_public_money(
    session: Session, actor: CityOfficer, entry_id: EntryKey, body: PublicMoneyWithdrawal, if_match: IfMatch = None
) -> PublicMoneyOut:
    """Withdraw an entry that is mistaken, concerns other works or was paid back. 二（五）"""
    entry = await locked_as_read(session, PublicMoney, entry_id, if_match)
    if entry.withdrawn_at is not None:
        raise WrongStatus("该记录已撤销，不能重复撤销；如仍须计入请重新登记")
    if entry.intake_version is not None:
        raise WrongStatus("该记录由市级资金排重登记，请在 POST /v1/municipal-funding-records 的该记录处更正或撤销")
    entry.withdrawn_by, entry.withdrawn_at, entry.withdraw_reason = actor.subject, now(session), body.reason
    for bar in await open_bars(session, MoneyBar.money_id == entry.id):
        await take_duty(session, bar.application_id, "lift_bar")
    case, detail = Case(entry.application_id or entry.id, entry.district), {"entry_id": str(entry.id)}
    await record_act(session, "withdraw_public_money", case, reason=body.reason, duty="lift_bar", **detail)
    await compare_money(session, entry, body.reason, actor.subject)
    return PublicMoneyOut.model_validate(entry)
