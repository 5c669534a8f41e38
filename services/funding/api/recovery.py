"""Money on its way back: returned by the project of itself, or clawed back by decision. 四（一）1"""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import Key, Shape, Yuan
from services.funding.holds import place
from services.funding.ledger.case_acts import demand, take_back
from services.funding.ledger.posting import post
from services.funding.ledger.postings import take_return
from services.funding.models.application import Application
from services.funding.models.recovery import ClawbackRequest, MoneyReturn, Recovery
from shared.clock import uuid7
from shared.contracts.funding import FundsClawedBack, FundsReturned
from shared.errors import DomainError
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, CitySupervisor, Finance
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])
Clause = Literal["四（一）1", "四（一）3", "二（五）", "政府投资条例第三十四条"]
Ground = Literal[
    "funds_diverted",
    "false_material",
    "municipal_funds_hidden",
    "not_implemented",
    "unapproved_change",
    "final_accounts_lower",
    "targets_missed",
    "other",
]


class MoreThanPaid(DomainError):
    """More is asked back than was paid and has not come back. 四（一）1"""

    status, code, title = 409, "more_than_paid", "超出已拨付且尚未退回的金额"


class NewReturn(BaseModel):
    """Money that the project paid back of itself."""

    amount_yuan: Yuan
    bank_receipt_no: Line = Field(title="银行回单号")
    reason: Paragraph = Field(title="事由")


class ReturnOut(Shape):
    """Money paid back; it counts once a second person has confirmed that it came in."""

    id: UUID
    application_id: UUID
    amount_yuan: Money
    clause: str = "四（一）1"
    bank_receipt_no: str
    reason: str
    status: str
    recorded_by: str
    recorded_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    transfer_id: UUID | None


def _expect_paid(application: Application, yuan: Decimal) -> None:
    if yuan > application.net_paid_yuan:
        raise MoreThanPaid(f"最多 {application.net_paid_yuan} 元", field="/body/amount_yuan")


@router.post("/v1/applications/{application_id}/returns", status_code=201, name="record_return")
async def record_return(
    session: Session, actor: Finance, application_id: Key, wanted: NewReturn, response: Response
) -> ReturnOut:
    """Record money that came back; a second person confirms it. 四（一）1"""
    application = await locked(session, Application, application_id)
    _expect_paid(application, wanted.amount_yuan)
    row = MoneyReturn(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        recorded_by=actor.subject,
        recorded_at=now(session),
        **dict(wanted),
    )
    session.add(row)
    await record_act(
        session, "record_return", case_of(application), reason=wanted.reason, amount_yuan=str(wanted.amount_yuan)
    )
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return ReturnOut.model_validate(row)


@router.post("/v1/returns/{return_id}/confirm", name="confirm_return")
async def confirm_return(session: Session, actor: Finance, return_id: Key) -> ReturnOut:
    """Confirm that the money came in, and book it. Raises SameOfficer for the one who recorded it. 四（一）1"""
    row, application = await _locked_return(session, return_id)
    row.decide("confirmed", actor.subject, now(session))
    _expect_paid(application, row.amount_yuan)
    row.transfer_id, transfers = take_back(application, row.amount_yuan, f"own:{row.id}")
    application.returned_yuan += row.amount_yuan
    await record_act(
        session, "confirm_return", case_of(application), amount_yuan=str(row.amount_yuan), return_id=str(row.id)
    )
    await emit(
        session,
        FundsReturned(
            declaration_id=application.id,
            district=application.district,
            applicant_uscc=application.applicant_uscc,
            transfer_id=row.transfer_id,
            amount_yuan=row.amount_yuan,
            reason=row.reason,
        ),
    )
    await post(session, transfers)
    return ReturnOut.model_validate(row)


class No(BaseModel):
    """Why not."""

    reason: Paragraph = Field(title="理由")


@router.post("/v1/returns/{return_id}/reject", name="reject_return")
async def reject_return(session: Session, actor: Finance, return_id: Key, refusal: No) -> ReturnOut:
    """The money did not come in."""
    row, application = await _locked_return(session, return_id)
    row.decide("rejected", actor.subject, now(session))
    await record_act(session, "reject_return", case_of(application), reason=refusal.reason, return_id=str(row.id))
    await session.flush()
    return ReturnOut.model_validate(row)


async def _locked_return(session: AsyncSession, return_id: UUID) -> tuple[MoneyReturn, Application]:
    row = await found(session, MoneyReturn, return_id)
    application = await locked(session, Application, row.application_id)
    return await locked(session, MoneyReturn, return_id), application


