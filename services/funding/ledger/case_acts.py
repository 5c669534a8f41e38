"""Ledger transfers of each step of a case, and the state of a year's budget. 三（二）"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.ledger.posting import NoAccount, balance
from services.funding.ledger.postings import (
    AccountCode,
    Transfer,
    award,
    cancel,
    claw_back,
    programme_account,
    receive_return,
    reduce_award,
    release,
    reserve,
    transfer_id,
)
from services.funding.models.applications import Application
from shared.errors import DomainError
from shared.money import to_yuan

LEDGER_MODES = {"investment_grant": "grant", "interest_subsidy": "interest_subsidy"}


class NoBudget(DomainError):
    """No confirmed appropriation exists for the year. 三（二）"""

    status, code, title = 409, "no_budget", "该年度尚无预算"


class NothingReserved(DomainError):
    """The award is released in full or the case is closed. 三（二）"""

    status, code, title = 409, "nothing_reserved", "批复资金已全部拨付或已终止"


@dataclass(frozen=True, slots=True)
class BudgetState:
    """Budget of a year in yuan. `reserved` is approved and `committed` is in an issued plan; neither is paid yet."""

    appropriated: Decimal
    reserved: Decimal
    committed: Decimal
    paid: Decimal
    returned: Decimal
    available: Decimal


def ledger_mode(application: Application) -> str:
    """Return the ledger's name of the approved support mode."""
    return LEDGER_MODES[str(application.mode)]


def award_and_reserve(application: Application, yuan: Decimal, year: int) -> list[Transfer]:
    """Return the transfers that record the award and reserve it in the year's budget. 三（二）"""
    return [*award(application.id, yuan), *reserve(application.id, ledger_mode(application), year, yuan, "approval")]


def commit_to_plan(application: Application, yuan: Decimal, year: int) -> list[Transfer]:
    """Return the transfers that move the approval's reservation into the budget of the plan's year. 三（二）"""
    mode = ledger_mode(application)
    return [*cancel(application.id, "approval"), *reserve(application.id, mode, year, yuan, "instalment-1")]


def pay_instalment(application: Application, yuan: Decimal, year: int) -> tuple[UUID, list[Transfer]]:
    """Return the id of the paying transfer and all transfers of a release; the rest is reserved anew. 三（二）"""
    reference = open_reservation(application)
    transfers = release(application.id, reference, yuan)
    rest = application.reserved_yuan - yuan
    if rest > 0:
        following = f"instalment-{application.instalments_paid + 2}"
        transfers += reserve(application.id, ledger_mode(application), year, rest, following)
    return paying_transfer(application.id, reference), transfers


def paying_transfer(case_id: UUID, reference: str) -> UUID:
    """Return the id of the transfer by which money leaves the budget."""
    return transfer_id(case_id, f"release:{reference}:budget")


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


async def require_budget(session: AsyncSession, year: int) -> None:
    """Raise NoBudget for a year without a confirmed appropriation."""
    try:
        await balance(session, programme_account(AccountCode.BUDGET, year))
    except NoAccount as unopened:
        raise NoBudget(f"{year} 年度预算尚未下达，请先由市级负责人登记预算，再由另一名负责人确认") from unopened


_RESERVED = text("""
SELECT coalesce(sum(t.amount) FILTER (WHERE split_part(t.purpose, ':', 2) = 'approval'), 0),
       coalesce(sum(t.amount) FILTER (WHERE split_part(t.purpose, ':', 2) <> 'approval'), 0)
FROM funding_ledger.transfer t
WHERE t.debit_account = :account AND t.kind = 1
  AND NOT EXISTS (SELECT FROM funding_ledger.resolution r WHERE r.pending_id = t.id)
""")


async def budget_state(session: AsyncSession, year: int) -> BudgetState:
    """Return the budget of a year from the ledger's balances. Raises NoBudget."""
    await require_budget(session, year)
    account = programme_account(AccountCode.BUDGET, year)
    held = await balance(session, account)
    reserved, committed = (await session.execute(_RESERVED, {"account": account})).one()
    returned = await session.scalar(
        select(func.sum(Application.returned_yuan + Application.recovered_yuan)).where(Application.budget_year == year)
    )
    return BudgetState(
        appropriated=held.credits_posted,
        reserved=to_yuan(int(reserved)),
        committed=to_yuan(int(committed)),
        paid=held.debits_posted,
        returned=returned or Decimal("0.00"),
        available=held.available,
    )
