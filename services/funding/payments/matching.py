"""Match of a receipt with a line, and its undoing: status of line, release and case, ledger and event. 三（二）"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.ledger.case_acts import correct_sent_back, send_payment_back
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import Account, Transfer, bank_return_account
from services.funding.models.applications import Application
from services.funding.models.payment_orders import PaymentLine
from services.funding.models.receipts import TreasuryReceipt
from services.funding.models.releases import ReleaseRequest
from shared.contracts.funding import FundsSentBack
from shared.errors import WrongStatus
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked

_BOOKS = text("SELECT pg_advisory_xact_lock(hashtextextended('books of the treasury', 12))")
ANSWERABLE = {"paid": ("ordered",), "returned": ("ordered", "paid")}
"""Statuses of a line that a receipt can answer, by its result."""


async def lock_books(session: AsyncSession) -> None:
    """Let bookings, withdrawals of orders and closings take turns.

    No order is withdrawn while its receipt is booked, and what a month holds does not change while it is closed.
    """
    await session.execute(_BOOKS)


class Answer(Protocol):
    """Statement of a receipt, on record or not yet."""

    @property
    def result(self) -> str: ...
    @property
    def amount_yuan(self) -> Decimal: ...
    @property
    def result_on(self) -> date: ...
    @property
    def account_no(self) -> str | None: ...


@dataclass(slots=True)
class Postings:
    """Accounts to open and transfers to post at the end of an act."""

    accounts: list[Account] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)

    async def post(self, session: AsyncSession) -> None:
        """Open the accounts and post the transfers, once for the whole act."""
        await session.flush()
        if self.transfers:
            await open_accounts(session, self.accounts)
            await post(session, self.transfers)


async def differences(session: AsyncSession, answer: Answer, line: PaymentLine) -> list[str]:
    """Return in what a receipt differs from a line, as codes; none for one that answers it."""
    application = await session.get_one(Application, line.application_id, with_for_update={"key_share": True})
    since = line.answered_on if line.status == "paid" and line.answered_on else line.issued_on
    found = {
        "amount": answer.amount_yuan != line.amount_yuan,
        "already_answered": line.status not in ANSWERABLE[answer.result],
        "account": answer.account_no not in (None, line.account_no),
        "date": answer.result_on < since,
        "not_paid": answer.result == "returned" and application.net_paid_yuan < answer.amount_yuan,
    }
    return [code for code, differs in found.items() if differs]


async def apply(session: AsyncSession, receipt: TreasuryReceipt, line: PaymentLine, postings: Postings) -> None:
    """Let a receipt answer a line; a returned one sends the release back and tells everyone."""
    receipt.line_id, receipt.status = line.id, "matched"
    line.answer(receipt.result, receipt.result_on, receipt.bank_reason if receipt.result == "returned" else None)
    if receipt.result == "paid":
        return
    application, release = await _case(session, line)
    release.send_back()
    application.send_back(receipt.amount_yuan)
    reference = f"{receipt.id}:{receipt.version or 0}"
    receipt.transfer_id, transfers = send_payment_back(application, receipt.amount_yuan, reference)
    postings.accounts.append(bank_return_account(application.id))
    postings.transfers += transfers
    await _tell(session, "note_sent_back", application, release, receipt, receipt.transfer_id)


async def undo(session: AsyncSession, receipt: TreasuryReceipt, line: PaymentLine, postings: Postings) -> None:
    """Take the answer of a receipt back. Raises WrongStatus where a later act rests on it."""
    if receipt.result == "paid":
        _expect(line.status == "paid", "该笔支付之后已登记退票，请先撤销退票的勾对")
        line.answer("ordered", None)
        return
    application, release = await _case(session, line)
    again = select(ReleaseRequest.id).where(
        ReleaseRequest.replaces_id == release.id, ReleaseRequest.status != "rejected"
    )
    _expect(await session.scalar(again) is None, "退票的款项已申请重新拨付，请先驳回该申请")
    release.restore()
    application.pay_again(receipt.amount_yuan)
    undone, transfers = correct_sent_back(application, receipt.amount_yuan, _posted(receipt))
    postings.transfers += transfers
    paid_on = await session.scalar(
        select(TreasuryReceipt.result_on).filter_by(line_id=line.id, status="matched", result="paid")
    )
    line.answer("ordered" if paid_on is None else "paid", paid_on)
    await _tell(session, "undo_sent_back", application, release, receipt, undone)
    receipt.transfer_id = None


def _posted(receipt: TreasuryReceipt) -> UUID:
    if receipt.transfer_id is None:
        raise LookupError(f"receipt {receipt.id} posted nothing")
    return receipt.transfer_id


def _expect(holds: bool, way_out: str) -> None:
    if not holds:
        raise WrongStatus(way_out)


async def _case(session: AsyncSession, line: PaymentLine) -> tuple[Application, ReleaseRequest]:
    """Return the case and the release of a line, locked, the case first."""
    application = await locked(session, Application, line.application_id)
    return application, await locked(session, ReleaseRequest, line.release_id)


async def _tell(
    session: AsyncSession,
    act: str,
    application: Application,
    release: ReleaseRequest,
    receipt: TreasuryReceipt,
    transfer_id: UUID,
) -> None:
    """Record with the case, and announce, that a payment was sent back or that this was a mistake."""
    stage = "sent_back" if act == "note_sent_back" else "undone"
    reason = receipt.bank_reason or "国库未写明原因"
    detail: dict[str, Any] = {
        "release_request_id": str(release.id),
        "receipt_id": str(receipt.id),
        "amount_yuan": str(receipt.amount_yuan),
    }
    await record_act(session, act, case_of(application), reason=reason, duty=None, **detail)
    event = FundsSentBack(
        declaration_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        release_id=release.id,
        transfer_id=transfer_id,
        stage=stage,
        amount_yuan=receipt.amount_yuan,
        sent_back_on=receipt.result_on,
        reason=reason,
    )
    await emit(session, event)
