"""Nothing announced is lost, nothing is done twice, and what cannot be done waits where it can be seen."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import system_actor
from shared.bus import Message
from shared.clock import uuid7
from shared.contracts.intake import DeclarationWithdrawn
from shared.inbox import ATTEMPTS, Consumer, Gap, _accept, park, replay_parked
from tests.world import World

ACTOR = system_actor("test")


def message(subject: UUID, seq: int, world: World, type_name: str = DeclarationWithdrawn.type) -> Message:
    event = DeclarationWithdrawn(declaration_id=subject, district="110105", reason=f"第{seq}次")
    moment = world.clock.now()
    return Message(
        uuid7(moment),
        type_name,
        "intake",
        "declaration",
        subject,
        seq,
        moment,
        event.model_dump_json().encode(),
        {"district": "110105"},
    )


class Ear:
    """A consumer in the monitoring database that notes what it handled, in that database."""

    def __init__(self, world: World) -> None:
        self.database = world.instances["monitoring"].database
        self.consumer = Consumer(self.database, {DeclarationWithdrawn: self.note})
        self.trouble: list[Exception] = []
        self.broken: set[UUID] = set()

    async def note(self, session: AsyncSession, event: DeclarationWithdrawn) -> None:
        if self.trouble:
            raise self.trouble.pop()
        if event.declaration_id in self.broken:
            raise RuntimeError("示例故障")
        await session.execute(
            text(
                "INSERT INTO stream_head (aggregate_id, seq) VALUES (:id, 1) "
                "ON CONFLICT (aggregate_id) DO UPDATE SET seq = stream_head.seq + 1"
            ),
            {"id": event.declaration_id},
        )

    async def handled(self, subject: UUID) -> int:
        async with self.database.session(ACTOR) as session:
            found = await session.scalar(text("SELECT seq FROM stream_head WHERE aggregate_id = :id"), {"id": subject})
        return found or 0

    async def parked(self) -> Counter[UUID]:
        async with self.database.session(ACTOR) as session:
            rows = await session.scalars(text("SELECT aggregate_id FROM parked"))
        return Counter(rows.all())


async def until(world: World, query: str) -> None:
    async with asyncio.timeout(10):
        while True:
            async with world.instances["intake"].database.session(ACTOR) as session:
                if await session.scalar(text(query)):
                    return
            await asyncio.sleep(0.02)


@pytest.fixture
def ear(world: World) -> Ear:
    return Ear(world)


async def test_a_message_delivered_again_is_handled_once(world: World, ear: Ear) -> None:
    subject = uuid4()
    first, second = message(subject, 1, world), message(subject, 2, world)
    await ear.consumer.deliver([first, first, second])
    await ear.consumer.deliver([first, second])
    assert await ear.handled(subject) == 2


async def test_an_old_event_is_not_handled_even_when_the_inbox_forgot_it(world: World, ear: Ear) -> None:
    subject = uuid4()
    await ear.consumer.deliver([message(subject, 1, world)])
    await ear.consumer.deliver([message(subject, 1, world)])
    assert await ear.handled(subject) == 1


async def test_a_broken_aggregate_is_parked_and_the_others_flow_on(world: World, ear: Ear) -> None:
    bad, good = uuid4(), uuid4()
    ear.broken.add(bad)
    await ear.consumer.deliver([message(bad, 1, world), message(good, 1, world), message(bad, 2, world)])
    await ear.consumer.deliver([message(bad, 3, world)])
    assert await ear.handled(good) == 1
    assert await ear.parked() == {bad: 3}
    ear.broken.clear()
    assert await replay_parked(ear.database, ear.consumer.handlers, "intake", bad) == 3
    assert (await ear.handled(bad), await ear.parked()) == (3, Counter())


async def test_a_fault_of_the_moment_in_a_handler_is_tried_again_before_it_parks(world: World, ear: Ear) -> None:
    subject = uuid4()
    ear.trouble = [RuntimeError() for _ in range(ATTEMPTS - 1)]
    await ear.consumer.deliver([message(subject, 1, world)])
    assert (await ear.handled(subject), await ear.parked()) == (1, Counter())


async def test_a_gap_is_parked_and_named(world: World, ear: Ear) -> None:
    subject = uuid4()
    await ear.consumer.deliver([message(subject, 1, world)])
    await ear.consumer.deliver([message(subject, 3, world)])
    assert await ear.handled(subject) == 1
    async with ear.database.session(ACTOR) as session:
        assert Gap.__name__ in str(await session.scalar(text("SELECT error FROM parked")))


async def test_an_unknown_type_is_parked_at_once(world: World, ear: Ear) -> None:
    subject = uuid4()
    await ear.consumer.deliver([message(subject, 1, world, "intake.never_heard_of.v9")])
    async with ear.database.session(ACTOR) as session:
        assert await session.scalar(text("SELECT attempts FROM parked")) == 1


async def test_a_passing_fault_of_the_database_is_waited_out(world: World, ear: Ear) -> None:
    subject = uuid4()
    ear.trouble = [OperationalError("", {}, ConnectionError()) for _ in range(3)]
    await ear.consumer.deliver([message(subject, 1, world)])
    assert (await ear.handled(subject), await ear.parked()) == (1, Counter())


async def test_a_backend_killed_in_the_middle_loses_nothing(world: World, ear: Ear) -> None:
    subject = uuid4()

    async def kill_the_backend(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        ear.consumer.handlers = {DeclarationWithdrawn: ear.note}
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    ear.consumer.handlers = {DeclarationWithdrawn: kill_the_backend}
    await ear.consumer.deliver([message(subject, 1, world)])
    assert (await ear.handled(subject), await ear.parked()) == (1, Counter())


async def test_an_exhausted_pool_is_waited_out(world: World, ear: Ear) -> None:
    subject = uuid4()
    ear.trouble = [PoolExhausted() for _ in range(ATTEMPTS + 1)]
    await ear.consumer.deliver([message(subject, 1, world)])
    assert (await ear.handled(subject), await ear.parked()) == (1, Counter())


async def test_an_event_parked_during_a_replay_stays_parked(world: World, ear: Ear) -> None:
    subject = uuid4()
    ear.broken.add(subject)
    await ear.consumer.deliver([message(subject, 1, world)])

    async def another_comes(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        await ear.consumer.deliver([message(subject, 2, world)])

    assert await replay_parked(ear.database, {DeclarationWithdrawn: another_comes}, "intake", subject) == 1
    assert await ear.parked() == {subject: 1}


async def test_what_another_delivery_parks_meanwhile_holds_up_the_next_event(world: World, ear: Ear) -> None:
    subject = uuid4()
    first, second = message(subject, 1, world), message(subject, 2, world)
    async with ear.database.session(ACTOR) as session:
        for unseen in await _accept(session, [first]):
            await park(session, unseen, "示例故障", 1)
        again = asyncio.create_task(ear.consumer.deliver([first, second]))
        await until(world, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
    await again
    assert (await ear.handled(subject), await ear.parked()) == (0, {subject: 2})


async def test_a_poisonous_event_handled_elsewhere_meanwhile_is_not_parked(world: World, ear: Ear) -> None:
    subject = uuid4()
    event, elsewhere = message(subject, 1, world), Ear(world)

    async def fail_while_another_succeeds(session: AsyncSession, _event: DeclarationWithdrawn) -> None:
        await session.rollback()
        await elsewhere.consumer.deliver([event])
        raise KeyError

    ear.consumer.handlers = {DeclarationWithdrawn: fail_while_another_succeeds}
    await ear.consumer.deliver([event])
    assert (await ear.handled(subject), await ear.parked()) == (1, Counter())
