"""Endpoints for the municipal budget of a year: documents drafted by one person, confirmed by another. 三（二）"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import DATE, TIME, YUAN, Figure, Shape, Yuan
from services.funding.budgets import carried, confirm, movement_of, open_commitments, original_of, refuse_uncovered
from services.funding.ledger.budget_state import BudgetState, budget_states
from services.funding.models.applications import Application
from services.funding.models.budgets import Appropriation
from services.funding.rules.budgets import BudgetKind, contradictions
from services.funding.rules.code_lists import AppropriationStatus
from shared.attachments.requests import AttachedOptional
from shared.attachments.uses import Desk, decided, facts_of, require
from shared.clock import uuid7
from shared.days import DoneDay
from shared.districts import CITY
from shared.errors import Duplicate, Invalid, NotFound
from shared.money import Money
from shared.normal_forms import normal_identifier
from shared.storage.audit import Case, record_act
from shared.storage.session import actor_of, found, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityDesk, CitySupervisor, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["年度预算"])
Year = Annotated[int, Field(ge=2021, le=2100, title="年度", description="公历年份，例如 2024")]
AppropriationKey = Annotated[UUID, Path(title="预算登记编号")]
PAPERS = ("budget_document", "transfer_document", "freeze_document")
"""Kinds of papers on which a budget document may rest."""
BUDGET_FIGURES = {
    "appropriated": "安排及追加",
    "cut": "调减",
    "moved_in": "其他年度转入",
    "moved_out": "转出至其他年度",
    "frozen": "已冻结",
    "reserved": "已批复未列计划",
    "committed": "已列计划未拨付",
    "paid": "已拨付",
    "returned": "当年退回及追回到账",
    "available": "可用余额",
}


class NewAppropriation(BaseModel):
    """Budget document: what it does to the budget of the year. Each kind states its own fields."""

    year: Year
    kind: BudgetKind = Field("appropriation", title="业务类型", description="不填为安排或追加")
    amount_yuan: Yuan | None = Field(None, title="金额", description=f"{YUAN}，大于零；冲正和结转由系统计算，不填")
    to_year: Year | None = Field(None, title="转入年度", description="跨年度调剂和年终结转必填")
    reverses: UUID | None = Field(None, title="冲正的预算登记编号", description="冲正必填，须为本年度已确认的登记")
    application_ids: list[UUID] | None = Field(
        None,
        title="结转的项目",
        description="年终结转可选，不填即本年度全部未拨付的安排",
        min_length=1,
        max_length=2000,
    )
    document_no: Line = Field(title="预算文号", description="同一年度同类业务不得重复")
    document_on: DoneDay | None = Field(None, title="文件日期", description=DATE)
    note: Line | None = Field(None, title="理由（说明）", description="安排或追加可不填，其他业务必填")
    attachments: AttachedOptional = Field(default_factory=list, description="安排或追加可以没有，其他业务必填")


class AppropriationOut(Shape):
    """Budget document of a year; it counts once confirmed."""

    id: UUID = Field(title="预算登记编号")
    year: int = Field(title="年度")
    kind: BudgetKind = Field(title="业务类型")
    document_no: str = Field(title="预算文号")
    document_on: date | None = Field(title="文件日期", description=DATE)
    amount_yuan: Money = Field(title="金额", description=YUAN)
    to_year: int | None = Field(title="转入年度")
    reverses: UUID | None = Field(title="冲正的预算登记编号")
    note: str | None = Field(title="理由（说明）")
    status: AppropriationStatus = Field(title="状态")
    drafted_by: str = Field(title="拟办人")
    drafted_at: datetime = Field(title="拟办时间", description=TIME)
    confirmed_by: str | None = Field(title="确认人")
    confirmed_at: datetime | None = Field(title="确认时间", description=TIME)
    withdrawn_by: str | None = Field(title="撤回人")
    withdrawn_at: datetime | None = Field(title="撤回时间", description=TIME)
    withdraw_reason: str | None = Field(title="撤回理由")


class YearBudget(BaseModel):
    """Budget of a year from the ledger."""

    year: int = Field(title="年度")
    amounts: list[Figure] = Field(title="金额")


class BudgetOut(YearBudget):
    """Budget of a year from the ledger, with the documents that concern it."""

    appropriations: list[AppropriationOut] = Field(title="预算登记", description="按登记顺序排列，含转入本年度的登记")


@router.post(
    "/v1/budgets",
    status_code=201,
    name="draft_budget",
    summary="登记年度预算事项",
    description="市级经办或负责人登记某年度预算的安排、追加、调减、跨年度调剂、冻结、解冻、冲正或年终结转。须由另一名市级负责人"
    "确认后方可生效；减少可用余额的事项不得超出可用余额；同一年度同类业务的文号不得重复。依据：三（二）。",
)
async def draft_budget(
    session: Session, actor: CityDesk, body: NewAppropriation, response: Response
) -> AppropriationOut:
    """Draft a budget document, which counts once a supervisor other than the drafter confirms it. 三（二）"""
    _refuse_contradictions(body)
    await _refuse_duplicate(session, body)
    drafted, applications = await _drafted(session, body)
    session.add(drafted)
    await session.flush()
    session.add_all(carried(session, drafted, applications))
    await refuse_uncovered(session, drafted, await movement_of(session, drafted))
    papers = await require(session, body.attachments, Desk("treasury", CITY), *PAPERS, act=drafted)
    detail = body.model_dump(mode="json", exclude={"application_ids", "attachments"}) | facts_of(papers)
    detail["amount_yuan"] = f"{drafted.amount_yuan:.2f}"
    await record_act(session, "draft_budget", Case(drafted.id, CITY), reason=body.note, duty="draft_budget", **detail)
    response.headers["location"] = f"/v1/appropriations/{drafted.id}"
    await session.flush()
    return AppropriationOut.model_validate(drafted)


def _refuse_contradictions(body: NewAppropriation) -> None:
    """Raise Invalid for a field that the kind lacks or must not state."""
    given = {field for field, value in body if value}
    for field, detail in contradictions(body.kind, given):
        raise Invalid(detail, field=f"/body/{field}")
    if body.to_year == body.year:
        raise Invalid("转入年度须与转出年度不同", field="/body/to_year")


async def _refuse_duplicate(session: AsyncSession, body: NewAppropriation) -> None:
    about = {"year": body.year, "kind": body.kind, "document_key": normal_identifier(body.document_no)}
    same = select(Appropriation.id).filter_by(**about, to_year=body.to_year, reverses=body.reverses)
    if await session.scalar(same.where(Appropriation.status.in_(("drafted", "confirmed")))):
        raise Duplicate(
            f"{body.year} 年度已登记该预算文号，请核对文号；登记有误的，未确认的请撤回，已确认的请登记冲正",
            field="/body/document_no",
        )


async def _drafted(session: AsyncSession, body: NewAppropriation) -> tuple[Appropriation, list[Application]]:
    """Return the document, and the projects that a carry-over takes along."""
    applications: list[Application] = []
    amount = body.amount_yuan or Decimal(0)
    if body.reverses is not None:
        amount = (await original_of(session, body.year, body.reverses)).amount_yuan
    if body.kind == "carry_over":
        applications = list(await open_commitments(session, body.year, body.application_ids))
        amount = sum((each.reserved_yuan for each in applications), amount)
    about = body.model_dump(exclude={"application_ids", "amount_yuan", "attachments"})
    drawn = {"drafted_by": actor_of(session).subject, "drafted_at": now(session)}
    return Appropriation(id=uuid7(now(session)), district=CITY, amount_yuan=amount, **about, **drawn), applications


@router.post(
    "/v1/budgets/{appropriation_id}/confirm",
    name="confirm_budget",
    summary="确认年度预算事项",
    description="市级负责人确认已登记的预算事项，计入资金台账并对外公布。拟办人不得自行确认，已确认的不得重复确认；调减、调剂、冻结等"
    "不得超出可用余额。依据：三（二）。",
)
async def confirm_budget(
    session: Session, actor: CitySupervisor, appropriation_id: AppropriationKey, if_match: IfMatch = None
) -> AppropriationOut:
    """Post a drafted document to the ledger. Raises SameOfficer for its drafter, OverBudget. 三（二）"""
    row = await locked_as_read(session, Appropriation, appropriation_id, if_match)
    detail: dict[str, Any] = {"year": row.year, "kind": row.kind, "amount_yuan": f"{row.amount_yuan:.2f}"}
    await record_act(session, "confirm_budget", Case(row.id, CITY), duty="confirm_budget", **detail)
    await confirm(session, row)
    await decided(session, row)
    return AppropriationOut.model_validate(row)


class BudgetWithdrawal(BaseModel):
    """Reason for which a draft is withdrawn."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/budgets/{appropriation_id}/withdraw",
    name="withdraw_budget",
    summary="撤回年度预算事项",
    description="市级经办或负责人撤回尚未确认的预算登记并说明理由，文号可以重新登记。已确认的须登记冲正。依据：三（二）。",
)
async def withdraw_budget(
    session: Session,
    actor: CityDesk,
    appropriation_id: AppropriationKey,
    body: BudgetWithdrawal,
    if_match: IfMatch = None,
) -> AppropriationOut:
    """Withdraw a draft; nothing was posted. Raises WrongStatus once it is confirmed. 三（二）"""
    row = await locked_as_read(session, Appropriation, appropriation_id, if_match)
    row.withdraw(actor.subject, now(session), body.reason)
    case = Case(row.id, CITY)
    await record_act(session, "withdraw_budget", case, reason=body.reason, duty="draft_budget")
    await decided(session, row)
    await session.flush()
    return AppropriationOut.model_validate(row)


