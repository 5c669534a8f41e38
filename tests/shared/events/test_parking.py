"""Parked events: a queue per stream, in order, that does not delay other streams and can be replayed."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.intake import DeclarationWithdrawn
from shared.events.inbox import Consumer
from shared.events.parking import drop_parked
from shared.storage.ddl import _DELIVERY
from shared.storage.migrate import admin_engine
from tests.shared.events.test_delivery import ACTOR, SOMEBODY_WAITS, RecordingConsumer, message, wait_until
from tests.world import World


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)


async def queue_of(recorder: RecordingConsumer, subject: UUID) -> list[tuple[int, int]]:
    """Return sequence number and attempts of each parked event."""
    async with recorder.database.session(ACTOR) as session:
        rows = await session.execute(
            text("SELECT agg_seq, attempts FROM parked WHERE aggregate_id = :id ORDER BY agg_seq"), {"id": subject}
        )
        return [(row.agg_seq, row.attempts) for row in rows]


async def test_a_broken_aggregate_is_parked_and_the_others_flow_on(world: World, recorder: RecordingConsumer) -> None:
    bad, good = uuid4(), uuid4()
    recorder.broken.add(bad)
    await recorder.consumer.deliver([message(bad, 1, world), message(good, 1, world), message(bad, 2, world)])
    await recorder.consumer.deliver([message(bad, 3, world)])
    assert await recorder.handled(good) == 1
    assert await recorder.parked() == {bad: 3}
    recorder.broken.clear()
    assert await recorder.consumer.replay_parked("intake", bad) == 3
    assert (await recorder.handled(bad), await recorder.parked()) == (3, Counter())
    await recorder.consumer.deliver([message(bad, 4, world)])
    assert await recorder.handled(bad) == 4


async def test_what_came_before_the_bad_event_in_its_batch_is_kept(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()

    async def fail_at_the_third(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        if event.reason == "第3次":
            raise RuntimeError("示例故障")
        await recorder.note(session, event)

    recorder.consumer.handlers = {DeclarationWithdrawn: fail_at_the_third}
    await recorder.consumer.deliver([message(subject, seq, world) for seq in range(1, 6)])
    assert (await recorder.handled(subject), await queue_of(recorder, subject)) == (2, [(3, 5), (4, 0), (5, 0)])


async def test_a_replay_that_fails_again_keeps_what_it_could_do(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, seq, world) for seq in range(1, 5)])
    recorder.broken.clear()

    async def fail_at_the_third(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        if event.reason == "第3次":
            raise RuntimeError("示例故障")
        await recorder.note(session, event)

    recorder.consumer.handlers = {DeclarationWithdrawn: fail_at_the_third}
    assert await recorder.consumer.replay_parked("intake", subject) == 2
    assert (await recorder.handled(subject), await queue_of(recorder, subject)) == (2, [(3, 1), (4, 0)])
    await recorder.consumer.deliver([message(subject, 5, world)])
    assert await queue_of(recorder, subject) == [(3, 1), (4, 0), (5, 0)], "another arrival tries nothing again"
    assert await recorder.consumer.replay_parked("intake", subject) == 0


@pytest.mark.parametrize("seen", [0, 1])
async def test_a_gap_is_parked_and_closes_when_the_missing_event_comes(
    world: World, recorder: RecordingConsumer, seen: int
) -> None:
    subject = uuid4()
    await recorder.consumer.deliver([message(subject, seq, world) for seq in range(1, seen + 1)])
    await recorder.consumer.deliver([message(subject, seen + 3, world)])
    await recorder.consumer.deliver([message(subject, seen + 2, world)])
    assert await recorder.handled(subject) == seen
    assert await queue_of(recorder, subject) == [(seen + 2, 0), (seen + 3, 0)]
    async with recorder.database.session(ACTOR) as session:
        assert f"event {seen + 3} after {seen}" in str(
            await session.scalar(text("SELECT error FROM parked ORDER BY agg_seq DESC LIMIT 1"))
        )
    await recorder.consumer.deliver([message(subject, seen + 1, world)])
    assert (await recorder.handled(subject), await recorder.parked()) == (seen + 3, Counter())


async def test_a_parked_event_of_one_service_does_not_delay_another_services(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, 1, world)])
    recorder.broken.clear()
    await recorder.consumer.deliver([replace(message(subject, 1, world), source="funding")])
    assert (await recorder.handled(subject), await queue_of(recorder, subject)) == (1, [(1, 5)])


async def test_events_of_a_batch_that_come_in_the_wrong_order_are_put_right(
    world: World, recorder: RecordingConsumer
) -> None:
    subject, told = uuid4(), []

    async def listen(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        told.append(event.reason)

    recorder.consumer.handlers = {DeclarationWithdrawn: listen}
    await recorder.consumer.deliver([message(subject, seq, world) for seq in (3, 1, 2)])
    assert (told, await recorder.parked()) == (["第1次", "第2次", "第3次"], Counter())


async def test_a_gap_that_closes_upon_a_bad_event_parks_it_after_five_attempts(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    await recorder.consumer.deliver([message(subject, 2, world), message(subject, 3, world)])
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert (await recorder.handled(subject), await queue_of(recorder, subject)) == (0, [(1, 5), (2, 0), (3, 0)])


async def test_a_bad_event_behind_a_gap_is_tried_five_times_when_it_closes(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()

    async def fail_at_the_second(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        if event.reason == "第2次":
            raise RuntimeError("示例故障")
        await recorder.note(session, event)

    recorder.consumer.handlers = {DeclarationWithdrawn: fail_at_the_second}
    await recorder.consumer.deliver([message(subject, 2, world), message(subject, 3, world)])
    await recorder.consumer.deliver([message(subject, 1, world)])
    assert (await recorder.handled(subject), await queue_of(recorder, subject)) == (1, [(2, 5), (3, 0)])


async def test_a_gap_closed_by_a_killed_consumer_is_gone_through_by_the_next(
    world: World, recorder: RecordingConsumer
) -> None:
    """Deliver again an event that an older version parked behind its own gap."""
    subject = uuid4()
    first = message(subject, 1, world)
    await recorder.consumer.deliver([message(subject, 2, world)])
    async with recorder.database.session(ACTOR) as session:
        await session.execute(text("INSERT INTO inbox VALUES (:id, now())"), {"id": first.id})
        await session.execute(
            text(
                "INSERT INTO parked SELECT :id, source, aggregate_id, 1, CAST(:message AS jsonb), error, 0, parked_at "
                "FROM parked"
            ),
            {"id": first.id, "message": json.dumps(first.to_record())},
        )
    await recorder.consumer.deliver([first])
    assert (await recorder.handled(subject), await recorder.parked()) == (2, Counter())


async def test_an_event_that_comes_during_a_replay_is_not_left_behind(
    world: World, recorder: RecordingConsumer
) -> None:
    """Replay during a delivery: it waits and handles its event, or parks it first and the replay handles both."""
    subject = uuid4()
    deliveries: list[asyncio.Task[None]] = []
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, 1, world)])
    recorder.broken.clear()

    async def another_comes(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        if not deliveries:
            deliveries.append(asyncio.create_task(recorder.consumer.deliver([message(subject, 2, world)])))
            await wait_until(world, SOMEBODY_WAITS)
        await recorder.note(session, event)

    other = Consumer(recorder.database, {DeclarationWithdrawn: another_comes})
    assert await other.replay_parked("intake", subject) == 1
    await deliveries[0]
    assert (await recorder.handled(subject), await recorder.parked()) == (2, Counter())


async def test_two_operators_replaying_at_once_do_it_once(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, seq, world) for seq in range(1, 6)])
    recorder.broken.clear()
    gone = await asyncio.gather(*(recorder.consumer.replay_parked("intake", subject) for _ in range(3)))
    assert sorted(gone) == [0, 0, 5]
    assert (await recorder.handled(subject), await recorder.parked()) == (5, Counter())


async def test_the_first_event_may_be_given_up_and_the_others_replayed(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    recorder.broken.add(subject)
    batch = [message(subject, seq, world) for seq in range(1, 4)]
    await recorder.consumer.deliver(batch)
    recorder.broken.clear()
    async with recorder.database.session(ACTOR) as session:
        assert await drop_parked(session, ("intake", subject), only_first=True) == [batch[0].id]
    assert await recorder.consumer.replay_parked("intake", subject) == 2
    assert (await recorder.handled(subject), await recorder.parked()) == (2, Counter())
    await recorder.consumer.deliver([batch[0]])
    assert await recorder.handled(subject) == 2


async def test_after_all_are_given_up_later_events_flow_on(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, seq, world) for seq in range(1, 4)])
    recorder.broken.clear()
    async with recorder.database.session(ACTOR) as session:
        assert len(await drop_parked(session, ("intake", subject))) == 3
        assert await drop_parked(session, ("intake", subject)) == []
    await recorder.consumer.deliver([message(subject, 4, world)])
    assert (await recorder.handled(subject), await recorder.parked()) == (1, Counter())


async def test_events_parked_before_the_migration_are_replayed_after_it(
    world: World, recorder: RecordingConsumer
) -> None:
    """Earlier versions advanced a stream when they parked; the migration reverts that."""
    subject = uuid4()
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, seq, world) for seq in range(1, 4)])
    recorder.broken.clear()
    engine = admin_engine(world.settings)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL search_path TO monitoring"))
        await connection.execute(text("INSERT INTO stream_seen SELECT source, aggregate_id, 3 FROM parked LIMIT 1"))
        await connection.execute(text(_DELIVERY.split(";")[-1]))
    await engine.dispose()
    assert await recorder.consumer.replay_parked("intake", subject) == 3
    assert await recorder.handled(subject) == 3