class NewClawback(BaseModel):
    """A proposal to recover money: ground, clause, amount and evidence."""

    ground: Ground = Field(title="事由")
    clause: Clause = Field(title="依据条款")
    amount_yuan: Yuan
    reason: Paragraph = Field(title="理由")
    evidence: Paragraph = Field(title="证据")


class ClawbackOut(Shape):
    """A clawback as proposed, decided and recovered."""

    id: UUID
    application_id: UUID
    ground: str
    clause: str
    amount_yuan: Money
    recovered_yuan: Money
    reason: str
    evidence: str
    status: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None


@router.post("/v1/applications/{application_id}/clawback-requests", status_code=201, name="request_clawback")
async def request_clawback(
    session: Session, actor: CityOfficer, application_id: Key, wanted: NewClawback, response: Response
) -> ClawbackOut:
    """Propose to recover money that was paid; someone else decides. 四（一）1, 政府投资条例 art. 34"""
    application = await locked(session, Application, application_id)
    _expect_paid(application, wanted.amount_yuan)
    row = ClawbackRequest(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        requested_by=actor.subject,
        requested_at=now(session),
        recovered_yuan=Decimal("0.00"),
        **dict(wanted),
    )
    session.add(row)
    detail = {"clawback_id": str(row.id), "amount_yuan": str(row.amount_yuan), "clause": row.clause}
    await record_act(
        session, "request_clawback", case_of(application), reason=wanted.reason, duty="request_clawback", **detail
    )
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return ClawbackOut.model_validate(row)


@router.post("/v1/clawback-requests/{clawback_id}/approve", name="demand_clawback")
async def demand_clawback(session: Session, actor: CitySupervisor, clawback_id: Key) -> ClawbackOut:
    """Decide that the money is to be recovered; payments stop at once. 四（一）1"""
    row, application = await _locked_clawback(session, clawback_id)
    row.decide("demanded", actor.subject, now(session), None)
    _expect_paid(application, row.amount_yuan)
    application.demanded_yuan += row.amount_yuan
    transfers = demand(application, row.amount_yuan, str(row.id))
    await record_act(session, "demand_clawback", case_of(application), duty="clawback", clawback_id=str(row.id))
    await place(session, application, "clawback", "四（一）1", "stop", row.reason, f"clawback:{row.id}")
    await emit(session, _announced(application, row, transfers[-1].id, "demanded", row.amount_yuan))
    await post(session, transfers)
    return ClawbackOut.model_validate(row)


@router.post("/v1/clawback-requests/{clawback_id}/reject", name="reject_clawback")
async def reject_clawback(session: Session, actor: CitySupervisor, clawback_id: Key, refusal: No) -> ClawbackOut:
    """Decide that nothing is recovered. 四（一）1"""
    row, application = await _locked_clawback(session, clawback_id)
    row.decide("rejected", actor.subject, now(session), refusal.reason)
    detail = {"clawback_id": str(row.id)}
    await record_act(session, "reject_clawback", case_of(application), reason=refusal.reason, duty="clawback", **detail)
    await session.flush()
    return ClawbackOut.model_validate(row)


class Receipt(BaseModel):
    """Recovered money by a bank receipt; part of the demand or all of it."""

    amount_yuan: Yuan
    bank_receipt_no: Line = Field(title="银行回单号")


@router.post("/v1/clawback-requests/{clawback_id}/recovered", name="record_recovery")
async def record_recovery(session: Session, actor: Finance, clawback_id: Key, receipt: Receipt) -> ClawbackOut:
    """Book recovered money. 四（一）1"""
    row, application = await _locked_clawback(session, clawback_id)
    row.recover(receipt.amount_yuan)
    application.recovered_yuan += receipt.amount_yuan
    identity = uuid7(now(session))
    transfers = take_return(application.id, receipt.amount_yuan, f"clawback:{identity}")
    session.add(
        Recovery(
            id=identity,
            clawback_id=row.id,
            application_id=application.id,
            district=application.district,
            applicant_uscc=application.applicant_uscc,
            recorded_by=actor.subject,
            recorded_at=now(session),
            transfer_id=transfers[0].id,
            **dict(receipt),
        )
    )
    await record_act(
        session, "record_recovery", case_of(application), clawback_id=str(row.id), **receipt.model_dump(mode="json")
    )
    await emit(session, _announced(application, row, transfers[0].id, "recovered", receipt.amount_yuan))
    await post(session, transfers)
    return ClawbackOut.model_validate(row)


async def _locked_clawback(session: AsyncSession, clawback_id: UUID) -> tuple[ClawbackRequest, Application]:
    row = await found(session, ClawbackRequest, clawback_id)
    application = await locked(session, Application, row.application_id)
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