@router.get(
    "/v1/appropriations/{appropriation_id}",
    name="read_appropriation",
    summary="查询预算登记",
    description="各级工作人员查询一项预算登记，确认前后均可查询；响应头 ETag 用于确认时的 If-Match。依据：三（二）。",
    responses=VERSIONED,
)
async def read_appropriation(
    session: ReadSession, actor: Official, appropriation_id: AppropriationKey, response: Response
) -> AppropriationOut:
    """Return an appropriation, drafted or confirmed. 三（二）"""
    row = await found(session, Appropriation, appropriation_id)
    response.headers["etag"] = etag(row)
    return AppropriationOut.model_validate(row)


@router.get(
    "/v1/budgets/{year}",
    name="read_budget",
    summary="查询年度预算",
    description="各级工作人员查询某年度预算的安排、调减、转入转出、冻结、已批复、已列计划、已拨付及可用余额，以及各项预算登记。"
    "尚无已确认预算的年度答复 404。依据：三（二）。",
)
async def read_budget(
    session: ReadSession,
    actor: Official,
    year: Annotated[int, Path(ge=2021, le=2100, title="年度", description="公历年份，例如 2024")],
) -> BudgetOut:
    """Return the money of a year and its documents. Raises NotFound for a year without a budget. 三（二）"""
    state = (await budget_states(session, [year])).get(year)
    if state is None:
        raise NotFound(f"{year} 年度尚无已确认的预算；登记见 POST /v1/budgets，各年度见 GET /v1/budgets")
    about = or_(Appropriation.year == year, Appropriation.to_year == year)
    acts = await session.scalars(select(Appropriation).where(about).order_by(Appropriation.id))
    rows = [AppropriationOut.model_validate(row) for row in acts]
    return BudgetOut(year=year, amounts=budget_figures(state), appropriations=rows)


def budget_figures(state: BudgetState) -> list[Figure]:
    """Return the amounts of a year in the order in which they arise."""
    return [
        Figure(key=key, label=label, yuan=getattr(state, key), clause="四（一）1" if key == "returned" else "三（二）")
        for key, label in BUDGET_FIGURES.items()
    ]
