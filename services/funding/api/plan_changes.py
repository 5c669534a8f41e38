"""Endpoints for documents that amend or cancel an issued plan: drafted by an officer, issued by a supervisor.

三（二）, 政府投资条例 art. 16
"""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.plan_shapes import ContentAndScale, FundSource, YearInvestment
from services.funding.api.plans import PlanKey
from services.funding.api.shapes import DATE, TIME, Shape
from services.funding.models.plan_changes import PlanChange
from services.funding.models.plans import InvestmentPlan
from services.funding.plan_changes import issue_change, items_in_force, refuse_unchangeable
from services.funding.rules.plans import ItemAction, PlanChangeKind, PlanChangeStatus, construction_period
from shared.attachments.requests import Attached
from shared.attachments.uses import Desk, decided, facts_of, require
from shared.clock import uuid7
from shared.days import DoneDay, PlannedDay
from shared.districts import CITY
from shared.errors import Duplicate, Invalid
from shared.storage.audit import Case, record_act
from shared.storage.session import actor_of, found, locked, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, CitySupervisor, Official
from shared.web.filters import one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["投资计划"])
ChangeKey = Annotated[UUID, Path(title="计划调整编号")]
CHANGES = Listing(
    one_of("status", PlanChange.status, PlanChangeStatus, "调整状态"),
    sorts={"drafted_at": PlanChange.drafted_at},
    key=PlanChange.id,
    default="-drafted_at",
)


class NewItemChange(BaseModel):
    """Change of a project: it leaves the plan, or fields change; omitted fields stay."""

    application_id: UUID = Field(title="资金申请编号", description="须为本计划中的项目，不得重复")
    action: ItemAction = Field(title="处理方式", description="change 变更内容，remove 调出计划；已拨付的部分不变")
    content_and_scale: ContentAndScale | None = Field(None, title="建设内容及规模")
    construction_starts_on: PlannedDay | None = Field(
        None, title="建设工期起", description=f"{DATE}；与建设工期止同时填写"
    )
    construction_ends_on: PlannedDay | None = Field(None, title="建设工期止", description=DATE)
    year_investment_yuan: YearInvestment | None = Field(None, title="年度投资额")
    fund_source: FundSource | None = Field(None, title="资金来源")

    @model_validator(mode="after")
    def _states_what_changes(self) -> Self:
        given = self.model_fields_set - {"application_id", "action"}
        period = (self.construction_starts_on, self.construction_ends_on)
        if self.action == "remove" and given:
            raise ValueError("调出计划不填变更内容，请删去其他项")
        if self.action == "change" and not given:
            raise ValueError("变更内容须至少填写一项")
        if period.count(None) == 1 or (None not in period and period[0] > period[1]):  # type: ignore[operator]
            raise ValueError("建设工期起、止须同时填写，止不得早于起")
        return self

    def stored(self) -> dict[str, Any]:
        """Return the change as the document keeps it: item fields in JSON."""
        period = {"construction_starts_on", "construction_ends_on"}
        fields = self.model_dump(mode="json", exclude_none=True, exclude=period)
        if self.construction_starts_on and self.construction_ends_on:
            fields["construction_period"] = construction_period(self.construction_starts_on, self.construction_ends_on)
        return fields


class NewPlanChange(BaseModel):
    """Document that amends or cancels an issued plan."""

    kind: PlanChangeKind = Field(title="调整类型", description="amend 调整所列项目，cancel 撤销整个计划（不填项目）")
    document_no: Line = Field(title="调整文号")
    document_on: DoneDay | None = Field(None, title="文件日期", description=DATE)
    reason: Paragraph = Field(title="调整理由")
    items: list[NewItemChange] = Field(default_factory=list, title="项目", max_length=200)
    attachments: Attached


class PlanChangeOut(Shape):
    """Document that amends or cancels an issued plan; it counts once issued."""

    id: UUID = Field(title="计划调整编号")
    plan_id: UUID = Field(title="投资计划编号")
    kind: PlanChangeKind = Field(title="调整类型")
    document_no: str = Field(title="调整文号")
    document_on: date | None = Field(title="文件日期", description=DATE)
    reason: str = Field(title="调整理由")
    items: list[dict[str, Any]] = Field(title="项目", description="每个项目的处理方式和变更后的内容")
    status: PlanChangeStatus = Field(title="状态")
    drafted_by: str = Field(title="编制人")
    drafted_at: datetime = Field(title="编制时间", description=TIME)
    decided_by: str | None = Field(title="下达人或撤回人")
    decided_at: datetime | None = Field(title="下达或撤回时间", description=TIME)
    decision_reason: str | None = Field(title="撤回理由")


@router.post(
    "/v1/plans/{plan_id}/changes",
    status_code=201,
    name="draft_plan_change",
    summary="编制计划调整",
    description="市级人员编制已下达投资计划的调整或撤销文件，须由另一名市级负责人下达。调出的项目已拨付的部分不变，未拨付的部分退回"
    "已批复状态，可以编入其他批次；同一计划同时只能有一份待下达的调整。依据：三（二）。",
)
async def draft_plan_change(
    session: Session, actor: CityOfficer, plan_id: PlanKey, body: NewPlanChange, response: Response
) -> PlanChangeOut:
    """Draft a change of an issued plan; nothing moves until a supervisor other than the drafter issues it. 三（二）"""
    plan = await locked(session, InvestmentPlan, plan_id)
    change = _drafted(session, plan, body, await _stored(session, plan, body))
    await refuse_unchangeable(session, plan, change.items)
    await _refuse_second(session, plan)
    session.add(change)
    papers = await require(session, body.attachments, Desk("treasury", CITY), "plan_document", act=change)
    detail: dict[str, Any] = {"change_id": str(change.id), "document_no": change.document_no, **facts_of(papers)}
    case = Case(plan.id, CITY)
    await record_act(session, "draft_plan_change", case, reason=body.reason, duty="draft_plan", **detail)
    response.headers["location"] = f"/v1/plan-changes/{change.id}"
    await session.flush()
    return PlanChangeOut.model_validate(change)


