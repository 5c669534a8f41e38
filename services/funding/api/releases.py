"""Endpoints for the release of funds (拨付): requested by one finance officer, paid by another. 三（二）"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from services.funding.api.shapes import TIME, YUAN, ApplicationKey, Shape
from services.funding.ledger.posting import post
from services.funding.models.applications import Application
from services.funding.models.releases import ReleaseRequest
from services.funding.release_steps import pay_requested, request_instalment
from services.funding.releases import (
    locked_request,
    released_event,
)
from services.funding.rules.code_lists import ReleaseStatus
from shared.audiences import Handler, Internal
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
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
    request = await request_instalment(session, application, body.evidence, body.claim_id)
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return ReleaseOut.model_validate(request)


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
    transfers = await pay_requested(session, request, application)
    await emit(session, await released_event(session, application, request))
    await post(session, transfers)
    return ReleaseOut.model_validate(request)


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
