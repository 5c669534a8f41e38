"""Relay: no event is lost between outbox and handlers, whichever process dies or stops."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from shared.backoff import FIRST_SECONDS
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Arrival, Message, Record, Unreadable, Unsendable
from shared.events.bus.inprocess import InProcessBus
from shared.events.bus.kafka import KafkaBus
from shared.events.dead_letters import DeadLetter, bury
from shared.events.inbox import Stopping
from shared.events.outbox import SHARDS, emit, shard_of
from shared.events.relay import FEED, Relay
from shared.runtime import bus_of
from shared.settings import Settings
from tests.shared.events.test_delivery import ACTOR, RecordingConsumer, wait_until
from tests.world import World


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)


async def without_relay(world: World) -> None:
    """Stop intake's relay: events wait in the outbox."""
    own = world.instances["intake"]
    await own.relay.stop()
    await asyncio.gather(*own._tasks[:1])


@asynccontextmanager
async def relaying(world: World, bus: InProcessBus) -> AsyncIterator[Relay]:
    """Run a relay of intake's outbox on another bus, in place of the world's own."""
    await without_relay(world)
    relay = Relay("intake", world.settings.service_url("intake", "relay"), bus)
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        await relay.stop()
        await running
        await relay.close()


async def _announced(world: World, many: int = 1) -> UUID:
    """Emit that many events of one declaration in one transaction."""
    subject = uuid4()
    event = DeclarationWithdrawn(declaration_id=subject, district="110105", reason="示例")
    async with world.instances["intake"].database.session(ACTOR) as session:
        await emit(session, *[event] * many)
    return subject


class DyingBus(InProcessBus):
    """Delivers, then fails like a process that is killed before it deletes its outbox rows."""

    deaths = 2

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        await super().publish(topic, messages)
        if self.deaths:
            self.deaths -= 1
            raise OSError("killed") if self.deaths else ExceptionGroup("in a handler", [ValueError("broken")])


async def test_a_crash_after_the_handlers_commit_repeats_without_effect(
    world: World, recorder: RecordingConsumer
) -> None:
    bus = DyingBus()
    bus.subscribe("intake.events", recorder.consumer.deliver)
    async with relaying(world, bus):
        subject = await _announced(world)
        await wait_until(world, "SELECT NOT EXISTS (SELECT id FROM outbox)")
    assert (bus.deaths, await recorder.handled(subject)) == (0, 1)


async def test_what_a_stopping_service_no_longer_takes_stays_in_the_outbox(
    world: World, recorder: RecordingConsumer
) -> None:
    bus, refused = InProcessBus(), asyncio.Event()

    async def deliver(messages: Sequence[Arrival]) -> None:
        try:
            await recorder.consumer.deliver(messages)
        except Stopping:
            refused.set()
            raise

    bus.subscribe("intake.events", deliver)
    recorder.consumer.stopping.set()
    async with relaying(world, bus):
        subject = await _announced(world)
        await asyncio.wait_for(refused.wait(), 60)
        assert await _outbox(world) == 1
        recorder.consumer.stopping.clear()
        await wait_until(world, "SELECT NOT EXISTS (SELECT id FROM outbox)")
    assert await recorder.handled(subject) == 1


async def test_a_delivery_that_was_cancelled_is_not_taken_for_done() -> None:
    bus = InProcessBus()

    async def give_up(messages: Sequence[Arrival]) -> None:
        raise asyncio.CancelledError

    bus.subscribe("intake.events", give_up)
    with pytest.raises(asyncio.CancelledError):
        await bus.publish("intake.events", [])


def test_a_service_alone_does_not_announce_to_itself() -> None:
    assert bus_of("intake", Settings()) is None
    assert isinstance(bus_of("intake", Settings(bus="kafka")), KafkaBus)
    with pytest.raises(ValidationError, match="bus"):
        Settings.model_validate({"bus": "inprocess"})


async def _outbox(world: World) -> int:
    async with world.instances["intake"].database.session(ACTOR) as session:
        return await session.scalar(text("SELECT count(id) FROM outbox")) or 0


async def test_a_second_relay_finds_every_shard_owned(world: World) -> None:
    await _announced(world)
    await world.settle()
    second = Relay("intake", world.settings.service_url("intake", "relay"), InProcessBus())
    async with second.engine.connect() as connection:
        assert await second._lock(connection, [*range(SHARDS), FEED]) == []
    await second.close()


async def test_events_of_one_project_keep_their_order_under_concurrency(world: World) -> None:
    subject = uuid4()
    intake = world.instances["intake"].database

    async def announce() -> None:
        async with intake.session(ACTOR) as session:
            await emit(session, DeclarationWithdrawn(declaration_id=subject, district="110105", reason="示例"))

    await asyncio.gather(*(announce() for _ in range(40)))
    assert [event["sequence"] for event in await world.events("intake")] == [str(n) for n in range(1, 41)]
    assert await world.parked() == {}


