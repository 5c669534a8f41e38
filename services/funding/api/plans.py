"""Investment plans (投资计划): a batch drafted by an officer, issued by a supervisor. 三（二）, 政府投资条例 art. 16"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.budgets import Year
from services.funding.api.shapes import Key, Shape
from services.funding.cases import refuse_other_municipal_money, ruleset_of
from services.funding.ledger.case_acts import commit, require_budget
from services.funding.ledger.posting import post
from services.funding.models.application import Application
from services.funding.models.plan import InvestmentPlan, PlanItem
from shared.clock import uuid7
from shared.contracts import funding
from shared.contracts.library import LABELS
from shared.districts import CITY
from shared.errors import DomainError, Duplicate, Invalid
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import Case, case_of, record_act
from shared.storage.session import found, locked, now, settings_of, today
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, CitySupervisor, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["投资计划"])


class CompletedUndecided(DomainError):
    """A project was found completed; whether it stays in the plan is for a person to say. 二（五）, I15"""

    status, code, title = 409, "completed_undecided", "计划中有已完工项目，须逐项决定是否保留"


class NewItem(BaseModel):
    """A project of the batch; what is left out is taken from the application."""

    application_id: UUID
    content_and_scale: Paragraph | None = Field(None, title="建设内容及规模")
    construction_period: Line | None = Field(None, title="建设工期")
    year_investment_yuan: Money | None = Field(None, title="年度投资额（元）")
    fund_source: Line | None = Field(None, title="资金来源")


class NewPlan(BaseModel):
    """A batch of a year's investment plan."""

    year: Year
    batch: int = Field(title="批次", ge=1, le=99)
    title: Line | None = Field(None, title="计划名称")
    items: list[NewItem] = Field(title="项目", min_length=1, max_length=200)


class PlanItemOut(Shape):
    """One project with the fields of 政府投资条例 art. 16."""

    application_id: UUID
    district: str
    status: str
    project_name: str
    content_and_scale: str
    construction_period: str | None
    total_investment_yuan: Money
    year_investment_yuan: Money
    fund_source: str
    mode: str
    amount_yuan: Money
    completed_decision: str | None


class PlanSummary(Shape):
    """A batch without its projects. The numbering is the demonstration's own."""

    id: UUID
    year: int
    batch: int
    plan_no: str | None
    title: str
    status: str
    total_yuan: Money
    drafted_by: str
    drafted_at: datetime
    issued_by: str | None
    issued_on: date | None
    clause: str = "三（二）"


class PlanOut(PlanSummary):
    """A batch with its projects."""

    items: list[PlanItemOut] = Field(default_factory=list)


@router.post("/v1/plans", status_code=201, name="draft_plan")
async def draft_plan(session: Session, actor: CityOfficer, wanted: NewPlan, response: Response) -> PlanOut:
    """Draft a batch from approved applications. Issued numbers and taken projects are refused. 三（二）"""
    applications = [await _approved(session, wanted, place) for place in range(len(wanted.items))]
    await _refuse_taken(session, wanted)
    plan = InvestmentPlan(
        id=uuid7(now(session)),
        district=CITY,
        year=wanted.year,
        batch=wanted.batch,
        title=wanted.title or f"{wanted.year}年第{wanted.batch}批投资计划",
        total_yuan=sum((application.award_yuan or Decimal(0) for application in applications), Decimal(0)),
        drafted_by=actor.subject,
        drafted_at=now(session),
    )
    session.add(plan)
    await session.flush()
    session.add_all([_item(session, plan, *pair) for pair in zip(wanted.items, applications, strict=True)])
    await record_act(
        session, "draft_plan", Case(plan.id, CITY), year=plan.year, batch=plan.batch, total_yuan=str(plan.total_yuan)
    )
    response.headers["location"] = f"/v1/plans/{plan.id}"
    return await _shown(session, plan)


async def _approved(session: AsyncSession, wanted: NewPlan, place: int) -> Application:
    pointer = f"/body/items/{place}/application_id"
    identity = wanted.items[place].application_id
    if identity in [item.application_id for item in wanted.items[:place]]:
        raise Invalid("同一项目在本批次中重复", field=pointer)
    application = await session.get(Application, identity)
    if application is None or application.status != "approved":
        raise Invalid("项目不存在或不在“已批复”状态", field=pointer)
    return application


async def _refuse_taken(session: AsyncSession, wanted: NewPlan) -> None:
    numbered = select(InvestmentPlan.id).filter_by(year=wanted.year, batch=wanted.batch, status="issued")
    if await session.scalar(numbered):
        raise Duplicate(f"{wanted.year}年第{wanted.batch}批已下达", field="/body/batch")
    ids = [item.application_id for item in wanted.items]
    taken = select(PlanItem.application_id).where(PlanItem.application_id.in_(ids), PlanItem.status == "planned")
    if known := await session.scalar(taken.limit(1)):
        raise Duplicate("项目已列入另一投资计划", field=f"/body/items/{ids.index(known)}/application_id")


def _item(session: AsyncSession, plan: InvestmentPlan, wanted: NewItem, application: Application) -> PlanItem:
    mode = LABELS[str(application.mode)]
    return PlanItem(
        id=uuid7(now(session)),
        plan_id=plan.id,
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        project_name=application.project_name,
        content_and_scale=wanted.content_and_scale or _scale(application),
        construction_period=wanted.construction_period,
        total_investment_yuan=sum(
            (Decimal(part["assessed_investment_yuan"]) for part in application.components), Decimal(0)
        ),
        year_investment_yuan=wanted.year_investment_yuan or application.award_yuan,
        fund_source=wanted.fund_source or f"市级政府投资（{mode}），其余由项目单位自筹",
        mode=application.mode,
        amount_yuan=application.award_yuan,
    )


