"""Endpoints for clawbacks: proposed by an officer, decided by a supervisor, received by finance. 四（一）1"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import TIME, YUAN, ApplicationKey, Shape, Yuan
from services.funding.applications import new_row_columns
from services.funding.corrections import expect_uncorrected
from services.funding.holds import place_hold
from services.funding.interest_calculations import GROUND, refuse_unowed
from services.funding.ledger.case_acts import demand
from services.funding.ledger.posting import post
from services.funding.ledger.postings import receive_return
from services.funding.models.applications import Application
from services.funding.models.clawbacks import ClawbackRequest, Recovery
from services.funding.receipts_once import refuse_known_receipt
from services.funding.rules.code_lists import Clause, ClawbackGround, ClawbackStatus
from shared.audiences import Handler, Internal
from shared.clock import uuid7
from shared.contracts.funding import FundsClawedBack
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, CitySupervisor, Finance, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])
ClawbackKey = Annotated[UUID, Path(title="追回事项编号")]


class NewClawback(BaseModel):
    """Proposal to recover money: ground, clause, amount and evidence."""

    ground: ClawbackGround = Field(title="事由")
    clause: Clause = Field(title="依据条款")
    amount_yuan: Yuan
    reason: Paragraph = Field(title="理由")
    evidence: Paragraph = Field(title="证据")


class ClawbackOut(Shape):
    """Clawback as proposed, decided and recovered."""

    id: UUID = Field(title="追回事项编号")
    application_id: UUID = Field(title="资金申请编号")
    ground: ClawbackGround = Field(title="事由")
    clause: str = Field(title="依据条款")
    amount_yuan: Money = Field(title="应追回金额", description=YUAN)
    recovered_yuan: Money = Field(title="已收回金额", description=YUAN)
    reason: str = Field(title="理由")
    evidence: Internal = Field(title="证据")
    status: ClawbackStatus = Field(title="状态")
    requested_by: Handler = Field(title="提出人")
    requested_at: datetime = Field(title="提出时间", description=TIME)
    decided_by: Handler = Field(title="决定人")
    decided_at: datetime | None = Field(title="决定时间", description=TIME)
    decision_reason: str | None = Field(title="不予追回的理由")


@router.post(
    "/v1/applications/{application_id}/clawback-requests",
    status_code=201,
    name="request_clawback",
    summary="提出追回资金",
    description="市级人员提出追回已拨付资金，写明事由、依据、金额和证据，由市级负责人决定；未实施、擅自变更的须先责令改正而未改正。金额不得超过拨付净额。依据：四（一）1、政府投资条例第三十四条。",
)
async def request_clawback(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: NewClawback, response: Response
) -> ClawbackOut:
    """Propose to recover paid money, to be decided by a supervisor. 四（一）1, 政府投资条例 art. 34"""
    application = await locked(session, Application, application_id)
    application.expect_net_paid(body.amount_yuan)
    await expect_uncorrected(session, application, body.ground)
    row = ClawbackRequest(
        requested_by=actor.subject,
        requested_at=now(session),
        recovered_yuan=Decimal("0.00"),
        **new_row_columns(session, application),
        **dict(body),
    )
    session.add(row)
    detail = {"clawback_id": str(row.id), "amount_yuan": str(row.amount_yuan), "clause": row.clause}
    await record_act(
        session, "request_clawback", case_of(application), reason=body.reason, duty="request_clawback", **detail
    )
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return ClawbackOut.model_validate(row)


@router.get(
    "/v1/clawback-requests/{clawback_id}",
    name="read_clawback",
    summary="查询追回事项",
    description="各级工作人员查询一项追回事项；响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：四（一）1。",
    responses=VERSIONED,
)
async def read_clawback(
    session: ReadSession, actor: Official, clawback_id: ClawbackKey, response: Response
) -> ClawbackOut:
    """Return one row, with the entity tag of the application that an act on it changes. 四（一）1"""
    row = await found(session, ClawbackRequest, clawback_id)
    response.headers["etag"] = etag(await found(session, Application, row.application_id))
    return ClawbackOut.model_validate(row)


@router.post(
    "/v1/clawback-requests/{clawback_id}/approve",
    name="demand_clawback",
    summary="决定追回资金",
    description="市级负责人决定追回资金，项目即停止拨付。提出人和经办拨付的人不得决定；金额不得超过拨付净额。依据：四（一）1。",
)
async def demand_clawback(
    session: Session, actor: CitySupervisor, clawback_id: ClawbackKey, if_match: IfMatch = None
) -> ClawbackOut:
    """Demand the money back and stop payments at once. 四（一）1"""
    row, application = await _locked_clawback(session, clawback_id, if_match)
    if row.ground == GROUND and row.status == "requested":
        await refuse_unowed(session, application, row.amount_yuan)
    row.decide("demanded", actor.subject, now(session), None)
    application.expect_net_paid(row.amount_yuan)
    application.demanded_yuan += row.amount_yuan
    transfers = demand(application, row.amount_yuan, str(row.id))
    await record_act(session, "demand_clawback", case_of(application), duty="clawback", clawback_id=str(row.id))
    await place_hold(session, application, "clawback", "四（一）1", "stop", row.reason, f"clawback:{row.id}")
    await emit(session, _announced(application, row, transfers[-1].id, "demanded", row.amount_yuan))
    await post(session, transfers)
    return ClawbackOut.model_validate(row)


class ClawbackRejection(BaseModel):
    """Reason for which no money is recovered."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/clawback-requests/{clawback_id}/reject",
    name="reject_clawback",
    summary="决定不予追回",
    description="市级负责人决定不予追回并说明理由。提出人不得决定；仅适用于待决定的追回事项。依据：四（一）1。",
)
async def reject_clawback(
    session: Session, actor: CitySupervisor, clawback_id: ClawbackKey, body: ClawbackRejection, if_match: IfMatch = None
) -> ClawbackOut:
    """Decide that no money is recovered. 四（一）1"""
    row, application = await _locked_clawback(session, clawback_id, if_match)
    row.decide("rejected", actor.subject, now(session), body.reason)
    detail = {"clawback_id": str(row.id)}
    await record_act(session, "reject_clawback", case_of(application), reason=body.reason, duty="clawback", **detail)
    await session.flush()
    return ClawbackOut.model_validate(row)


