"""Dated figures of funding: the LPR; copies of the policy figures; subsidies that they change."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.interest_calculations import calculated, recalculate_if_begun
from services.funding.interest_facts import stored_line
from services.funding.interest_lines import counted_lines
from services.funding.models.applications import Application
from services.funding.models.interest_calculations import InterestCalculation
from services.funding.rules.offers import INTEREST
from shared.contracts.funding import RateFiguresConfirmed
from shared.events.series import Affected, SeriesDuty
from shared.series import Register, reading_from
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked, today


async def subsidised_cases(session: AsyncSession) -> Sequence[UUID]:
    """Return the cases whose subsidy has been calculated."""
    return (await session.scalars(select(InterestCalculation.application_id).distinct())).all()


async def changed_subsidies(
    session: AsyncSession, cases: Sequence[UUID], before: Register, after: Register
) -> list[Affected]:
    """Return the cases whose interest subsidy differs between two registers. 二（四）2"""
    found = []
    known = select(Application).where(Application.id.in_(cases), Application.mode == INTEREST)
    for application in await session.scalars(known.order_by(Application.declaration_no)):
        old, new = [await _subsidy(session, application, register) for register in (before, after)]
        if old != new:
            label = f"{application.declaration_no} {application.project_name}"
            found.append(Affected(application.id, application.district, label, _told(old), _told(new)))
    return found


async def _subsidy(session: AsyncSession, application: Application, register: Register) -> Decimal | None:
    lines = [stored_line(line) for line in await counted_lines(session, application.id)]
    with reading_from(register, today(session)):
        return (await calculated(session, application, lines)).payable_yuan


def _told(yuan: Decimal | None) -> str:
    return "贴息待定" if yuan is None else f"贴息 {yuan:,.2f} 元"


async def calculate_again(session: AsyncSession, case_id: UUID, reason: str) -> str:
    """Calculate the subsidy of a case again; what was decided beyond it is set off or proposed for clawback."""
    application = await locked(session, Application, case_id)
    await record_act(session, "recompute_case", case_of(application), reason=reason)
    await recalculate_if_begun(session, application, "recalculated")
    return _told(await _subsidy(session, application, session.info["figures"].register))


SERIES = SeriesDuty(
    owns=("lpr",),
    reads=("parameter", "industry", "interpretation", "calendar", "edition", "industry_class", "industry_restriction"),
    announcement=RateFiguresConfirmed,
    compare=changed_subsidies,
    recompute=calculate_again,
    open_cases=subsidised_cases,
)