def _scale(application: Application) -> str:
    parts = [
        f"{LABELS[part['kind']]}{part.get('name') or ''}改造{part.get('renovated_area_m2') or '面积待补'}平方米"
        for part in application.components
    ]
    return "；".join(parts) or application.project_name


class Decision(BaseModel):
    """What a person decides on a project found completed."""

    application_id: UUID
    include: bool = Field(title="是否保留")
    reason: Paragraph = Field(title="理由")


class Issue(BaseModel):
    """The issue of a batch, with a decision for every project found completed."""

    completed_decisions: list[Decision] = Field(default_factory=list, max_length=200)


@router.post("/v1/plans/{plan_id}/issue", name="issue_plan")
async def issue_plan(session: Session, actor: CitySupervisor, plan_id: Key, issue: Issue | None = None) -> PlanOut:
    """Issue the batch: reservations become commitments of the plan's year. 三（二）"""
    plan = await locked(session, InvestmentPlan, plan_id)
    plan.expect_draft()
    await require_budget(session, plan.year)
    decisions = {decision.application_id: decision for decision in (issue.completed_decisions if issue else [])}
    kept = [pair for pair in await _locked_items(session, plan) if await _stays(session, *pair, decisions)]
    if not kept:
        raise Invalid("全部项目均被剔除，不能下达空计划", field="/body/completed_decisions")
    plan.total_yuan = sum((item.amount_yuan for item, _ in kept), Decimal(0))
    number = f"{settings_of(session).plan_no_prefix}〔{plan.year}〕第{plan.batch}批"
    plan.issue(actor.subject, today(session), number)
    await record_act(session, "issue_plan", Case(plan.id, CITY), plan_no=number, total_yuan=str(plan.total_yuan))
    await emit(session, _announced(plan, [item for item, _ in kept], today(session)))
    transfers = [transfer for _, case in kept for transfer in commit(case, case.reserved_yuan, plan.year)]
    for item, application in kept:
        application.enter_plan(plan.year)
        await record_act(session, "enter_plan", case_of(application), plan_no=number, amount_yuan=str(item.amount_yuan))
    await session.flush()
    await post(session, transfers)
    return await _shown(session, plan)


async def _locked_items(session: AsyncSession, plan: InvestmentPlan) -> list[tuple[PlanItem, Application]]:
    items = await session.scalars(select(PlanItem).filter_by(plan_id=plan.id).order_by(PlanItem.application_id))
    return [(item, await locked(session, Application, item.application_id)) for item in items]


async def _stays(
    session: AsyncSession, item: PlanItem, application: Application, decisions: dict[UUID, Decision]
) -> bool:
    """Whether a project stays: approved, free of other municipal money, and decided on if completed (I15)."""
    application.expect("approved")
    await refuse_other_municipal_money(session, application)
    asked = ruleset_of(session, application).interpretations["completed_check"] in ("all_three", "plan_issue")
    if not asked or application.construction_status != "completed":
        return True
    decision = decisions.get(application.id)
    if decision is None:
        raise CompletedUndecided(
            f"{application.project_name} 已于 {application.completed_on} 完工（二（五））",
            application_id=str(application.id),
        )
    item.completed_decision = decision.reason
    item.status = "planned" if decision.include else "dropped"
    await record_act(
        session, "decide_completed", case_of(application), reason=decision.reason, include=decision.include
    )
    return decision.include


def _announced(plan: InvestmentPlan, items: Sequence[PlanItem], on: date) -> funding.PlanIssued:
    shapes: list[dict[str, Any]] = [
        {
            "declaration_id": item.application_id,
            "project_name": item.project_name,
            "district": item.district,
            "mode": item.mode,
            "amount_yuan": item.amount_yuan,
        }
        for item in items
    ]
    return funding.PlanIssued(
        plan_id=plan.id,
        district=CITY,
        plan_no=str(plan.plan_no),
        year=plan.year,
        batch=plan.batch,
        total_yuan=plan.total_yuan,
        items=tuple(funding.PlanItem.model_validate(shape) for shape in shapes),
        issued_on=on,
    )


class Withdrawal(BaseModel):
    """Why a draft is given up."""

    reason: Paragraph = Field(title="理由")


@router.post("/v1/plans/{plan_id}/withdraw", name="withdraw_plan")
async def withdraw_plan(session: Session, actor: CityOfficer, plan_id: Key, withdrawal: Withdrawal) -> PlanOut:
    """Give a draft up; its projects may go into another."""
    plan = await locked(session, InvestmentPlan, plan_id)
    plan.withdraw()
    for item in await session.scalars(select(PlanItem).filter_by(plan_id=plan.id)):
        item.status = "dropped"
    await record_act(session, "withdraw_plan", Case(plan.id, CITY), reason=withdrawal.reason)
    return await _shown(session, plan)


@router.get("/v1/plans/{plan_id}", name="read_plan")
async def read_plan(session: ReadSession, actor: Official, plan_id: Key) -> PlanOut:
    """A batch with its projects."""
    return await _shown(session, await found(session, InvestmentPlan, plan_id))


async def _shown(session: AsyncSession, plan: InvestmentPlan) -> PlanOut:
    await session.flush()
    items = await session.scalars(select(PlanItem).filter_by(plan_id=plan.id).order_by(PlanItem.id))
    shapes = [PlanItemOut.model_validate(item) for item in items]
    return PlanOut.model_validate(plan).model_copy(update={"items": shapes})
