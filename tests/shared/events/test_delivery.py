"""Delivery: no event is lost, none is handled twice, failures are parked."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import WHOLE_CITY, Actor, system_actor
from shared.clock import uuid7
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Message
from shared.events.inbox import ATTEMPTS, Consumer, _accept
from shared.events.parking import park
from shared.storage.session import acting_as, actor_of
from tests.world import World

ACTOR = system_actor("test")
SOMEBODY_WAITS = """SELECT EXISTS (
    SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()
)"""
"""Query for a lock in the test's own database, since tests share a server."""


def message(subject: UUID, seq: int, world: World, type_name: str = DeclarationWithdrawn.type) -> Message:
    withdrawn = DeclarationWithdrawn(declaration_id=subject, district="110105", reason=f"第{seq}次")
    moment = world.clock.now()
    return Message(
        uuid7(moment),
        type_name,
        "intake",
        "declaration",
        subject,
        seq,
        moment,
        withdrawn.model_dump_json().encode(),
        {"district": "110105"},
    )


class RecordingConsumer:
    """A consumer of the monitoring service that records what it handled, in the same transaction."""

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

    async def all_handled(self) -> list[UUID]:
        async with self.database.session(ACTOR) as session:
            return list((await session.scalars(text("SELECT aggregate_id FROM stream_head"))).all())

    async def parked(self) -> Counter[UUID]:
        async with self.database.session(ACTOR) as session:
            rows = await session.scalars(text("SELECT aggregate_id FROM parked"))
        return Counter(rows.all())


async def wait_until(world: World, query: str) -> None:
    async with asyncio.timeout(60):
        while True:
            async with world.instances["intake"].database.session(ACTOR) as session:
                if await session.scalar(text(query)):
                    return
            await asyncio.sleep(0.02)


async def cost_of(recorder: RecordingConsumer, work: Coroutine[Any, Any, None]) -> Counter[str]:
    """Return the numbers of statements and of commits that the work causes."""
    cost: Counter[str] = Counter()
    heard = {"before_cursor_execute": "statements", "commit": "commits"}
    counters = {name: lambda *_, what=what: cost.update([what]) for name, what in heard.items()}
    for name, count in counters.items():
        event.listen(recorder.database.engine.sync_engine, name, count)
    try:
        await work
    finally:
        for name, count in counters.items():
            event.remove(recorder.database.engine.sync_engine, name, count)
    return cost


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)


