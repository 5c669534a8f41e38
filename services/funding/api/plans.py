"""Endpoints for investment plans (投资计划): drafted by an officer, issued by a supervisor.

三（二）, 政府投资条例 art. 16
"""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.budgets import Year
from services.funding.api.plan_shapes import NewPlan, NewPlanItem, PlanItemOut, PlanItemRow, PlanOut, PlanSummary
from services.funding.api.signature_shapes import missing_of
from services.funding.models.applications import Application
from services.funding.models.plans import InvestmentPlan, PlanItem
from services.funding.plans import CompletedDecision, issue
from services.funding.rules.code_lists import PlanItemStatus, PlanStatus
from services.funding.rules.plans import construction_period, content_and_scale, total_investment
from shared.clock import uuid7
from shared.contracts.library import DistrictCode, SupportMode
from shared.districts import CITY
from shared.errors import Duplicate, Invalid
from shared.storage.audit import Case, record_act, take_duty
from shared.storage.session import found, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Paragraph
from shared.web.auth import CityOfficer, CitySupervisor, Official
from shared.web.filters import dates, one_of, search
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["投资计划"])
PlanKey = Annotated[UUID, Path(title="投资计划编号")]
PLANS = Listing(
    one_of("year", InvestmentPlan.year, Year, "年度"),
    one_of("status", InvestmentPlan.status, PlanStatus, "计划状态"),
    dates("issued_on", InvestmentPlan.issued_on, "下达日期"),
    search("计划名称或文号", InvestmentPlan.title, InvestmentPlan.plan_no),
    sorts={
        "year": InvestmentPlan.year * 100 + InvestmentPlan.batch,  # batches of a year in their order; at most 99
        "total_yuan": InvestmentPlan.total_yuan,
        "drafted_at": InvestmentPlan.drafted_at,
        "issued_on": InvestmentPlan.issued_on,
    },
    key=InvestmentPlan.id,
    default="-year",
)


@router.post(
    "/v1/plans",
    status_code=201,
    name="draft_plan",
    summary="编制投资计划",
    description="市级人员将已批复的项目编入某年度某批次的投资计划。批次须未下达，项目须已批复且未列入其他计划。依据：三（二）。",
)
async def draft_plan(session: Session, actor: CityOfficer, body: NewPlan, response: Response) -> PlanOut:
    """Draft a batch from approved applications that no other plan contains. 三（二）"""
    applications = [await _approved(session, body, place) for place in range(len(body.items))]
    await _refuse_taken(session, body)
    plan = _draft(session, body, applications, actor.subject)
    session.add(plan)
    await session.flush()
    session.add_all([_item(session, plan, *pair) for pair in zip(body.items, applications, strict=True)])
    for application in sorted(applications, key=lambda each: each.id):
        await take_duty(session, application.id, "draft_plan")
    detail: dict[str, Any] = {"year": plan.year, "batch": plan.batch, "total_yuan": str(plan.total_yuan)}
    await record_act(session, "draft_plan", Case(plan.id, CITY), duty="draft_plan", **detail)
    response.headers["location"] = f"/v1/plans/{plan.id}"
    return await _shown(session, plan)


async def _approved(session: AsyncSession, body: NewPlan, place: int) -> Application:
    """Return the approved application of an item. Raises Invalid, naming the field."""
    pointer = f"/body/items/{place}/application_id"
    identity = body.items[place].application_id
    if identity in [item.application_id for item in body.items[:place]]:
        raise Invalid("同一项目在本批次中重复，请删去重复项", field=pointer)
    application = await session.get(Application, identity)
    if application is not None and application.awaits_countersign:
        raise Invalid(f"{missing_of(application)[0]}，请先办理加签", field=pointer)
    if application is None or application.status != "approved":
        raise Invalid("项目不存在或不在“已批复”状态，请核对编号或先办理批复", field=pointer)
    _refuse_unlikely(body.items[place], application, f"/body/items/{place}")
    return application