async def _stored(session: AsyncSession, plan: InvestmentPlan, body: NewPlanChange) -> list[dict[str, Any]]:
    """Return the changes to keep; a cancellation removes every project. Raises Invalid, naming the field."""
    if body.kind == "cancel":
        if body.items:
            raise Invalid("撤销整个计划不填项目，请删去或改选调整", field="/body/items")
        return [{"application_id": str(key), "action": "remove"} for key in await items_in_force(session, plan)]
    if not body.items:
        raise Invalid("调整须至少列出一个项目；撤销整个计划请选撤销", field="/body/items")
    seen: set[UUID] = set()
    for place, item in enumerate(body.items):
        if item.application_id in seen:
            raise Invalid("同一项目在本次调整中重复，请合并", field=f"/body/items/{place}/application_id")
        seen.add(item.application_id)
    return [item.stored() for item in body.items]


async def _refuse_second(session: AsyncSession, plan: InvestmentPlan) -> None:
    if await session.scalar(select(PlanChange.id).filter_by(plan_id=plan.id, status="drafted")):
        raise Duplicate("该计划已有待下达的调整，请先下达或撤回（见 GET /v1/plans/{plan_id}/changes）")


def _drafted(
    session: AsyncSession, plan: InvestmentPlan, body: NewPlanChange, items: list[dict[str, Any]]
) -> PlanChange:
    return PlanChange(
        id=uuid7(now(session)),
        plan_id=plan.id,
        district=CITY,
        items=items,
        status="drafted",
        drafted_by=actor_of(session).subject,
        drafted_at=now(session),
        **body.model_dump(include={"kind", "document_no", "document_on", "reason"}),
    )


@router.post(
    "/v1/plan-changes/{change_id}/issue",
    name="issue_plan_change",
    summary="下达计划调整",
    description="市级负责人下达计划的调整或撤销文件，记入台账并对外公布；原有内容留存为历史版本。编制人不得自行下达；调出的项目不得有"
    "待审批的拨付申请。依据：三（二）。",
)
async def issue_plan_change(
    session: Session, actor: CitySupervisor, change_id: ChangeKey, if_match: IfMatch = None
) -> PlanChangeOut:
    """Issue the document: new versions, reservations back to approval, event, in one transaction. 三（二）"""
    change, plan = await _locked_as_read(session, change_id, if_match)
    await issue_change(session, change, plan)
    await decided(session, change)
    return PlanChangeOut.model_validate(change)


async def _locked_as_read(
    session: AsyncSession, change_id: UUID, if_match: str | None
) -> tuple[PlanChange, InvestmentPlan]:
    """Return the document and its plan, locked; the plan first, so that two acts cannot deadlock."""
    known = await found(session, PlanChange, change_id)
    plan = await locked(session, InvestmentPlan, known.plan_id)
    return await locked_as_read(session, PlanChange, change_id, if_match), plan


class PlanChangeWithdrawal(BaseModel):
    """Reason for which a draft is withdrawn."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/plan-changes/{change_id}/withdraw",
    name="withdraw_plan_change",
    summary="撤回计划调整",
    description="市级人员撤回尚未下达的计划调整并说明理由，计划不变。已下达的须另行编制调整。依据：三（二）。",
)
async def withdraw_plan_change(
    session: Session, actor: CityOfficer, change_id: ChangeKey, body: PlanChangeWithdrawal, if_match: IfMatch = None
) -> PlanChangeOut:
    """Withdraw a draft; the plan stays as it is. 三（二）"""
    change, plan = await _locked_as_read(session, change_id, if_match)
    change.decide("withdrawn", actor.subject, now(session), body.reason)
    detail: dict[str, Any] = {"change_id": str(change.id)}
    case = Case(plan.id, CITY)
    await record_act(session, "withdraw_plan_change", case, reason=body.reason, duty="draft_plan", **detail)
    await decided(session, change)
    await session.flush()
    return PlanChangeOut.model_validate(change)


@router.get(
    "/v1/plan-changes/{change_id}",
    name="read_plan_change",
    summary="查询计划调整",
    description="各级工作人员查询一份计划调整或撤销文件；响应头 ETag 用于下达或撤回时的 If-Match。依据：三（二）。",
    responses=VERSIONED,
)
async def read_plan_change(
    session: ReadSession, actor: Official, change_id: ChangeKey, response: Response
) -> PlanChangeOut:
    """Return a document that amends or cancels a plan. 三（二）"""
    change = await found(session, PlanChange, change_id)
    response.headers["etag"] = etag(change)
    return PlanChangeOut.model_validate(change)


@router.get(
    "/v1/plans/{plan_id}/changes",
    name="list_plan_changes",
    summary="查询计划调整列表",
    description="各级工作人员查询一个计划的历次调整和撤销文件，默认新的在前。依据：三（二）。",
)
async def list_plan_changes(
    session: ReadSession, actor: Official, plan_id: PlanKey, asked: Annotated[PageRequest, Depends(CHANGES)]
) -> Page[PlanChangeOut]:
    """Return the documents that amend or cancel a plan, newest first. 三（二）"""
    plan = await found(session, InvestmentPlan, plan_id)
    return await asked.page(session, select(PlanChange).filter_by(plan_id=plan.id), PlanChangeOut.model_validate)