async def test_a_message_delivered_again_is_handled_once(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    first, second = message(subject, 1, world), message(subject, 2, world)
    await recorder.consumer.deliver([first, first, second])
    await recorder.consumer.deliver([first, second])
    assert await recorder.handled(subject) == 2


async def test_an_old_event_is_not_handled_even_when_the_inbox_forgot_it(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    await recorder.consumer.deliver([message(subject, 1, world)])
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert await recorder.handled(subject) == 1


async def test_a_fault_of_the_moment_in_a_handler_is_tried_again_before_it_parks(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    recorder.trouble = [RuntimeError() for _ in range(ATTEMPTS - 1)]
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert (await recorder.handled(subject), await recorder.parked()) == (1, Counter())


async def test_a_passing_fault_of_the_database_is_waited_out(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    recorder.trouble = [OperationalError("", {}, ConnectionError()) for _ in range(3)]
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert (await recorder.handled(subject), await recorder.parked()) == (1, Counter())


async def test_a_passing_fault_is_waited_out_while_a_bad_event_is_sought_too(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    recorder.trouble = [*(OperationalError("", {}, ConnectionError()) for _ in range(ATTEMPTS)), RuntimeError()]
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert (await recorder.handled(subject), await recorder.parked()) == (1, Counter())


async def test_a_backend_killed_in_the_middle_loses_nothing(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()

    async def kill_the_backend(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        recorder.consumer.handlers = {DeclarationWithdrawn: recorder.note}
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    recorder.consumer.handlers = {DeclarationWithdrawn: kill_the_backend}
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert (await recorder.handled(subject), await recorder.parked()) == (1, Counter())


async def test_an_exhausted_pool_is_waited_out(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    recorder.trouble = [PoolExhausted() for _ in range(ATTEMPTS + 1)]
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert (await recorder.handled(subject), await recorder.parked()) == (1, Counter())


async def test_a_database_that_is_down_is_told_from_a_file_that_is_missing(
    world: World, recorder: RecordingConsumer
) -> None:
    with pytest.raises(FileNotFoundError) as no_socket:
        await asyncpg.connect("postgresql://nobody@/none?host=/nowhere")
    waits, parks = uuid4(), uuid4()
    recorder.trouble = [no_socket.value for _ in range(ATTEMPTS)]
    await recorder.consumer.deliver([message(waits, 1, world)])
    recorder.trouble = [FileNotFoundError(2, "No such file", "rates.toml") for _ in range(ATTEMPTS)]
    await recorder.consumer.deliver([message(parks, 1, world)])
    assert (await recorder.handled(waits), await recorder.parked()) == (1, {parks: 1})


async def test_what_another_delivery_parks_meanwhile_holds_up_the_next_event(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    first, second = message(subject, 1, world), message(subject, 2, world)
    async with recorder.database.session(ACTOR) as session:
        await park(session, [(unseen, "示例故障", 1) for unseen in await _accept(session, [first])])
        again = asyncio.create_task(recorder.consumer.deliver([first, second]))
        await wait_until(world, SOMEBODY_WAITS)
    await again
    assert (await recorder.handled(subject), await recorder.parked()) == (0, {subject: 2})


async def test_an_event_that_fails_here_and_is_handled_elsewhere_meanwhile_is_not_parked(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    first, elsewhere = message(subject, 1, world), RecordingConsumer(world)
    deliveries: list[asyncio.Task[None]] = []

    async def fail_while_another_waits(session: AsyncSession, _event: DeclarationWithdrawn) -> None:
        if not deliveries:
            deliveries.append(asyncio.create_task(elsewhere.consumer.deliver([first])))
        await wait_until(world, SOMEBODY_WAITS)
        raise KeyError

    recorder.consumer.handlers = {DeclarationWithdrawn: fail_while_another_waits}
    await recorder.consumer.deliver([first])
    await deliveries[0]
    assert (await recorder.handled(subject), await recorder.parked()) == (1, Counter())


async def test_a_batch_is_a_handful_of_statements_and_one_bad_event_in_it_costs_few_more(
    world: World, recorder: RecordingConsumer
) -> None:
    good = await cost_of(recorder, recorder.consumer.deliver([message(uuid4(), 1, world) for _ in range(500)]))
    bad = uuid4()
    recorder.broken.add(bad)
    batch = [message(bad if number == 321 else uuid4(), 1, world) for number in range(500)]
    mixed = await cost_of(recorder, recorder.consumer.deliver(batch))
    assert (await recorder.parked(), len(await recorder.all_handled())) == ({bad: 1}, 999)
    own_statements = 500
    assert (good["commits"], good["statements"] - own_statements) == (1, 5)
    assert mixed["commits"] == ATTEMPTS - 1
    assert mixed["statements"] < 3 * own_statements


async def test_a_handler_that_fails_in_anothers_name_leaves_the_others_their_own(
    world: World, recorder: RecordingConsumer
) -> None:
    bad, good, names = uuid4(), uuid4(), []

    async def act_as_a_stranger(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        if event.declaration_id == bad:
            async with acting_as(session, Actor("stranger", "示例", "system", ("110101",))):
                raise RuntimeError("示例故障")
        names.append((actor_of(session).subject, await session.scalar(text("SELECT current_setting('app.districts')"))))

    recorder.consumer.handlers = {DeclarationWithdrawn: act_as_a_stranger}
    await recorder.consumer.deliver([message(bad, 1, world), message(good, 1, world)])
    assert names == [("service:monitoring", "{" + ",".join(WHOLE_CITY) + "}")]


async def test_what_fails_for_all_of_a_batch_is_tried_five_times_and_parked(
    world: World, recorder: RecordingConsumer
) -> None:
    subjects = [uuid4() for _ in range(40)]
    recorder.broken.update(subjects)
    await recorder.consumer.deliver([message(subject, seq, world) for seq in (1, 2) for subject in subjects])
    assert await recorder.parked() == dict.fromkeys(subjects, 2)
    async with recorder.database.session(ACTOR) as session:
        rows = await session.execute(text("SELECT agg_seq, attempts, count(*) FROM parked GROUP BY 1, 2 ORDER BY 1"))
    assert [tuple(row) for row in rows] == [(1, ATTEMPTS, 40), (2, 0, 40)]


async def test_requests_that_hold_every_connection_hold_up_neither_deliveries_nor_readiness(world: World) -> None:
    monitoring, came = world.instances["monitoring"], message(uuid4(), 1, world)
    pool = monitoring.settings.pool_size + monitoring.settings.pool_overflow
    async with contextlib.AsyncExitStack() as held:
        for _ in range(pool):
            await (await held.enter_async_context(monitoring.database.session(ACTOR))).execute(text("SELECT 1"))
        async with asyncio.timeout(60):
            await monitoring.consumer.deliver([came])
        await world.call("monitoring", "GET", "/readyz", None, status=200)
    async with monitoring.database.session(ACTOR) as session:
        assert await session.scalar(text("SELECT count(*) FROM inbox WHERE event_id = :id"), {"id": came.id}) == 1