def _refuse_unlikely(item: NewPlanItem, application: Application, field: str) -> None:
    """Raise Invalid for fields of the annual plan that contradict each other or the application."""
    if item.construction_ends_on < item.construction_starts_on:
        raise Invalid("建设工期止不得早于建设工期起", field=f"{field}/construction_ends_on")
    total = total_investment(application.components)
    if item.year_investment_yuan > total:
        raise Invalid(f"年度投资额不得超过总投资 {total:,.2f} 元", field=f"{field}/year_investment_yuan")
    if item.content_and_scale is None and content_and_scale(application.components) is None:
        raise Invalid("项目组成缺少改造面积，请填写建设内容及规模", field=f"{field}/content_and_scale")


async def _refuse_taken(session: AsyncSession, body: NewPlan) -> None:
    """Raise Duplicate for an issued batch number or a project of another plan."""
    numbered = select(InvestmentPlan.id).filter_by(year=body.year, batch=body.batch)
    if await session.scalar(numbered.where(InvestmentPlan.status.in_(("issued", "cancelled")))):
        raise Duplicate(f"{body.year}年第{body.batch}批已下达，请改用其他批次", field="/body/batch")
    ids = [item.application_id for item in body.items]
    taken = select(PlanItem.application_id).where(PlanItem.application_id.in_(ids), PlanItem.status == "planned")
    if known := await session.scalar(taken.limit(1)):
        place = ids.index(known)
        raise Duplicate("项目已列入另一投资计划，请删去或先撤回该计划", field=f"/body/items/{place}/application_id")


def _draft(session: AsyncSession, body: NewPlan, applications: list[Application], subject: str) -> InvestmentPlan:
    return InvestmentPlan(
        id=uuid7(now(session)),
        district=CITY,
        year=body.year,
        batch=body.batch,
        title=body.title or f"{body.year}年第{body.batch}批投资计划",
        total_yuan=sum((application.reserved_yuan for application in applications), Decimal(0)),
        drafted_by=subject,
        drafted_at=now(session),
    )


def _item(session: AsyncSession, plan: InvestmentPlan, item: NewPlanItem, application: Application) -> PlanItem:
    return PlanItem(
        id=uuid7(now(session)),
        plan_id=plan.id,
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        project_name=application.project_name,
        content_and_scale=item.content_and_scale or content_and_scale(application.components),
        construction_period=construction_period(item.construction_starts_on, item.construction_ends_on),
        total_investment_yuan=total_investment(application.components),
        year_investment_yuan=item.year_investment_yuan,
        fund_source=item.fund_source,
        mode=application.mode,
        amount_yuan=application.reserved_yuan,
        year=plan.year,
    )


class NewCompletedDecision(BaseModel):
    """Decision on a project that is completed."""

    application_id: UUID = Field(title="资金申请编号")
    include: bool = Field(title="是否保留", description="true 保留在计划中，false 剔除")
    reason: Paragraph = Field(title="理由")


class PlanIssue(BaseModel):
    """Issue of a batch with a decision for every completed project."""

    completed_decisions: list[NewCompletedDecision] = Field(
        default_factory=list, title="已完工项目的决定", description="计划中每个已完工项目一项", max_length=200
    )


@router.post(
    "/v1/plans/{plan_id}/issue",
    name="issue_plan",
    summary="下达投资计划",
    description="市级负责人下达投资计划，项目资金转入计划年度的预算安排。编制人不得自行下达；已完工项目须逐项决定是否保留，"
    "项目不得另有市级财政性资金。依据：三（二）、二（五）。",
)
async def issue_plan(
    session: Session, actor: CitySupervisor, plan_id: PlanKey, body: PlanIssue | None = None, if_match: IfMatch = None
) -> PlanOut:
    """Issue the batch; reservations become commitments of the plan's year. 三（二）, 二（五）"""
    plan = await locked_as_read(session, InvestmentPlan, plan_id, if_match)
    decided = body.completed_decisions if body else []
    await issue(session, plan, {one.application_id: CompletedDecision(one.include, one.reason) for one in decided})
    return await _shown(session, plan)


