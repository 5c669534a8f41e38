"""Directory of people: fed by sign-ins and by a city supervisor's acts; a request names only people who are in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import ROLES, Actor
from shared.districts import CITY, DISTRICTS
from shared.errors import Invalid
from shared.storage.audit import Case, record_act
from shared.storage.session import actor_of, today
from shared.storage.tables import person

_NAMESPACE = UUID("4b1f5b1e-6a55-5d0c-9a55-0c6a3f0c1f17")


@dataclass(frozen=True)
class Names:
    """Annotation of a request field that names a person: the role in which the person must be able to act."""

    role: str


def person_case(subject: str) -> Case:
    """Return the case under which the acts on an entry of the directory are recorded."""
    return Case(uuid5(_NAMESPACE, subject), CITY)


async def enter(session: AsyncSession, subject: str, known: Mapping[str, Any], reason: str, **detail: str) -> None:
    """Enter an official under the actor's name, or correct the entry; one who left is in the directory again."""
    recorded_by = actor_of(session).subject
    again = {**known, "recorded_by": recorded_by, "closed_at": None, "closed_by": None, "closed_reason": None}
    added = pg_insert(person).values(subject=subject, recorded_by=recorded_by, **known)
    await session.execute(added.on_conflict_do_update(index_elements=[person.c.subject], set_=again))
    await record_act(session, "enter_person", person_case(subject), reason=reason, subject=subject, **known, **detail)


class SignIns:
    """People who signed in to this process, noted in the process and written by the tick, not by each request."""

    def __init__(self) -> None:
        self._noted: dict[str, tuple[date, Actor]] = {}
        self._unwritten: dict[str, Actor] = {}

    def forget(self) -> None:
        """Forget who was noted: everybody's next sign-in is written."""
        self._noted.clear()
        self._unwritten.clear()

    def note(self, actor: Actor, day: date) -> None:
        """Note a sign-in, once a day and again when name, roles or districts have changed."""
        if self._noted.get(actor.subject) != (day, actor):
            self._noted[actor.subject] = (day, actor)
            self._unwritten[actor.subject] = actor

    async def write(self, session: AsyncSession) -> None:
        """Enter the people noted since the last call. The entry of somebody who left stays closed."""
        unwritten, self._unwritten = self._unwritten, {}
        if len(self._noted) > _REMEMBERED:
            self._noted.clear()
        for actor in unwritten.values():
            await session.execute(_entry(actor, today(session)))


_REMEMBERED = 10_000


def _entry(actor: Actor, day: date) -> Any:
    known = {
        "name": actor.name,
        "roles": sorted(actor.roles or (actor.role,)),
        "districts": sorted(actor.districts),
        "uscc": actor.uscc,
        "seen_on": day,
    }
    added = pg_insert(person).values(subject=actor.subject, **known)
    return added.on_conflict_do_update(
        index_elements=[person.c.subject], set_=known, where=person.c.closed_at.is_(None)
    )


async def expect_person(
    session: AsyncSession, subject: str, role: str, *, field: str, district: str | None = None
) -> None:
    """Raise Invalid, naming the field, unless the directory has the person in that role and, if given, district."""
    found = (await session.execute(select(person).where(person.c.subject == subject))).one_or_none()
    where = f"；可选人员见 GET /v1/people?role={role}&closed=false，尚未登记的由市级负责人登记"
    if found is None:
        raise Invalid(f"人员名录中没有账号 {subject}{where}", field=field)
    if found.closed_at is not None:
        raise Invalid(f"账号 {subject} 已停用{where}", field=field)
    if role not in found.roles:
        raise Invalid(f"账号 {subject} 没有“{ROLES[role]}”角色{where}", field=field)
    if district is not None and district not in found.districts:
        raise Invalid(f"账号 {subject} 不属于{DISTRICTS[district].name}{where}", field=field)
