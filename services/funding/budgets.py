"""Steps of budget documents: checks of a draft, postings of a confirmation, events. 三（二）"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import locked_applications
from services.funding.ledger.budget_postings import Movement, move_budget, movement
from services.funding.ledger.budget_state import refuse_over_budget
from services.funding.ledger.case_acts import open_reservation, rearrange
from services.funding.ledger.posting import OverBalance, balance, open_accounts, post
from services.funding.ledger.postings import AccountCode, Transfer, programme_account, programme_accounts
from services.funding.models.applications import Application
from services.funding.models.budgets import Appropriation, CarriedItem
from services.funding.rules.budgets import BUDGET_KINDS
from shared.clock import uuid7
from shared.contracts.funding import BudgetAdjusted, BudgetConfirmed
from shared.districts import CITY
from shared.errors import Invalid, WrongStatus
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, locked, now, today

MOST_CARRIED = 2000
"""Projects of one carry-over: they are locked and posted in one transaction."""


async def movement_of(session: AsyncSession, row: Appropriation) -> Movement:
    """Return what a document moves."""
    if row.reverses is None:
        return movement(row.kind, row.year, row.to_year)
    original = await locked(session, Appropriation, row.reverses)
    return movement(original.kind, original.year, original.to_year).back


async def refuse_uncovered(session: AsyncSession, row: Appropriation, moved: Movement) -> None:
    """Raise OverBudget or OverBalance, with figures, where the debited account lacks the money."""
    if row.kind == "carry_over":
        return  # takes along what its commitments hold
    if moved.debit is AccountCode.BUDGET:
        await refuse_over_budget(session, moved.year, row.amount_yuan, BUDGET_KINDS[row.kind], "/body/amount_yuan")
    elif moved.debit is AccountCode.FROZEN:
        await _refuse_unfrozen(session, moved.year, row.amount_yuan)


async def _refuse_unfrozen(session: AsyncSession, year: int, yuan: Decimal) -> None:
    await open_accounts(session, programme_accounts(year))
    frozen = (await balance(session, programme_account(AccountCode.FROZEN, year))).available
    if yuan > frozen:
        raise OverBalance(f"{year} 年度已冻结 {frozen:,.2f} 元，最多可解冻此数，请核对金额", field="/body/amount_yuan")


async def original_of(session: AsyncSession, year: int, identity: UUID) -> Appropriation:
    """Return the document that a reversal of the year undoes. Raises Invalid or WrongStatus."""
    original = await session.get(Appropriation, identity)
    if original is None or original.year != year:
        raise Invalid(
            f"{year} 年度没有这一预算登记，请填写其编号（见 GET /v1/budgets/{year}）",
            field="/body/reverses",
        )
    original.expect_reversible()
    return original


async def open_commitments(session: AsyncSession, year: int, chosen: Sequence[UUID] | None) -> Sequence[Application]:
    """Return the projects whose reserved rest a carry-over takes along: those chosen, else all of the year."""
    open_of_year = select(Application).where(Application.budget_year == year, Application.reservation.is_not(None))
    found = (await session.scalars(open_of_year.order_by(Application.id).limit(MOST_CARRIED + 1))).all()
    if chosen is not None:
        by_id = {each.id: each for each in found}
        for place, identity in enumerate(chosen):
            if identity not in by_id:
                raise Invalid(
                    f"该项目在 {year} 年度没有未拨付的安排，请删去（见 GET /v1/budgets/{year}/open-items）",
                    field=f"/body/application_ids/{place}",
                )
        found = [by_id[identity] for identity in dict.fromkeys(chosen)]
    if not found:
        raise Invalid(f"{year} 年度没有未拨付的安排可以结转；仅调剂资金请登记跨年度调剂", field="/body/year")
    if len(found) > MOST_CARRIED:
        raise Invalid(f"一次最多结转 {MOST_CARRIED} 项，请在 application_ids 中分批填写", field="/body/application_ids")
    return found


def carried(session: AsyncSession, row: Appropriation, applications: Sequence[Application]) -> list[CarriedItem]:
    """Return the items of a carry-over as they stand at its draft."""
    return [
        CarriedItem(
            id=uuid7(now(session)),
            appropriation_id=row.id,
            application_id=application.id,
            district=application.district,
            applicant_uscc=application.applicant_uscc,
            amount_yuan=application.reserved_yuan,
        )
        for application in applications
    ]


async def confirm(session: AsyncSession, row: Appropriation) -> None:
    """Confirm a draft: record and announce it, and post what it moves in one call. 三（二）"""
    moved = await movement_of(session, row)
    row.confirm(actor_of(session).subject, now(session))
    for year in sorted({moved.year, moved.to_year}):
        await open_accounts(session, programme_accounts(year))
    await refuse_uncovered(session, row, moved)
    await session.flush()
    reference = f"{row.year}:{row.document_no}"
    if row.reverses is not None:
        original = await locked(session, Appropriation, row.reverses)
        original.expect_reversible()
        original.status = "reversed"
        reference = f"{original.kind}:{reference}"
    transfers = move_budget(row.kind, reference, row.amount_yuan, moved, row.id)
    await emit(session, _announced(row, transfers[0].id, today(session)))
    if row.kind == "carry_over":
        transfers = await _carry(session, row, transfers)
    await post(session, transfers)


async def _carry(session: AsyncSession, row: Appropriation, money: list[Transfer]) -> list[Transfer]:
    """Return the transfers of a carry-over: commitments given up, money moved, commitments made anew."""
    items = (await session.scalars(select(CarriedItem).filter_by(appropriation_id=row.id))).all()
    applications = await locked_applications(session, [item.application_id for item in items])
    given_up, made = [], []
    for item in sorted(items, key=lambda each: each.application_id):
        application = applications[item.application_id]
        _expect_as_drafted(item, application, row.year)
        before, year = open_reservation(application), row.to_year or row.year
        application.carry(year)
        item.carried_as = str(application.reservation)
        given, anew = rearrange(application, before, item.carried_as, year)
        given_up += given
        made += anew
        detail: dict[str, Any] = {"year": row.year, "to_year": year, "amount_yuan": str(item.amount_yuan)}
        await record_act(session, "carry_over", case_of(application), reason=row.note, **detail)
    return [*given_up, *money, *made]


def _expect_as_drafted(item: CarriedItem, application: Application, year: int) -> None:
    if application.budget_year != year or application.reserved_yuan != item.amount_yuan:
        raise WrongStatus(
            f"{application.project_name} 的未拨付安排已由 {item.amount_yuan:,.2f} 元变为"
            f" {application.reserved_yuan:,.2f} 元（{application.budget_year} 年度），请撤回本次结转后重新登记",
            application_id=str(application.id),
        )


def _announced(row: Appropriation, transfer_id: UUID, on: date) -> BudgetConfirmed | BudgetAdjusted:
    common = {
        "appropriation_id": row.id,
        "district": CITY,
        "transfer_id": transfer_id,
        "year": row.year,
        "document_no": row.document_no,
        "amount_yuan": row.amount_yuan,
        "confirmed_on": on,
    }
    if row.kind == "appropriation":
        return BudgetConfirmed.model_validate(common)
    more = {"kind": row.kind, "to_year": row.to_year, "reverses": row.reverses}
    return BudgetAdjusted.model_validate(common | more)
