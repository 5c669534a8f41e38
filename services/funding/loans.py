"""Loan contracts: registered once, corrected by new versions, withdrawn while no line rests on them. 二（四）2"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import new_row_columns
from services.funding.interest_lines import lines_of
from services.funding.models.applications import Application
from services.funding.models.loans import Loan, LoanVersion
from services.funding.rules.loans import contract_key
from shared.clock import uuid7
from shared.errors import Duplicate, WrongStatus
from shared.storage.session import actor_of, found, locked, now
from shared.storage.versions import locked_as_read

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 13))")
FIRST = "登记"


async def lock_loan(session: AsyncSession, loan_id: UUID, if_match: str | None) -> tuple[Loan, Application]:
    """Return a standing loan and its application, locked, the application first. Raises WrongStatus."""
    loan = await found(session, Loan, loan_id)
    application = await locked_as_read(session, Application, loan.application_id, if_match)
    loan = await locked(session, Loan, loan_id)
    loan.expect_standing()
    return loan, application


async def register(session: AsyncSession, application: Application, facts: dict[str, Any]) -> Loan:
    """Store a contract and its first version. Raises Duplicate for a contract that stands already."""
    key = "|".join(contract_key(facts["bank"], facts["contract_no"]))
    await _expect_unregistered(session, key)
    loan = Loan(
        registered_by=actor_of(session).subject,
        registered_at=now(session),
        contract_key=key,
        **new_row_columns(session, application),
        **_columns(facts),
    )
    session.add(loan)
    await session.flush()
    session.add(_version(session, loan, facts, 1, FIRST))
    return loan


async def correct(session: AsyncSession, loan: Loan, facts: dict[str, Any], reason: str) -> None:
    """Give a contract the facts of a new version. Raises Duplicate for the number of another contract."""
    key = "|".join(contract_key(facts["bank"], facts["contract_no"]))
    if key != loan.contract_key:
        await _expect_unregistered(session, key)
    loan.contract_key = key
    for name, value in _columns(facts).items():
        setattr(loan, name, value)
    last = await session.scalar(select(func.max(LoanVersion.number)).filter_by(loan_id=loan.id))
    session.add(_version(session, loan, facts, (last or 0) + 1, reason))


async def expect_unused(session: AsyncSession, loan: Loan) -> None:
    """Raise WrongStatus while settlement lines that count, or are under review, rest on the loan."""
    standing = (await lines_of(session, loan.application_id)).in_state("counted", "pending")
    resting = [line for line in standing if line.loan_id == loan.id]
    if resting:
        raise WrongStatus(
            f"该贷款有 {len(resting)} 项结息明细，请先撤销或更正这些明细，再撤销贷款合同", lines=len(resting)
        )


async def versions_of(session: AsyncSession, loan: Loan) -> Sequence[LoanVersion]:
    """Return the versions of a contract, oldest first."""
    rows = await session.scalars(select(LoanVersion).filter_by(loan_id=loan.id).order_by(LoanVersion.number))
    return rows.all()


async def _expect_unregistered(session: AsyncSession, key: str) -> None:
    """Raise Duplicate for a contract that stands; its project is named to those who may read it, and to nobody else."""
    await session.execute(_LOCK, {"key": key})
    taken = await session.scalar(select(Loan).filter_by(contract_key=key, withdrawn_at=None))
    if taken is not None:
        raise Duplicate(
            f"该贷款合同已登记为“{taken.bank}，{taken.contract_no}”（资金申请 {taken.application_id}），不得重复登记；"
            "确为另一合同的，请核对并按合同原件填写银行全称和编号",
            field="/body/contract_no",
        )


def _version(session: AsyncSession, loan: Loan, facts: dict[str, Any], number: int, reason: str) -> LoanVersion:
    return LoanVersion(
        id=uuid7(now(session)),
        loan_id=loan.id,
        application_id=loan.application_id,
        district=loan.district,
        applicant_uscc=loan.applicant_uscc,
        number=number,
        facts=facts,
        reason=reason,
        recorded_by=actor_of(session).subject,
        recorded_at=now(session),
    )


def _columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the contract's facts as a request states them in JSON."""
    decimals = ("principal_yuan", "annual_rate", "spread_bp", "share")
    kept = {name: value for name, value in facts.items() if name not in decimals}
    kept |= {name: None if facts[name] is None else Decimal(facts[name]) for name in decimals}
    kept["repriced_on"] = [date.fromisoformat(day) for day in facts["repriced_on"]]
    return kept | {"drawn_on": min(date.fromisoformat(each["on"]) for each in facts["drawdowns"])}
