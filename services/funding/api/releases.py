"""Endpoints for the release of funds (拨付): requested by one finance officer, paid by another. 三（二）"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import TIME, YUAN, ApplicationKey, Shape
from services.funding.applications import new_row_columns
from services.funding.holds import refuse_held
from services.funding.ledger.case_acts import pay_instalment, pay_sent_back
from services.funding.ledger.posting import post
from services.funding.ledger.postings import Transfer
from services.funding.models.applications import Application
from services.funding.models.releases import ReleaseRequest
from services.funding.releases import (
    due_instalment,
    locked_request,
    payment_again,
    refuse_second_request,
    refuse_unfit,
    released_event,
    sent_back_release,
)
from services.funding.rules.code_lists import ReleaseStatus
from services.funding.rules.offers import CLAUSES
from services.funding.rules.releases import Instalment
from shared.audiences import Handler, Internal
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, found, locked, now, today
from shared.storage.versions import etag
from shared.text import Paragraph
from shared.web.auth import Finance, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["资金拨付"])
ReleaseKey = Annotated[UUID, Path(title="拨付申请编号")]


class NewRelease(BaseModel):
    """Request for the next instalment; the amount is computed. Interest subsidy names its decided claim."""

    evidence: Paragraph = Field(title="拨付依据")
    claim_id: UUID | None = Field(
        None, title="贴息申请编号", description="贷款贴息必填，须为本项目已核定的贴息申请；退票后重新拨付的不填"
    )


class ReleaseOut(Shape):
    """Release as requested and as decided."""

    id: UUID = Field(title="拨付申请编号")
    application_id: UUID = Field(title="资金申请编号")
    instalment: int = Field(title="期数")
    condition: str = Field(title="拨付条件")
    amount_yuan: Money = Field(title="拨付金额", description=YUAN)
    clause: str = Field(title="依据条款")
    claim_id: UUID | None = Field(title="贴息申请编号")
    replaces_id: UUID | None = Field(title="重新拨付的原申请编号", description="原拨付被银行退票的填写")
    evidence: Internal = Field(title="拨付依据")
    status: ReleaseStatus = Field(title="状态")
    requested_by: Handler = Field(title="申请人")
    requested_at: datetime = Field(title="申请时间", description=TIME)
    decided_by: Handler = Field(title="审批人")
    decided_at: datetime | None = Field(title="审批时间", description=TIME)
    decision_reason: str | None = Field(title="驳回理由")
    transfer_id: UUID | None = Field(title="转账编号", description="资金台账中支付转账的编号；未拨付时为空")


@router.post(
    "/v1/applications/{application_id}/release-requests",
    status_code=201,
    name="request_release",
    summary="申请拨付",
    description="财务人员申请拨付下一期资金，金额由系统计算；有被银行退票的拨付时，先申请重新拨付该笔。项目须已列入下达的投资计划，"
    "有已确认的收款账户，未被停止拨付，没有待审批的申请，不得另有市级财政性资金；贷款贴息须凭已核定的贴息申请。"
    "依据：三（二）、二（五）、四（一）1。",
)
async def request_release(
    session: Session, actor: Finance, application_id: ApplicationKey, body: NewRelease, response: Response
) -> ReleaseOut:
    """Request the next instalment, or a payment sent back, after the checks of 二（五） and 四（一）1. 三（二）"""
    application = await locked(session, Application, application_id)
    before = await sent_back_release(session, application)
    application.expect("planned", "releasing", *(("closed",) if before else ()))
    await refuse_held(session, application, "stop")
    await refuse_second_request(session, application)
    await refuse_unfit(session, application)
    if before is None:
        due = await due_instalment(session, application, body.claim_id)
        request = _request(session, application, due, body)
    else:
        due = payment_again(before, body.claim_id)
        request = _request(session, application, due, body, before)
    session.add(request)
    detail = {"request_id": str(request.id), "amount_yuan": str(due.yuan), "instalment": due.number}
    await record_act(
        session, "request_release", case_of(application), reason=body.evidence, duty="request_release", **detail
    )
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return ReleaseOut.model_validate(request)


def _request(
    session: AsyncSession,
    application: Application,
    due: Instalment,
    body: NewRelease,
    before: ReleaseRequest | None = None,
) -> ReleaseRequest:
    return ReleaseRequest(
        instalment=due.number,
        condition=due.condition,
        amount_yuan=due.yuan,
        clause=f"{CLAUSES[str(application.mode)]}、三（二）",
        requested_by=actor_of(session).subject,
        requested_at=now(session),
        claim_id=body.claim_id if before is None else before.claim_id,
        replaces_id=None if before is None else before.id,
        evidence=body.evidence,
        **new_row_columns(session, application),
    )


@router.get(
    "/v1/release-requests/{request_id}",
    name="read_release",
    summary="查询拨付申请",
    description="各级工作人员查询一项拨付申请；响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：三（二）。",
    responses=VERSIONED,
)
async def read_release(session: ReadSession, actor: Official, request_id: ReleaseKey, response: Response) -> ReleaseOut:
    """Return one row, with the entity tag of the application that an act on it changes. 三（二）"""
    row = await found(session, ReleaseRequest, request_id)
    response.headers["etag"] = etag(await found(session, Application, row.application_id))
    return ReleaseOut.model_validate(row)


@router.post(
    "/v1/release-requests/{request_id}/approve",
    name="release_funds",
    summary="批准并拨付",
    description="另一名财务人员批准拨付申请，资金即记入台账并对外公布。申请人不得自行批准；项目须未被暂停拨付，不得另有市级财政性资金。依据：三（二）。",
)
async def release_funds(
    session: Session, actor: Finance, request_id: ReleaseKey, if_match: IfMatch = None
) -> ReleaseOut:
    """Pay a request: post it to the ledger and announce it in one transaction. 三（二）"""
    request, application = await locked_request(session, request_id, if_match)
    await refuse_held(session, application, "stop", "review")
    await refuse_unfit(session, application)
    request.decide("paid", actor.subject, now(session))
    request.transfer_id, transfers = _paid(session, application, request)
    detail = {"request_id": str(request.id), "amount_yuan": str(request.amount_yuan)}
    detail["transfer_id"] = str(request.transfer_id)
    await record_act(session, "release_funds", case_of(application), duty="release", **detail)
    await emit(session, await released_event(session, application, request))
    await post(session, transfers)
    return ReleaseOut.model_validate(request)


def _paid(session: AsyncSession, application: Application, request: ReleaseRequest) -> tuple[UUID, list[Transfer]]:
    """Note the payment with the application, and return the id of its transfer and all transfers to post."""
    if request.replaces_id is not None:
        application.pay_again(request.amount_yuan)
        return pay_sent_back(application, request.amount_yuan, str(request.id))
    year = application.budget_year or today(session).year
    posted = pay_instalment(application, request.amount_yuan, year)
    application.pay(request.amount_yuan)
    return posted


class ReleaseRejection(BaseModel):
    """Reason for which a release is rejected."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/release-requests/{request_id}/reject",
    name="reject_release",
    summary="驳回拨付申请",
    description="另一名财务人员驳回待审批的拨付申请并说明理由；驳回后可以重新申请。依据：三（二）。",
)
async def reject_release(
    session: Session, actor: Finance, request_id: ReleaseKey, body: ReleaseRejection, if_match: IfMatch = None
) -> ReleaseOut:
    """Reject a request; the instalment may be requested again. 三（二）"""
    request, application = await locked_request(session, request_id, if_match)
    request.decide("rejected", actor.subject, now(session), body.reason)
    detail = {"request_id": str(request.id), "amount_yuan": str(request.amount_yuan)}
    await record_act(session, "reject_release", case_of(application), reason=body.reason, duty="release", **detail)
    await session.flush()
    return ReleaseOut.model_validate(request)
