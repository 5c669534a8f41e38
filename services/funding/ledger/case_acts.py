"""Ledger transfers of each step of a case. 三（二）"""

from decimal import Decimal
from uuid import UUID

from services.funding.ledger.postings import (
    Transfer,
    award,
    cancel,
    claw_back,
    pay_again,
    receive_return,
    reduce_award,
    release,
    reserve,
    send_back,
    transfer_id,
    undo_send_back,
)
from services.funding.models.applications import Application
from shared.errors import DomainError

LEDGER_MODES = {"investment_grant": "grant", "interest_subsidy": "interest_subsidy"}


class NothingReserved(DomainError):
    """The award is released in full or the case is closed. 三（二）"""

    status, code, title = 409, "nothing_reserved", "批复资金已全部拨付或已终止"


def ledger_mode(application: Application) -> str:
    """Return the ledger's name of the approved support mode."""
    return LEDGER_MODES[str(application.mode)]


def award_and_reserve(application: Application, yuan: Decimal, year: int) -> list[Transfer]:
    """Return the transfers that record the award and reserve it in the year's budget. 三（二）"""
    return [*award(application.id, yuan), *reserve(application.id, ledger_mode(application), year, yuan, "approval")]


def commit_to_plan(application: Application, yuan: Decimal, year: int) -> list[Transfer]:
    """Return the transfers that move the approval's reservation into the budget of the plan's year. 三（二）"""
    mode = ledger_mode(application)
    reference = open_reservation(application)
    return [*cancel(application.id, reference), *reserve(application.id, mode, year, yuan, application.instalment())]


def rearrange(application: Application, before: str, after: str, year: int) -> tuple[list[Transfer], list[Transfer]]:
    """Return the transfers that give the reservation `before` up, and those that reserve the same rest as `after`."""
    anew = reserve(application.id, ledger_mode(application), year, application.reserved_yuan, after)
    return cancel(application.id, before), anew


def cut_award(application: Application, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfers that take part of the reserved rest from the award, as `Application.reduce` records it.

    Call before `reduce`; the rest is reserved anew in the same year. 二（四）
    """
    before, rest = open_reservation(application), application.reserved_yuan - yuan
    transfers = [*cancel(application.id, before), *reduce_award(application.id, yuan, reference)]
    if rest:
        year, after = int(application.budget_year or 0), application.rearranged()
        transfers += reserve(application.id, ledger_mode(application), year, rest, after)
    return transfers


def pay_instalment(application: Application, yuan: Decimal, year: int) -> tuple[UUID, list[Transfer]]:
    """Return the id of the paying transfer and all transfers of a release; the rest is reserved anew. 三（二）"""
    reference = open_reservation(application)
    transfers = release(application.id, reference, yuan)
    rest = application.reserved_yuan - yuan
    if rest > 0:
        following = application.instalment(ahead=1)
        transfers += reserve(application.id, ledger_mode(application), year, rest, following)
    return paying_transfer(application.id, reference), transfers


def paying_transfer(case_id: UUID, reference: str) -> UUID:
    """Return the id of the transfer by which money leaves the budget."""
    return transfer_id(case_id, f"release:{reference}:budget")


def send_payment_back(application: Application, yuan: Decimal, reference: str) -> tuple[UUID, list[Transfer]]:
    """Return the id and the transfer of a payment that the bank sent back (退票). 三（二）"""
    transfers = send_back(application.id, ledger_mode(application), yuan, reference)
    return transfers[0].id, transfers


def pay_sent_back(application: Application, yuan: Decimal, reference: str) -> tuple[UUID, list[Transfer]]:
    """Return the id and the transfer that pays money again which the bank had sent back. 三（二）"""
    transfers = pay_again(application.id, ledger_mode(application), yuan, reference)
    return transfers[0].id, transfers


def correct_sent_back(application: Application, yuan: Decimal, undone: UUID) -> tuple[UUID, list[Transfer]]:
    """Return the id and the transfer that undoes one of `send_payment_back`, which was a mistake. 三（二）"""
    transfers = undo_send_back(application.id, ledger_mode(application), yuan, str(undone))
    return transfers[0].id, transfers


def cancel_reserved(application: Application) -> list[Transfer]:
    """Return the transfers that give the reserved rest back to budget and programme. 四（一）1"""
    reference = open_reservation(application)
    return [*cancel(application.id, reference), *reduce_award(application.id, application.reserved_yuan, "end")]


def demand(application: Application, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfers that demand paid money back. 四（一）1"""
    return claw_back(application.id, ledger_mode(application), yuan, reference)


def book_return(application: Application, yuan: Decimal, reference: str) -> tuple[UUID, list[Transfer]]:
    """Return the id of the receiving transfer and all transfers of a voluntary return: demand and receipt. 四（一）1"""
    transfers = [*demand(application, yuan, reference), *receive_return(application.id, yuan, reference)]
    return transfers[-1].id, transfers


def open_reservation(application: Application) -> str:
    """Return the reference of the open reservation. Raises NothingReserved."""
    if application.reservation is None:
        raise NothingReserved("批复资金已全部拨付或项目已终止，没有可以拨付的余额")
    return application.reservation