class ChoosyBus(InProcessBus):
    """Refuses every message about `refused`, and records when."""

    refused: UUID | None = None

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures
        self.failed_at: list[float] = []

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        if len(self.failed_at) < self.failures:
            self.failed_at.append(time.monotonic())
            raise OSError("away")
        if self.refused in {message.subject for message in messages}:
            raise Unsendable(topic)
        await super().publish(topic, messages)


async def test_an_event_that_no_broker_takes_stops_its_shard_and_no_other(
    world: World, recorder: RecordingConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.events.relay._BLOCKED_SHARD_SECONDS", 1.0)
    bus = ChoosyBus()
    bus.subscribe("intake.events", recorder.consumer.deliver)
    bus.refused = uuid4()
    subjects = [bus.refused, *(uuid4() for _ in range(40)), bus.refused]
    behind = [subject for subject in subjects if shard_of(subject) == shard_of(bus.refused)]
    async with relaying(world, bus):
        async with world.instances["intake"].database.session(ACTOR) as session:
            named = [DeclarationWithdrawn(declaration_id=each, district="110105", reason="示例") for each in subjects]
            await emit(session, *named)
        await wait_until(world, f"SELECT count(id) = {len(behind)} FROM outbox")
        assert [await recorder.handled(subject) for subject in set(subjects) - set(behind)] == [1] * (42 - len(behind))
        bus.refused = None
        await wait_until(world, "SELECT NOT EXISTS (SELECT id FROM outbox)")
    assert await recorder.handled(subjects[0]) == 2


async def test_what_waits_behind_such_an_event_does_not_crowd_out_the_others(
    world: World, recorder: RecordingConsumer
) -> None:
    bus = ChoosyBus()
    bus.subscribe("intake.events", recorder.consumer.deliver)
    bus.refused = uuid4()
    other = next(each for each in iter(uuid4, None) if shard_of(each) != shard_of(bus.refused))
    async with relaying(world, bus) as relay:
        relay.batch = relay._batch_limit = 3
        async with world.instances["intake"].database.session(ACTOR) as session:
            for subject in (*[bus.refused] * 5, other):
                await emit(session, DeclarationWithdrawn(declaration_id=subject, district="110105", reason="示例"))
        await wait_until(world, "SELECT count(id) = 5 FROM outbox")
        assert await recorder.handled(other) == 1


class OneTopicBus(InProcessBus):
    """Has no dead-letter topic."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        if topic.endswith("dead-letters"):
            raise OSError("no such topic")
        await super().publish(topic, messages)


async def test_a_topic_that_is_missing_does_not_hold_up_another(world: World) -> None:
    """Also if many rows wait for the missing topic, and older ones."""
    bus = OneTopicBus()
    letters = [Unreadable(Record("funding.events", 1, place, None, b"x", ()), "nonsense") for place in range(7)]
    async with relaying(world, bus) as relay:
        relay.batch = relay._batch_limit = 3
        async with world.instances["intake"].database.session(ACTOR) as session:
            await bury(session, [DeadLetter.of(letter) for letter in letters])
            await emit(session, DeclarationWithdrawn(declaration_id=uuid4(), district="110105", reason="示例"))
        await wait_until(world, "SELECT count(id) = 7 FROM outbox")


class NarrowBus(InProcessBus):
    """Publishes a few messages at a time; larger batches time out."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        if len(messages) > 5:
            raise TimeoutError
        await super().publish(topic, messages)


async def test_what_is_too_much_at_once_goes_in_smaller_parts(world: World) -> None:
    async with relaying(world, NarrowBus()):
        await _announced(world, 40)
        await wait_until(world, "SELECT NOT EXISTS (SELECT id FROM outbox)")


class LeakyBus(InProcessBus):
    """Raises an error from a task group, then a cancellation of its own, once each."""

    calls = 0

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        self.calls += 1
        if self.calls == 1:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.wait_for(asyncio.Event().wait(), 0.01))
        if self.calls == 2:
            raise asyncio.CancelledError
        await super().publish(topic, messages)


async def test_a_cancellation_that_nobody_asked_for_ends_no_relay(world: World) -> None:
    async with relaying(world, LeakyBus()):
        await _announced(world)
        await wait_until(world, "SELECT NOT EXISTS (SELECT id FROM outbox)")


async def test_a_relay_whose_brokers_are_away_tries_ever_more_seldom(world: World) -> None:
    bus = ChoosyBus(failures=5)
    async with relaying(world, bus):
        await _announced(world)
        await wait_until(world, "SELECT NOT EXISTS (SELECT id FROM outbox)")
    waits = [later - earlier for earlier, later in pairwise(bus.failed_at)]
    assert all(wait >= FIRST_SECONDS * 2**tries / 2 for tries, wait in enumerate(waits))
    assert len(waits) == 4
