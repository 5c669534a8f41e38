"""Steps of a release, alone or within a batch: the request of one person, the payment by another. 三（二）"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import locked_applications, new_row_columns
from services.funding.holds import refuse_held
from services.funding.interest_calculations import refuse_overclaimed
from services.funding.ledger.case_acts import pay_instalment, pay_sent_back
from services.funding.ledger.posting import post
from services.funding.ledger.postings import Transfer
from services.funding.models.applications import Application
from services.funding.models.plans import InvestmentPlan, PlanItem
from services.funding.models.releases import ReleaseRequest
from services.funding.releases import (
    due_instalment,
    payment_again,
    refuse_second_request,
    refuse_unfit,
    released_event,
    sent_back_release,
)
from services.funding.rules.offers import CLAUSES
from services.funding.rules.releases import Instalment
from shared.errors import DomainError, SameOfficer
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now, today


class BatchRefused(DomainError):
    """Projects of the batch cannot be released, so none is. `refused` names each with its reason. 三（二）"""

    status, code, title = 409, "batch_refused", "批次中有项目不能拨付，全部未拨付"


async def request_instalment(
    session: AsyncSession, application: Application, evidence: str, claim_id: UUID | None = None
) -> ReleaseRequest:
    """Request the next instalment of a locked application, or a payment sent back. Raises what refuses it. 三（二）"""
    before = await sent_back_release(session, application)
    application.expect("planned", "releasing", *(("closed",) if before else ()))
    await refuse_held(session, application, "stop")
    await refuse_second_request(session, application)
    await refuse_unfit(session, application)
    if before is None:
        due = await due_instalment(session, application, claim_id)
        request = _request(session, application, due, evidence, claim_id)
    else:
        due = payment_again(before, claim_id)
        request = _request(session, application, due, evidence, before.claim_id, before.id)
    detail: dict[str, Any] = {"request_id": str(request.id), "amount_yuan": str(due.yuan), "instalment": due.number}
    await record_act(
        session, "request_release", case_of(application), reason=evidence, duty="request_release", **detail
    )
    session.add(request)
    return request


def _request(
    session: AsyncSession,
    application: Application,
    due: Instalment,
    evidence: str,
    claim_id: UUID | None,
    replaces_id: UUID | None = None,
) -> ReleaseRequest:
    return ReleaseRequest(
        instalment=due.number,
        condition=due.condition,
        amount_yuan=due.yuan,
        clause=f"{CLAUSES[str(application.mode)]}、三（二）",
        requested_by=actor_of(session).subject,
        requested_at=now(session),
        claim_id=claim_id,
        replaces_id=replaces_id,
        evidence=evidence,
        **new_row_columns(session, application),
    )


async def pay_requested(session: AsyncSession, request: ReleaseRequest, application: Application) -> list[Transfer]:
    """Pay a locked request and return the transfers to post. Raises what refuses it. 三（二）"""
    await refuse_held(session, application, "stop", "review")
    await refuse_unfit(session, application)
    if request.claim_id is not None and request.replaces_id is None:
        await refuse_overclaimed(session, application)
    request.decide("paid", actor_of(session).subject, now(session))
    request.transfer_id, transfers = _paid(session, application, request)
    detail: dict[str, Any] = {"request_id": str(request.id), "amount_yuan": str(request.amount_yuan)}
    detail["transfer_id"] = str(request.transfer_id)
    await record_act(session, "release_funds", case_of(application), duty="release", **detail)
    return transfers


def _paid(session: AsyncSession, application: Application, request: ReleaseRequest) -> tuple[UUID, list[Transfer]]:
    """Note the payment with the application, and return the id of its transfer and all transfers to post."""
    if request.replaces_id is not None:
        application.pay_again(request.amount_yuan)
        return pay_sent_back(application, request.amount_yuan, str(request.id))
    year = application.budget_year or today(session).year
    posted = pay_instalment(application, request.amount_yuan, year)
    application.pay(request.amount_yuan)
    return posted


async def request_plan(
    session: AsyncSession, plan: InvestmentPlan, evidence: str
) -> tuple[list[ReleaseRequest], list[dict[str, str]]]:
    """Request the next instalment of each project of a plan; return the requests, and each refusal with its reason."""
    applications = await _projects(session, plan)
    requests: list[ReleaseRequest] = []
    refused = []
    for application in applications:
        try:
            requests.append(await request_instalment(session, application, evidence))
        except SameOfficer:
            raise  # the person is refused, not a project
        except DomainError as refusal:
            refused.append(_told(application, refusal))
    await session.flush()
    return requests, refused


async def pay_plan(session: AsyncSession, plan: InvestmentPlan) -> list[ReleaseRequest]:
    """Pay every waiting request of a plan in one posting, or raise BatchRefused with the reason of each. 三（二）"""
    applications = {each.id: each for each in await _projects(session, plan)}
    waiting = select(ReleaseRequest).where(
        ReleaseRequest.application_id.in_(list(applications)), ReleaseRequest.status == "requested"
    )
    requests = (await session.scalars(waiting.order_by(ReleaseRequest.application_id).with_for_update())).all()
    transfers: list[Transfer] = []
    refused = []
    for request in requests:
        application = applications[request.application_id]
        try:
            transfers += await pay_requested(session, request, application)
        except SameOfficer:
            raise  # the person is refused, not a project
        except DomainError as refusal:
            refused.append(_told(application, refusal))
    if refused or not requests:
        raise BatchRefused(_summary(refused), refused=refused)
    await emit(session, *[await released_event(session, applications[each.application_id], each) for each in requests])
    await post(session, transfers)
    return list(requests)


async def _projects(session: AsyncSession, plan: InvestmentPlan) -> list[Application]:
    """Return the projects of an issued plan, locked in the order of their ids."""
    plan.expect_issued()
    ids = await session.scalars(select(PlanItem.application_id).filter_by(plan_id=plan.id, status="planned"))
    return list((await locked_applications(session, ids.all())).values())


def _told(application: Application, refusal: DomainError) -> dict[str, str]:
    return {
        "application_id": str(application.id),
        "project_name": application.project_name,
        "code": refusal.code,
        "detail": refusal.detail,
    }


def _summary(refused: Sequence[dict[str, str]]) -> str:
    if not refused:
        return "本计划没有待审批的拨付申请，请先申请拨付（POST /v1/plans/{plan_id}/release-requests）"
    first = "；".join(f"{each['project_name']}：{each['detail']}" for each in refused[:3])
    return (
        f"共 {len(refused)} 个项目不能拨付，全部未拨付。{first}。请驳回这些申请或消除原因后再批准，各项原因见 refused"
    )
