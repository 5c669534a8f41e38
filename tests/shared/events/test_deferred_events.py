"""Deferred events: written with the last statement of an act, together with the stored answer."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor, system_actor
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.outbox import defer_events, emit, write_deferred
from shared.storage.session import acting_as, is_transient
from tests.world import World

KEEP = "INSERT INTO idempotency_key (tenant, key, fingerprint, created_at) VALUES ({1}, {2}, {3}, {4})"


def withdrawn(declaration_id: UUID, reason: str = "示例") -> DeclarationWithdrawn:
    return DeclarationWithdrawn(declaration_id=declaration_id, district="110105", reason=reason)


async def logged(session: AsyncSession) -> list[Any]:
    rows = await session.execute(
        text("SELECT aggregate_id, agg_seq, actor FROM event_log WHERE aggregate_type <> 'series' ORDER BY id")
    )
    return [tuple(row) for row in rows]


async def kept(session: AsyncSession) -> list[str]:
    return list(await session.scalars(text("SELECT key FROM idempotency_key WHERE tenant = 'test' ORDER BY key")))


async def test_deferred_events_are_written_in_order_with_the_statement_beside_them(world: World) -> None:
    intake, case, other = world.instances["intake"], uuid4(), uuid4()
    async with intake.database.session(system_actor("intake")) as session:
        defer_events(session)
        await emit(session, withdrawn(case))
        await emit(session, withdrawn(other), withdrawn(case))
        assert await logged(session) == []
        await write_deferred(session, KEEP, "test", "a", b"", world.clock.now())
        assert await logged(session) == [
            (case, 1, "service:intake"),
            (other, 1, "service:intake"),
            (case, 2, "service:intake"),
        ]
        assert await kept(session) == ["a"]
    assert len(await world.events("intake")) == 3


async def test_without_events_the_statement_runs_alone(world: World) -> None:
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        defer_events(session)
        await write_deferred(session, KEEP, "test", "b", b"", world.clock.now())
        assert (await logged(session), await kept(session)) == ([], ["b"])


async def test_an_event_of_a_savepoint_goes_back_with_it(world: World) -> None:
    case, undone = uuid4(), uuid4()
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        defer_events(session)
        savepoint = await session.begin_nested()
        await emit(session, withdrawn(undone))
        await savepoint.rollback()
        await emit(session, withdrawn(case))
        await write_deferred(session, KEEP, "test", "c", b"", world.clock.now())
        assert await logged(session) == [(case, 1, "service:intake")]


async def test_a_deferred_event_names_the_actor_of_its_moment(world: World) -> None:
    key, case = Actor("key:示例", "示例系统", "system", ("110105",)), uuid4()
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        defer_events(session)
        async with acting_as(session, key):
            await emit(session, withdrawn(case))
        await emit(session, withdrawn(case))
        await write_deferred(session, KEEP, "test", "d", b"", world.clock.now())
        assert await logged(session) == [(case, 1, "key:示例"), (case, 2, "service:intake")]


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InternalClientError("unexpected state"), True),
        (asyncpg.exceptions.AdminShutdownError("terminating connection"), True),
        (asyncpg.exceptions.ConnectionDoesNotExistError("connection was closed"), True),
        (asyncpg.exceptions.DeadlockDetectedError("deadlock detected"), True),
        (asyncpg.exceptions.LockNotAvailableError("lock timeout"), True),
        (asyncpg.exceptions.UniqueViolationError("duplicate key"), False),
        (asyncpg.exceptions.UndefinedTableError("no such table"), False),
    ],
)
def test_an_error_of_the_driver_is_transient_or_a_fault_by_its_class(error: Exception, passing: bool) -> None:
    assert is_transient(error) is passing