class PlanWithdrawal(BaseModel):
    """Reason for which a draft is withdrawn."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/plans/{plan_id}/withdraw",
    name="withdraw_plan",
    summary="撤回投资计划",
    description="市级人员撤回尚未下达的投资计划并说明理由，其中项目可以编入其他批次。依据：三（二）。",
)
async def withdraw_plan(
    session: Session, actor: CityOfficer, plan_id: PlanKey, body: PlanWithdrawal, if_match: IfMatch = None
) -> PlanOut:
    """Withdraw a draft; its projects may enter another plan. 三（二）"""
    plan = await locked_as_read(session, InvestmentPlan, plan_id, if_match)
    plan.withdraw()
    for item in await session.scalars(select(PlanItem).filter_by(plan_id=plan.id)):
        item.status = "dropped"
    await record_act(session, "withdraw_plan", Case(plan.id, CITY), reason=body.reason, duty="draft_plan")
    return await _shown(session, plan)


@router.get(
    "/v1/plans/{plan_id}",
    name="read_plan",
    summary="查询投资计划",
    description="各级工作人员查询一个批次的投资计划及其项目。依据：三（二）。",
    responses=VERSIONED,
)
async def read_plan(session: ReadSession, actor: Official, plan_id: PlanKey, response: Response) -> PlanOut:
    """Return a batch with its projects. 三（二）"""
    plan = await found(session, InvestmentPlan, plan_id)
    response.headers["etag"] = etag(plan)
    return await _shown(session, plan)


@router.get(
    "/v1/plans",
    name="list_plans",
    summary="查询投资计划列表",
    description="各级工作人员按年度、状态、下达日期或名称查询投资计划，默认年度新的在前，不含项目。依据：三（二）。",
)
async def list_plans(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(PLANS)]
) -> Page[PlanSummary]:
    """Return the batches, newest first, without their projects. 三（二）"""
    return await asked.page(session, select(InvestmentPlan), PlanSummary.model_validate)


PLAN_ITEMS = Listing(
    one_of("plan_id", PlanItem.plan_id, UUID, "投资计划编号"),
    one_of("application_id", PlanItem.application_id, UUID, "资金申请编号"),
    one_of("year", PlanItem.year, Year, "年度"),
    one_of("status", PlanItem.status, PlanItemStatus, "项目状态"),
    one_of("mode", PlanItem.mode, SupportMode, "支持方式"),
    one_of("district", PlanItem.district, DistrictCode, "所在区"),
    search("项目名称或建设内容", PlanItem.project_name, PlanItem.content_and_scale),
    sorts={"id": PlanItem.id, "amount_yuan": PlanItem.amount_yuan, "project_name": PlanItem.project_name},
    key=PlanItem.id,
    default="id",
)


@router.get(
    "/v1/plan-items",
    name="list_plan_items",
    summary="查询计划项目列表",
    description="各级工作人员按计划、年度、区、状态、支持方式或名称查询投资计划的项目及其各版本，区级只见本区项目。依据：三（二）。",
)
async def list_plan_items(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(PLAN_ITEMS)]
) -> Page[PlanItemRow]:
    """Return projects of plans with their fields, every version of them. 三（二）"""
    return await asked.page(session, select(PlanItem), PlanItemRow.model_validate)


async def _shown(session: AsyncSession, plan: InvestmentPlan) -> PlanOut:
    await session.flush()
    own = select(PlanItem).filter_by(plan_id=plan.id).where(PlanItem.status != "superseded")
    items = await session.scalars(own.order_by(PlanItem.id))
    shapes = [PlanItemOut.model_validate(item) for item in items]
    return PlanOut.model_validate(plan).model_copy(update={"items": shapes})
