"""Holds on payments: placed by officers or by events of monitoring, lifted by supervisors. 四（一）1, 四（一）3"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.applications import Application
from services.funding.models.holds import Hold
from services.funding.rules.code_lists import HOLD_GROUNDS
from shared.clock import uuid7
from shared.contracts.funding import FundsHeld
from shared.errors import DomainError
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now
from shared.storage.versions import raise_version


class Held(DomainError):
    """Payments to the project are held. 四（一）1, 四（一）3"""

    status, code, title = 409, "funds_held", "资金已暂停拨付"


async def open_holds(session: AsyncSession, application_id: UUID) -> Sequence[Hold]:
    """Return the holds in force, oldest first."""
    found = await session.scalars(
        select(Hold)
        .where(Hold.application_id == application_id, Hold.lifted_at.is_(None))
        .order_by(Hold.placed_at, Hold.id)
    )
    return found.all()


async def refuse_held(session: AsyncSession, application: Application, *severities: str) -> None:
    """Raise Held while a hold of one of these severities is in force, naming ground and clause."""
    for hold in await open_holds(session, application.id):
        if hold.severity in severities:
            ground = f"{HOLD_GROUNDS[hold.ground]}（{hold.clause}）：{hold.reason}"
            raise Held(f"{ground}；须由市级负责人解除暂停后办理", hold_id=str(hold.id))


async def place_hold(
    session: AsyncSession,
    application: Application,
    ground: str,
    clause: str,
    severity: str,
    reason: str,
    source: str | None = None,
) -> Hold | None:
    """Place a hold and announce it; return None when the same source placed one before."""
    identity = uuid7(now(session))
    placed: Hold | None = await session.scalar(
        insert(Hold)
        .values(
            id=identity,
            application_id=application.id,
            district=application.district,
            applicant_uscc=application.applicant_uscc,
            source=source or f"person:{identity}",
            ground=ground,
            clause=clause,
            severity=severity,
            reason=reason,
            placed_by=actor_of(session).subject,
            placed_at=now(session),
        )
        .on_conflict_do_nothing(index_elements=["application_id", "source"])
        .returning(Hold)
    )
    if placed is None:
        return None
    raise_version(application)
    detail = {"hold_id": str(identity), "ground": ground, "clause": clause, "severity": severity}
    await record_act(session, "hold_funds", case_of(application), reason=reason, duty="hold", **detail)
    await _announce(session, application, placed, True, reason)
    return placed


async def end_hold(session: AsyncSession, application: Application, hold: Hold, reason: str) -> None:
    """Lift one hold and announce whether others still stop payments."""
    detail = {"hold_id": str(hold.id)}
    await record_act(session, "lift_hold", case_of(application), reason=reason, duty="lift_hold", **detail)
    hold.lifted_by, hold.lifted_at, hold.lift_reason = actor_of(session).subject, now(session), reason
    await session.flush()
    still = bool(await open_holds(session, application.id))
    await _announce(session, application, hold, still, reason)


async def _announce(session: AsyncSession, application: Application, hold: Hold, held: bool, reason: str) -> None:
    district, uscc = application.district, application.applicant_uscc
    await emit(
        session,
        FundsHeld(
            declaration_id=application.id,
            district=district,
            applicant_uscc=uscc,
            held=held,
            ground=hold.ground,
            clause=hold.clause,
            reason=reason,
        ),
    )
