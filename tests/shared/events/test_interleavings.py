"""Two transactions at once: the second is seen to wait, and finds what the first one did."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Message, Record, Unreadable
from shared.events.dead_letters import DeadLetter, bury, settle
from shared.events.inbox import NotReplayed
from shared.events.outbox import emit, shard_of
from shared.events.parking import drop_parked
from shared.events.relay import FEED, Relay
from tests.shared.events.relay_bench import Bus, Driver
from tests.shared.events.test_delivery import ACTOR, SOMEBODY_WAITS, RecordingConsumer, message, wait_until
from tests.shared.events.test_relay import without_relay
from tests.world import World


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)


class Replay:
    """A dead letter that is being replayed: its handler goes on once `beside` waits for it."""

    def __init__(self, world: World, recorder: RecordingConsumer) -> None:
        self.world, self.recorder = world, recorder
        self.good = message(uuid4(), 1, world)
        self.beside: list[asyncio.Task[Any]] = []

    async def letter(self) -> UUID:
        await self.recorder.consumer.deliver([replace(self.good, data=b"{")])
        async with self.recorder.database.session(ACTOR) as session:
            found: UUID = await session.scalar(text("SELECT id FROM dead_letter"))
        return found

    def read(self, _record: Record) -> Message:
        return self.good

    async def run(self, letter: UUID, beside: Any) -> None:
        """Replay the letter, and start `beside` in its handler."""

        async def handler(session: AsyncSession, event: DeclarationWithdrawn) -> None:
            if not self.beside:
                self.beside.append(asyncio.create_task(beside()))
                await wait_until(self.world, SOMEBODY_WAITS)
            await self.recorder.note(session, event)

        self.recorder.consumer.handlers = {DeclarationWithdrawn: handler}
        await self.recorder.consumer.replay_dead_letter(letter, self.read)

    async def settlement(self) -> str:
        async with self.recorder.database.session(ACTOR) as session:
            return str(await session.scalar(text("SELECT settlement FROM dead_letter")))


async def test_two_replays_of_a_letter_handle_it_once(world: World, recorder: RecordingConsumer) -> None:
    replay = Replay(world, recorder)
    letter = await replay.letter()
    await replay.run(letter, lambda: recorder.consumer.replay_dead_letter(letter, replay.read))
    with pytest.raises(NotReplayed, match="settled"):
        await replay.beside[0]
    assert (await recorder.handled(replay.good.subject), await replay.settlement()) == (1, "replayed")


async def test_a_letter_dropped_during_its_replay_counts_as_replayed(world: World, recorder: RecordingConsumer) -> None:
    replay = Replay(world, recorder)
    letter = await replay.letter()

    async def drop() -> None:
        async with recorder.database.session(ACTOR) as session:
            await settle(session, letter, "dropped")

    await replay.run(letter, drop)
    await replay.beside[0]
    assert (await recorder.handled(replay.good.subject), await replay.settlement()) == (1, "replayed")


async def test_an_event_that_comes_while_its_queue_is_dropped_is_handled_afterwards(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    await recorder.consumer.deliver([message(subject, seq, world) for seq in (2, 3)])
    async with recorder.database.session(ACTOR) as session:
        assert len(await drop_parked(session, ("intake", subject))) == 2
        delivery = asyncio.create_task(recorder.consumer.deliver([message(subject, 4, world)]))
        await wait_until(world, SOMEBODY_WAITS)
    await delivery
    assert (await recorder.handled(subject), await recorder.parked()) == (1, {})


async def test_positions_follow_the_commits_and_not_the_ids(world: World) -> None:
    """Otherwise a reader of position 1 would miss an event placed behind it later."""
    late, early = uuid4(), uuid4()
    intake = world.instances["intake"].database
    async with intake.session(ACTOR) as session:
        await emit(session, DeclarationWithdrawn(declaration_id=late, district="110105", reason="first begun"))
        async with intake.session(ACTOR) as beside:
            await emit(beside, DeclarationWithdrawn(declaration_id=early, district="110105", reason="first committed"))
        placed = "SELECT count(*) = 1 FROM event_log WHERE position = 1"
        await wait_until(world, placed)
    events = await world.events("intake")
    assert [event["subject"] for event in events] == [str(early), str(late)]
    rows = await world.database.admin.fetch("SELECT aggregate_id, position FROM intake.event_log ORDER BY id")
    assert [tuple(row) for row in rows] == [(late, 2), (early, 1)]


async def test_a_relay_takes_over_what_a_stopped_one_held(world: World) -> None:
    instance = world.instances["intake"]
    await world.settle()
    second = Relay("intake", world.settings.service_url("intake", "relay"), Bus(Driver()))
    locks = [0, 5, 15, FEED]
    async with second.engine.connect() as connection:
        assert await second._lock(connection, locks) == []
        async with second.engine.connect() as other_service:
            elsewhere = Relay("other", world.settings.service_url("intake", "relay"), None)
            assert await elsewhere._lock(other_service, locks) == locks
            await elsewhere.close()
        await without_relay(world)
        await instance.relay.close()
        assert await second._lock(connection, locks) == locks
    await second.close()


async def test_only_rows_of_the_shards_owned_and_of_open_topics_are_taken_in_order(world: World) -> None:
    await without_relay(world)
    subjects = [uuid4() for _ in range(40)]
    shards = [3, 7]
    async with world.instances["intake"].database.session(ACTOR) as session:
        await bury(session, [DeadLetter.of(Unreadable(Record("x", 1, n, None, b"x", ()), "x")) for n in range(40)])
        named = [DeclarationWithdrawn(declaration_id=each, district="110105", reason="示例") for each in subjects]
        await emit(session, *named, *named)
    bus = Bus(Driver())
    relay = Relay("intake", world.settings.service_url("intake", "relay"), bus)
    relay._closed_topics.failed("intake.dead-letters")
    own = [subject for subject in subjects if shard_of(subject) in shards]
    async with relay.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        relay._batch_limit = len(own) + 1
        assert await relay._publish_batch(connection, shards) == len(own) + 1
        assert [(each.subject, each.seq) for each in bus.sent] == [*((each, 1) for each in own), (own[0], 2)]
        assert await relay._publish_batch(connection, shards) == len(own) - 1
        assert await relay._publish_batch(connection, shards) == 0
    await relay.close()
    left = await world.database.admin.fetch("SELECT aggregate_id FROM intake.outbox WHERE topic IS NULL")
    assert sorted(row["aggregate_id"] for row in left) == sorted(2 * [each for each in subjects if each not in own])
    assert await world.database.admin.fetchval("SELECT count(*) FROM intake.outbox WHERE topic IS NOT NULL") == 40
