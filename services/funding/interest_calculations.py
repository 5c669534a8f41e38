"""Recomputation of a project's interest subsidy, stored as versions, and what it leaves due. 二（四）2"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import new_row_columns
from services.funding.interest.derivation import explain, explain_total
from services.funding.interest.facts import SettlementLine
from services.funding.interest.recomputation import calculate
from services.funding.interest.results import Calculation
from services.funding.interest_facts import loan_fact, project_fact, readings_of, stored_line
from services.funding.interest_lines import counted_lines
from services.funding.models.applications import ZERO, Application
from services.funding.models.clawbacks import ClawbackRequest
from services.funding.models.interest_calculations import InterestCalculation
from services.funding.models.interest_claims import InterestClaim
from services.funding.models.loans import Loan
from services.funding.models.returns import MoneyReturn
from services.funding.rules.claims import Balance, balance
from services.funding.rules.offers import INTEREST
from shared.actors import system_actor
from shared.errors import DomainError, WrongStatus
from shared.policy.reference_rates import registered_rates
from shared.storage.audit import case_of, record_act
from shared.storage.session import acting_as, actor_of, now, settings_of, today

GROUND: Final = "interest_recomputed"
_RESULT = TypeAdapter(Calculation)
_AT_THE_END: Final = ("released", "closed")


class InterestUndetermined(DomainError):
    """A fact is missing: the subsidy is unknown, not zero. 二（四）2"""

    status, code, title = 409, "interest_undetermined", "贴息额待定"


class Overclaimed(DomainError):
    """More was decided than the newest calculation gives. 二（四）2"""

    status, code, title = 409, "interest_overclaimed", "已核定贴息多于重新计算的贴息"


async def loans_of(session: AsyncSession, application: Application) -> Sequence[Loan]:
    """Return the standing loan contracts in the order of their first drawdown."""
    found = await session.scalars(
        select(Loan)
        .where(Loan.application_id == application.id, Loan.withdrawn_at.is_(None))
        .order_by(Loan.drawn_on, Loan.id)
    )
    return found.all()


async def calculated(session: AsyncSession, application: Application, lines: Sequence[SettlementLine]) -> Calculation:
    """Return the subsidy of these lines by the registered facts, rates and readings of today."""
    return calculate(
        project_fact(application),
        [loan_fact(loan) for loan in await loans_of(session, application)],
        lines,
        registered_rates(),
        readings_of(session, application),
        on=today(session),
    )


def result_of(calculation: Calculation, loans: Sequence[Loan]) -> dict[str, Any]:
    """Return a calculation as it is stored and shown: JSON with exact decimals, and the derivation in sentences."""
    names = {str(loan.id): f"{loan.bank} {loan.contract_no}" for loan in loans}
    shown: dict[str, Any] = _RESULT.dump_python(calculation, mode="json")
    for line, told in zip(calculation.lines, shown["lines"], strict=True):
        told["explanation"] = explain(line, names[line.loan_id])
    return shown | {"explanation": explain_total(calculation)}


async def balance_of(session: AsyncSession, application: Application, calculation: Calculation) -> Balance | None:
    """Return what a calculation leaves after the decided claims and what came back; None while a fact is missing."""
    if calculation.payable_yuan is None:
        return None
    claimed = select(InterestClaim.amount_yuan).filter_by(application_id=application.id, status="decided")
    decided = sum((amount for amount in await session.scalars(claimed) if amount is not None), ZERO)
    return balance(
        calculation,
        decided - await _back(session, application),
        application.reserved_yuan + application.released_yuan + application.bank_returned_yuan - decided,
        Decimal(settings_of(session).interest_offset_limit_yuan),
        final=application.status in _AT_THE_END,
    )


async def _back(session: AsyncSession, application: Application) -> Decimal:
    """Return the subsidy that was paid back: returns of the owner, and demands after a recomputation."""
    returned = select(MoneyReturn.amount_yuan).filter_by(application_id=application.id, status="confirmed")
    demanded = select(ClawbackRequest.amount_yuan).where(
        ClawbackRequest.application_id == application.id,
        ClawbackRequest.ground == GROUND,
        ClawbackRequest.status.in_(("demanded", "recovered")),
    )
    return sum([*await session.scalars(returned), *await session.scalars(demanded)], ZERO)


async def newest_calculation(session: AsyncSession, application: Application) -> InterestCalculation | None:
    """Return the newest stored calculation of a project."""
    newest: InterestCalculation | None = await session.scalar(
        select(InterestCalculation)
        .filter_by(application_id=application.id)
        .order_by(InterestCalculation.number.desc())
        .limit(1)
    )
    return newest


async def recalculate(session: AsyncSession, application: Application, cause: str) -> InterestCalculation:
    """Compute all lines that count and store the result, unless its inputs are those of the newest one.

    What was decided beyond the new total is set off against the next claim; above the limit of the settings, or when
    no claim can follow, a clawback is proposed.
    """
    await session.flush()
    lines = [stored_line(line) for line in await counted_lines(session, application.id)]
    calculation = await calculated(session, application, lines)
    newest = await newest_calculation(session, application)
    if newest is None or newest.inputs_hash != calculation.inputs_hash:
        number = 1 if newest is None else newest.number + 1
        result = result_of(calculation, await loans_of(session, application))
        newest = _row(session, application, calculation, lines, cause, number, result)
        session.add(newest)
        await session.flush()
    await _propose_clawback(session, application, calculation, newest)
    return newest


async def refuse_overclaimed(session: AsyncSession, application: Application) -> None:
    """Raise Overclaimed while the lines that count give less than what was decided: no more is paid out."""
    lines = [stored_line(line) for line in await counted_lines(session, application.id)]
    left = await balance_of(session, application, await calculated(session, application, lines))
    if left is not None and left.excess_yuan:
        raise Overclaimed(
            f"按现行事实和利率计算的贴息比已核定数少 {left.excess_yuan:,.2f} 元；"
            "请先驳回待审批的拨付申请、退回尚未拨付的贴息申请，或办理退回、追回"
        )


async def refuse_unowed(session: AsyncSession, application: Application, yuan: Decimal) -> None:
    """Raise WrongStatus for a demand of `yuan` above what was decided beyond the calculation of today."""
    lines = [stored_line(line) for line in await counted_lines(session, application.id)]
    left = await balance_of(session, application, await calculated(session, application, lines))
    if left is not None and left.excess_yuan < yuan:
        raise WrongStatus(
            f"按现行事实和利率计算，多核定的贴息为 {left.excess_yuan:,.2f} 元，少于拟追回的 {yuan:,.2f} 元；"
            "请决定不予追回，仍有多核定的重新计算贴息，按现数提出"
        )


async def recalculate_if_begun(session: AsyncSession, application: Application, cause: str) -> None:
    """Recompute a project that has lines that count; nothing is stored for one without."""
    await session.flush()
    if application.mode == INTEREST and await counted_lines(session, application.id):
        await recalculate(session, application, cause)


def _row(
    session: AsyncSession,
    application: Application,
    calculation: Calculation,
    lines: Sequence[SettlementLine],
    cause: str,
    number: int,
    result: dict[str, Any],
) -> InterestCalculation:
    facts = {"project": project_fact(application), "lines": lines, "readings": readings_of(session, application)}
    return InterestCalculation(
        number=number,
        cause=cause,
        inputs_hash=calculation.inputs_hash,
        inputs=TypeAdapter(dict[str, Any]).dump_python(facts, mode="json"),
        result=result,
        total_yuan=calculation.payable_yuan,
        computed_by=actor_of(session).subject,
        computed_at=now(session),
        **new_row_columns(session, application),
    )


async def _propose_clawback(
    session: AsyncSession, application: Application, calculation: Calculation, newest: InterestCalculation
) -> None:
    """Propose to recover what was paid beyond the total, above the limit or when no further claim sets it off."""
    left = await balance_of(session, application, calculation)
    if left is None or left.kind != "clawback":
        return
    asked = select(func.coalesce(func.sum(ClawbackRequest.amount_yuan), 0)).where(
        ClawbackRequest.application_id == application.id,
        ClawbackRequest.ground == GROUND,
        ClawbackRequest.status == "requested",
    )
    more = left.excess_yuan - (await session.scalar(asked) or ZERO)
    await _request_clawback(session, application, min(more, application.net_paid_yuan), newest)


async def _request_clawback(
    session: AsyncSession, application: Application, yuan: Decimal, newest: InterestCalculation
) -> None:
    """Propose the clawback in the service's own name: its amount is computed, and a supervisor decides on it."""
    if yuan <= 0:
        return
    reason = f"第{newest.number}次贴息计算合计 {newest.total_yuan:,.2f} 元，低于已核定贴息，多出 {yuan:,.2f} 元"
    async with acting_as(session, system_actor("funding")):
        row = ClawbackRequest(
            ground=GROUND,
            clause="四（一）1",
            amount_yuan=yuan,
            reason=reason,
            evidence=f"贴息计算 {newest.id}",
            requested_by=actor_of(session).subject,
            requested_at=now(session),
            recovered_yuan=ZERO,
            **new_row_columns(session, application),
        )
        session.add(row)
        detail = {"clawback_id": str(row.id), "amount_yuan": str(yuan), "clause": row.clause}
        await record_act(session, "request_clawback", case_of(application), reason=reason, **detail)
        await session.flush()