class RecoveryReceipt(BaseModel):
    """Bank receipt of recovered money, for part of the demand or all of it."""

    amount_yuan: Yuan
    bank_receipt_no: Line = Field(title="银行回单号", description="不得重复；写法不同视为同一编号")
    repeat_reason: Paragraph | None = Field(
        None, title="重复使用回单号的理由", description="回单号已用于另一笔登记时必填，如 一笔到账含多个项目的款项"
    )


@router.post(
    "/v1/clawback-requests/{clawback_id}/recovered",
    name="record_recovery",
    summary="登记追回到账",
    description="财务人员凭银行回单登记追回的资金，可以分次登记，累计不得超过应追回金额。追回须已由市级负责人决定；审批该项目拨付、提出或决定追回的人不得登记。依据：四（一）1。",
)
async def record_recovery(
    session: Session, actor: Finance, clawback_id: ClawbackKey, body: RecoveryReceipt, if_match: IfMatch = None
) -> ClawbackOut:
    """Post recovered money to the ledger. 四（一）1"""
    row, application = await _locked_clawback(session, clawback_id, if_match)
    known = (application.id, body.bank_receipt_no, body.amount_yuan, body.repeat_reason)
    await refuse_known_receipt(session, Recovery, *known)
    row.recover(body.amount_yuan)
    application.recovered_yuan += body.amount_yuan
    identity = uuid7(now(session))
    transfers = receive_return(application.id, body.amount_yuan, f"clawback:{identity}")
    times = {"recorded_by": actor.subject, "recorded_at": now(session)}
    session.add(_receipt(identity, row, transfers[0].id, **times, **dict(body)))
    detail = body.model_dump(mode="json")
    await record_act(
        session, "record_recovery", case_of(application), duty="book_recovery", clawback_id=str(row.id), **detail
    )
    await emit(session, _announced(application, row, transfers[0].id, "recovered", body.amount_yuan))
    await post(session, transfers)
    return ClawbackOut.model_validate(row)


def _receipt(identity: UUID, row: ClawbackRequest, transfer_id: UUID, **values: object) -> Recovery:
    return Recovery(
        id=identity,
        clawback_id=row.id,
        application_id=row.application_id,
        district=row.district,
        applicant_uscc=row.applicant_uscc,
        transfer_id=transfer_id,
        **values,
    )


async def _locked_clawback(
    session: AsyncSession, clawback_id: UUID, if_match: str | None
) -> tuple[ClawbackRequest, Application]:
    """Return the clawback and its application, locked, the application first."""
    row = await found(session, ClawbackRequest, clawback_id)
    application = await locked_as_read(session, Application, row.application_id, if_match)
    return await locked(session, ClawbackRequest, clawback_id), application


def _announced(
    application: Application,
    row: ClawbackRequest,
    transfer_id: UUID,
    stage: Literal["demanded", "recovered"],
    yuan: Decimal,
) -> FundsClawedBack:
    return FundsClawedBack(
        declaration_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        transfer_id=transfer_id,
        stage=stage,
        amount_yuan=yuan,
        ground=row.ground,
        clause=row.clause,
        reason=row.reason,
    )
