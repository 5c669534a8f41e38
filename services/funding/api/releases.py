"""Release of funds (拨付): asked for by one person of finance, paid by another. 三（二）"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import Key, Shape
from services.funding.cases import (
    components_of,
    facts_of,
    project_of,
    refuse_other_municipal_money,
    ruleset_of,
)
from services.funding.holds import refuse_held
from services.funding.ledger.case_acts import pay
from services.funding.ledger.posting import post
from services.funding.models.application import Application
from services.funding.models.payment import InterestStatement, ReleaseRequest
from services.funding.models.plan import InvestmentPlan, PlanItem
from services.funding.rules.support import CLAUSES, CONDITIONS, GRANT, Instalment, instalments
from shared.clock import uuid7
from shared.contracts.funding import FundsReleased
from shared.errors import DomainError, Invalid
from shared.events.outbox import emit
from shared.money import Money
from shared.policy import parameter
from shared.storage.audit import case_of, hands_of, record_act
from shared.storage.session import found, locked, now, today
from shared.text import Paragraph
from shared.web.auth import Finance
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["资金拨付"])


class CompletedBeforePlan(DomainError):
    """The project was completed before its plan was issued and nobody decided that it stays. 二（五）, I15"""

    status, code, title = 409, "completed_before_plan", "项目在计划下达前已完工，未作保留决定"


class ConditionNotMet(DomainError):
    """What the instalment waits for has not happened (I32)."""

    status, code, title = 409, "instalment_condition", "本期拨付条件未满足"


class AlreadyRequested(DomainError):
    status, code, title = 409, "already_requested", "已有拨付申请待审批"


class NewRelease(BaseModel):
    """A request for the next instalment; the amount is computed. Interest subsidy names its settled statement."""

    evidence: Paragraph = Field(title="拨付依据")
    statement_id: UUID | None = Field(None, title="结息核定编号（贷款贴息必填）")


class ReleaseOut(Shape):
    """A release as asked for and as decided."""

    id: UUID
    application_id: UUID
    instalment: int
    condition: str
    amount_yuan: Money
    clause: str
    statement_id: UUID | None
    evidence: str
    status: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    transfer_id: UUID | None


@router.post("/v1/applications/{application_id}/release-requests", status_code=201, name="request_release")
async def request_release(
    session: Session, actor: Finance, application_id: Key, wanted: NewRelease, response: Response
) -> ReleaseOut:
    """Ask for the next instalment after the checks of 二（五） and 四（一）1. 三（二）"""
    application = await locked(session, Application, application_id)
    application.expect("planned", "releasing")
    await refuse_held(session, application, "stop")
    await _refuse_second(session, application)
    await _refuse_unfit(session, application)
    due = await _due(session, application, wanted)
    request = ReleaseRequest(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        instalment=due.number,
        condition=due.condition,
        amount_yuan=due.yuan,
        clause=f"{CLAUSES[str(application.mode)]}、三（二）",
        requested_by=actor.subject,
        requested_at=now(session),
        **dict(wanted),
    )
    session.add(request)
    detail = {"request_id": str(request.id), "amount_yuan": str(due.yuan), "instalment": due.number}
    await record_act(
        session, "request_release", case_of(application), reason=wanted.evidence, duty="request_release", **detail
    )
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return ReleaseOut.model_validate(request)


async def _refuse_second(session: AsyncSession, application: Application) -> None:
    waiting = select(ReleaseRequest.id).filter_by(application_id=application.id, status="requested")
    if identity := await session.scalar(waiting):
        raise AlreadyRequested(request_id=str(identity))


async def _refuse_unfit(session: AsyncSession, application: Application) -> None:
    """The project must not have got other municipal money, nor been completed before its plan. 二（五）"""
    await refuse_other_municipal_money(session, application)
    issued_on, decision = (
        await session.execute(
            select(InvestmentPlan.issued_on, PlanItem.completed_decision)
            .join(InvestmentPlan, InvestmentPlan.id == PlanItem.plan_id)
            .where(PlanItem.application_id == application.id, PlanItem.status == "planned")
        )
    ).one()
    completed_on = application.completed_on
    if completed_on is not None and issued_on is not None and completed_on <= issued_on and decision is None:
        raise CompletedBeforePlan(f"完工 {completed_on}，计划下达 {issued_on}（二（五））")


async def _due(session: AsyncSession, application: Application, wanted: NewRelease) -> Instalment:
    if application.mode != GRANT:
        return await _due_interest(session, application, wanted.statement_id)
    on, chosen = today(session), ruleset_of(session, application).interpretations["instalments"]
    planned = instalments(application.award_yuan or Decimal(0), chosen, parameter("instalment_shares", on))
    due = planned[application.instalments_paid]
    reached = application.progress is not None and application.progress >= parameter("instalment_progress", on)
    if due.condition == "at_progress" and not reached:
        raise ConditionNotMet(f"工程形象进度须达到 {parameter('instalment_progress', on):%}")
    if due.condition == "after_evaluation" and application.evaluated_on is None:
        raise ConditionNotMet("项目评价尚未完成（三（三））")
    return Instalment(due.number, min(due.yuan, application.reserved_yuan), CONDITIONS[due.condition])


async def _due_interest(session: AsyncSession, application: Application, statement_id: UUID | None) -> Instalment:
    statement = await session.get(InterestStatement, statement_id) if statement_id else None
    if statement is None or statement.application_id != application.id:
        raise Invalid("贷款贴息须凭本项目已核定的结息单拨付", field="/body/statement_id")
    if not statement.counts or not statement.payable_yuan:
        raise Invalid("结息单尚待核定或核定金额为零", field="/body/statement_id")
    paid = select(ReleaseRequest.id).where(
        ReleaseRequest.statement_id == statement.id, ReleaseRequest.status != "rejected"
    )
    if await session.scalar(paid):
        raise AlreadyRequested("该结息单已申请拨付")
    return Instalment(application.instalments_paid + 1, statement.payable_yuan, f"第{statement.number}次结息核定")


@router.post("/v1/release-requests/{request_id}/approve", name="release_funds")
async def release_funds(session: Session, actor: Finance, request_id: Key) -> ReleaseOut:
    """Pay: the one movement of money, in the ledger and announced together. 三（二）"""
    request, application = await _open_request(session, request_id)
    await refuse_held(session, application, "stop", "review")
    await _refuse_unfit(session, application)
    request.decide("paid", actor.subject, now(session))
    year = application.budget_year or today(session).year
    request.transfer_id, transfers = pay(application, request.amount_yuan, year)
    application.pay(request.amount_yuan)
    detail = {"request_id": str(request.id), "amount_yuan": str(request.amount_yuan)}
    await record_act(
        session, "release_funds", case_of(application), duty="release", transfer_id=str(request.transfer_id), **detail
    )
    await emit(session, await _announced(session, application, request))
    await post(session, transfers)
    return ReleaseOut.model_validate(request)


async def _open_request(session: AsyncSession, request_id: UUID) -> tuple[ReleaseRequest, Application]:
    """The request and its case; the case is locked first, as everywhere, or two acts would wait for each other."""
    request = await found(session, ReleaseRequest, request_id)
    application = await locked(session, Application, request.application_id)
    return await locked(session, ReleaseRequest, request_id), application


async def _announced(session: AsyncSession, application: Application, request: ReleaseRequest) -> FundsReleased:
    return FundsReleased.model_validate(
        {
            "declaration_id": application.id,
            "district": application.district,
            "applicant_uscc": application.applicant_uscc,
            "project": project_of(application),
            "release_id": request.id,
            "transfer_id": request.transfer_id,
            "instalment": request.instalment,
            "mode": application.mode,
            "amount_yuan": request.amount_yuan,
            "released_total_yuan": application.released_yuan,
            "award_yuan": application.award_yuan,
            "released_on": today(session),
            "facts": facts_of(application),
            "components": components_of(application),
            "ruleset": application.ruleset,
            "as_of": application.as_of,
            "hands": await hands_of(session, application.id),
        }
    )


class Rejection(BaseModel):
    """Why nothing is paid."""

    reason: Paragraph = Field(title="理由")


@router.post("/v1/release-requests/{request_id}/reject", name="reject_release")
async def reject_release(session: Session, actor: Finance, request_id: Key, rejection: Rejection) -> ReleaseOut:
    """Refuse a release; it may be asked for again. 三（二）"""
    request, application = await _open_request(session, request_id)
    request.decide("rejected", actor.subject, now(session), rejection.reason)
    detail = {"request_id": str(request.id), "amount_yuan": str(request.amount_yuan)}
    await record_act(session, "reject_release", case_of(application), reason=rejection.reason, duty="release", **detail)
    await session.flush()
    return ReleaseOut.model_validate(request)
