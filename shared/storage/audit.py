"""Audit records of acts (actor, role, time, reason), and the duties that persons hold on a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs
from shared.clock import uuid7
from shared.contracts.base import Hand
from shared.errors import Forbidden, SameOfficer
from shared.segregation import SEGREGATION, Exclusion
from shared.storage.series import attribute_use
from shared.storage.session import actor_of, driver, now, today
from shared.storage.tables import act, duty, operation


class CaseRow(Protocol):
    """A row that belongs to a case: a declaration, or what a service keeps about one."""

    @property
    def declaration_id(self) -> UUID: ...
    @property
    def district(self) -> str: ...
    @property
    def applicant_uscc(self) -> str | None: ...


@dataclass(frozen=True)
class Case:
    """The case that an act belongs to: its id, and the district and owner that may read the act."""

    id: UUID
    district: str
    applicant_uscc: str | None = None


def case_of(row: CaseRow) -> Case:
    """Return the case of a row."""
    return Case(row.declaration_id, row.district, row.applicant_uscc)


async def record_act(
    session: AsyncSession,
    name: str,
    case: Case,
    /,
    *,
    reason: str | None = None,
    duty: str | None = None,
    **detail: Any,
) -> None:
    """Record an act; with `duty`, the actor first takes that duty on the case. Raises SameOfficer, Forbidden.

    Every step towards public money is recorded with name, role, time and, if given, reason (四（一）1).
    """
    actor = actor_of(session)
    logs.context().case = str(case.id)
    attribute_use(session, name, case)
    if duty is not None:
        await take_duty(session, case.id, duty)
    await session.execute(
        insert(act).values(
            case_id=case.id,
            act=name,
            actor=actor.subject,
            actor_name=actor.name,
            role=actor.role,
            district=case.district,
            applicant_uscc=case.applicant_uscc,
            at=now(session),
            reason=reason,
            detail=detail | ({"on_behalf_of": actor.uscc} if actor.is_agent else {}),
        )
    )


_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 13))"
"""Acts of one person on one case take turns: each sees the duties that the one before it took."""
_HELD = "SELECT duty FROM duty WHERE case_id = $1 AND actor = $2"
_TAKE = "INSERT INTO duty (case_id, actor, duty, taken_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"


async def take_duty(session: AsyncSession, case_id: UUID, name: str) -> None:
    """Take a duty on a case; a person may hold several that do not exclude each other.

    Raises SameOfficer for one that a duty held on the case excludes, Forbidden for an API key, which is no person.
    Acts of a service itself take none. Undoing an act does not give its duty back.
    """
    actor = actor_of(session)
    if actor.is_service:
        return
    if actor.role == "system":
        raise Forbidden(f"接口密钥不是办理人，不得承担“{SEGREGATION.label(name)}”，请由本人登录办理")
    connection = await driver(session)
    await connection.execute(_TURN, str(case_id), actor.subject)
    held = {row["duty"] for row in await connection.fetch(_HELD, case_id, actor.subject)}
    if exclusion := SEGREGATION.conflict(held, name, today(session)):
        raise _refusal(name, exclusion)
    if name not in held:
        await connection.execute(_TAKE, case_id, actor.subject, name, now(session))


def _refusal(name: str, exclusion: Exclusion) -> SameOfficer:
    """Return the refusal, which names only duties of the caller."""
    held, wanted = SEGREGATION.label(exclusion.other(name)), SEGREGATION.label(name)
    source = f"（{exclusion.source}）" if exclusion.source else ""
    return SameOfficer(
        f"您已在本事项中承担“{held}”，不得再承担“{wanted}”：{exclusion.reason}{source}。"
        f"请由未在本事项中承担“{held}”的人员办理",
        held=exclusion.other(name),
        duty=name,
    )


async def hands_of(session: AsyncSession, case_id: UUID) -> list[Hand]:
    """Return the duties held on a case so far, for the next event; one for each duty of a person."""
    held = select(duty.c.actor, duty.c.duty).where(duty.c.case_id == case_id)
    rows = await session.execute(held.order_by(duty.c.taken_at, duty.c.actor, duty.c.duty))
    return [Hand(actor=row.actor, duty=row.duty) for row in rows]


async def store_hands(session: AsyncSession, case_id: UUID, hands: Iterable[Hand]) -> None:
    """Store the duties held in the preceding service, as its event carries them."""
    values = [{"case_id": case_id, "actor": h.actor, "duty": h.duty, "taken_at": now(session)} for h in hands]
    if values:
        await session.execute(pg_insert(duty).values(values).on_conflict_do_nothing())


_WRITES = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")


async def record_scheduled_changes(session: AsyncSession) -> None:
    """Record an operation of the service itself if the transaction has changed anything: its changes rest on it."""
    await session.flush()
    if not await session.scalar(_WRITES):
        return
    at, subject = now(session), actor_of(session).subject
    await session.execute(
        insert(operation).values(
            operation_id=uuid7(at),
            at=at,
            operator=subject,
            login=subject,
            command="tick",
            arguments={},
            outcome="done",
            detail={},
        )
    )


async def acts_of(session: AsyncSession, case_id: UUID) -> list[dict[str, Any]]:
    """Return the acts on a case, oldest first."""
    rows = await session.execute(select(act).where(act.c.case_id == case_id).order_by(act.c.id))
    return [dict(row._mapping) for row in rows]
