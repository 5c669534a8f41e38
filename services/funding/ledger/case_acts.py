"""What this service asks of the ledger at each step of a case, and what it reads back. 三（二）"""

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
    reduce_award,
    release,
    reserve,
    take_return,
    transfer_id,
)
from services.funding.models.application import Application
from shared.errors import DomainError
from shared.money import to_yuan

LEDGER_MODES = {"investment_grant": "grant", "interest_subsidy": "interest_subsidy"}


class NoBudget(DomainError):
    """No budget was appropriated for the year. 三（二）"""

    status, code, title = 409, "no_budget", "该年度尚无预算"


class NothingReserved(DomainError):
    status, code, title = 409, "nothing_reserved", "批复资金已全部拨付或已终止"


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A year's budget in yuan. `reserved`: approved; `committed`: in an issued plan; both not yet paid."""

    appropriated: Decimal
    reserved: Decimal
    committed: Decimal
    paid: Decimal
    returned: Decimal
    available: Decimal


def ledger_mode(application: Application) -> str:
    return LEDGER_MODES[str(application.mode)]


def award_and_reserve(application: Application, yuan: Decimal, year: int) -> list[Transfer]:
    """The approved award, set aside in the year's budget at once. 三（二）"""
    return [*award(application.id, yuan), *reserve(application.id, ledger_mode(application), year, yuan, "approval")]


def commit(application: Application, yuan: Decimal, year: int) -> list[Transfer]:
    """An issued plan turns the approval's reservation into a commitment of its own year. 三（二）"""
    mode = ledger_mode(application)
    return [*cancel(application.id, "approval"), *reserve(application.id, mode, year, yuan, "instalment-1")]


def pay(application: Application, yuan: Decimal, year: int) -> tuple[UUID, list[Transfer]]:
    """Release part or all of the commitment, setting the rest aside anew; with the id of the paying transfer."""
    reference = open_reservation(application)
    transfers = release(application.id, reference, yuan)
    rest = application.reserved_yuan - yuan
    if rest > 0:
        following = f"instalment-{application.instalments_paid + 2}"
        transfers += reserve(application.id, ledger_mode(application), year, rest, following)
    return paying_transfer(application.id, reference), transfers


def paying_transfer(case_id: UUID, reference: str) -> UUID:
    """The transfer by which money leaves the budget; its twin uses up the award."""
    return transfer_id(case_id, f"release:{reference}:budget")


def end(application: Application) -> list[Transfer]:
    """Give back to budget and programme what was set aside and will not be paid."""
    reference = open_reservation(application)
    return [*cancel(application.id, reference), *reduce_award(application.id, application.reserved_yuan, "end")]


def demand(application: Application, yuan: Decimal, reference: str) -> list[Transfer]:
    """Demand paid money back. 四（一）1"""
    return claw_back(application.id, ledger_mode(application), yuan, reference)


def take_back(application: Application, yuan: Decimal, reference: str) -> tuple[UUID, list[Transfer]]:
    """Money the project paid back of itself: due and received in one."""
    transfers = [*demand(application, yuan, reference), *take_return(application.id, yuan, reference)]
    return transfers[-1].id, transfers


def open_reservation(application: Application) -> str:
    """The reference of what is set aside. Raises NothingReserved."""
    if application.reservation is None:
        raise NothingReserved()
    return application.reservation


async def require_budget(session: AsyncSession, year: int) -> None:
    """Raises NoBudget for a year without an appropriation."""
    try:
        await balance(session, programme_account(AccountCode.BUDGET, year))
    except NoAccount as unopened:
        raise NoBudget(f"{year} 年度预算尚未下达，请先登记并确认") from unopened


_SET_ASIDE = text("""
SELECT coalesce(sum(t.amount) FILTER (WHERE split_part(t.purpose, ':', 2) = 'approval'), 0),
       coalesce(sum(t.amount) FILTER (WHERE split_part(t.purpose, ':', 2) <> 'approval'), 0)
FROM funding_ledger.transfer t
WHERE t.debit_account = :account AND t.kind = 1
  AND NOT EXISTS (SELECT FROM funding_ledger.resolution r WHERE r.pending_id = t.id)
""")


async def budget_state(session: AsyncSession, year: int) -> BudgetState:
    """The year's budget as the ledger has it. Raises NoBudget."""
    await require_budget(session, year)
    account = programme_account(AccountCode.BUDGET, year)
    held = await balance(session, account)
    reserved, committed = (await session.execute(_SET_ASIDE, {"account": account})).one()
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
