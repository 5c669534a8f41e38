"""Kafka consumer: offsets follow the handlers, it recovers from every failure, a stop is quick."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer import message_accumulator
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from shared.events.bus import Arrival, Unreadable, consuming, kafka
from shared.events.bus.connection import client_options
from shared.events.bus.consuming import SILENT_SECONDS, Member
from shared.events.bus.kafka import KafkaBus
from shared.settings import Settings
from tests.broker.cluster import Broker
from tests.broker.subscriber import TOPIC, RecordingSubscriber, message, running_bus, wait_until


async def test_a_batch_that_was_not_handled_comes_again(broker: Broker) -> None:
    subscriber = RecordingSubscriber()
    failures = itertools.count()

    def fail_once(batch: Sequence[Arrival]) -> None:
        if next(failures) == 0:
            raise RuntimeError("the handlers' commit failed")

    subscriber.before = fail_once
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=7)])
        await wait_until(lambda: subscriber.seqs() == [7])
    assert next(failures) == 2


async def test_after_a_stop_in_order_nothing_comes_twice(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    # On a loaded machine the last commit may take longer than a stop waits.
    monkeypatch.setattr(consuming, "_LAST_COMMIT_SECONDS", 30.0)
    monkeypatch.setattr(kafka, "_STOP_SECONDS", 60.0)
    before, after = RecordingSubscriber(), RecordingSubscriber()
    async with running_bus(broker.settings(), before) as bus:
        await bus.publish(TOPIC, [message(seq=seq) for seq in range(1, 101)])
        await wait_until(lambda: before.received)
    async with running_bus(broker.settings(), after) as bus:
        await bus.publish(TOPIC, [message(seq=101)])
        await wait_until(lambda: 101 in after.seqs())
    assert sorted(before.seqs() + after.seqs()) == list(range(1, 102))


async def test_a_record_that_is_no_event_is_handed_on_as_such(broker: Broker) -> None:
    subscriber = RecordingSubscriber()
    stranger = AIOKafkaProducer(**client_options(broker.settings(), "tests"))
    await stranger.start()
    await stranger.send_and_wait(TOPIC, b"\xff", key=b"k", headers=[("ce_specversion", b"1.0"), ("ce_id", b"no uuid")])
    await stranger.stop()
    async with running_bus(broker.settings(), subscriber):
        await wait_until(lambda: subscriber.received)
    [found] = subscriber.received
    assert isinstance(found, Unreadable)
    assert (found.record.topic, found.record.value, found.record.key) == (TOPIC, b"\xff", b"k")


class HalfText(_DefaultRecordBatchBuilderPy):  # type: ignore[misc]
    """Writes a header name that is not UTF-8, as clients in other languages may."""

    def append(self, *positional: object, **named: Any) -> object:
        named["headers"] = [(_NoText(), b"x")]
        return super().append(*positional, **named)


class _NoText:
    def encode(self, encoding: str = "utf-8") -> bytes:
        return b"\xff\xfe"


async def test_a_record_that_breaks_the_client_itself_is_stepped_over(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber, subject = RecordingSubscriber(), uuid4()
    async with running_bus(broker.settings(), None, "intake") as sender:
        await sender.publish(TOPIC, [message(subject, 1), message(subject, 2)])
        with monkeypatch.context() as patched:
            patched.setattr(message_accumulator, "DefaultRecordBatchBuilder", HalfText)
            stranger = AIOKafkaProducer(**client_options(broker.settings(), "tests"))
            await stranger.start()
            await stranger.send_and_wait(TOPIC, b"{}", key=str(subject).encode())
            await stranger.stop()
        await sender.publish(TOPIC, [message(subject, 3)])
    async with running_bus(broker.settings(), subscriber) as bus:
        await wait_until(lambda: 3 in subscriber.seqs())
        assert bus.outage() == ""
    assert subscriber.seqs() == [1, 2, 3]
    [found] = [arrival for arrival in subscriber.received if isinstance(arrival, Unreadable)]
    assert (found.record.topic, found.record.offset) == (TOPIC, 2)


async def test_a_consumer_that_fell_silent_is_replaced(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber, built = RecordingSubscriber(), list[AIOKafkaConsumer]()
    consume = Member._consume

    async def watched(member: Member, consumer: AIOKafkaConsumer) -> None:
        built.append(consumer)
        member._silent_seconds = SILENT_SECONDS
        await consume(member, consumer)

    monkeypatch.setattr(Member, "_consume", watched)
    monkeypatch.setattr(consuming, "_LAST_COMMIT_SECONDS", 30.0)
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=1)])
        await wait_until(lambda: subscriber.received)
        built[0].pause(*built[0].assignment())
        bus._members[0]._silent_seconds = 0.5
        await bus.publish(TOPIC, [message(seq=2)])
        await wait_until(lambda: subscriber.seqs() == [1, 2])
    assert len(built) == 2


async def test_a_member_that_joins_waits_for_the_batch_under_way(broker: Broker) -> None:
    subscriber, other = RecordingSubscriber(), RecordingSubscriber()
    settings = broker.settings(kafka_session_seconds=10.0)
    async with running_bus(settings, subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=0)])
        await wait_until(lambda: subscriber.received)
        subscriber.open.clear()
        given: list[Sequence[Arrival]] = []
        subscriber.before = given.append
        sent = [message(seq=seq) for seq in range(1, 41)]
        await bus.publish(TOPIC, sent)
        await wait_until(lambda: given)
        async with running_bus(settings, other) as second:
            await asyncio.sleep(4.5)  # two heartbeats: the first has heard that another wants its share
            assert other.received == []
            subscriber.open.set()
            await wait_until(lambda: len(subscriber.received) + len(other.received) >= 41)
            await second.publish(TOPIC, [message(seq=seq) for seq in range(41, 81)])
            await wait_until(lambda: len(subscriber.received) + len(other.received) >= 81)
    assert sorted(subscriber.seqs() + other.seqs()) == list(range(81))


async def test_a_bus_without_brokers_stops_all_the_same() -> None:
    bus = KafkaBus(Settings(bus="kafka", kafka_servers="127.0.0.1:9"), "funding")
    bus.subscribe(TOPIC, RecordingSubscriber().deliver)
    await bus.start()
    assert bus.outage()
    async with asyncio.timeout(30):
        await bus.close()


async def test_a_header_without_a_value_is_put_aside_with_its_record(broker: Broker) -> None:
    subscriber = RecordingSubscriber()
    stranger = AIOKafkaProducer(**client_options(broker.settings(), "tests"))
    await stranger.start()
    await stranger.send_and_wait(TOPIC, b"{}", headers=[("ce_specversion", b"1.0"), ("ce_id", None)])
    await stranger.stop()
    async with running_bus(broker.settings(), subscriber):
        await wait_until(lambda: subscriber.received)
    [found] = subscriber.received
    assert isinstance(found, Unreadable)
    assert found.record.headers == (("ce_specversion", b"1.0"), ("ce_id", b""))


async def test_a_cancellation_that_gets_out_of_the_client_ends_no_consumer(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber, failures, stop = RecordingSubscriber(), itertools.count(), AIOKafkaConsumer.stop

    def fail_twice(batch: Sequence[Arrival]) -> None:
        number = next(failures)
        if number < 2:
            raise asyncio.CancelledError if number == 1 else RuntimeError("handlers")

    async def stop_badly(consumer: AIOKafkaConsumer) -> None:
        await stop(consumer)
        raise asyncio.CancelledError

    subscriber.before = fail_twice
    monkeypatch.setattr(AIOKafkaConsumer, "stop", stop_badly)
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=7)])
        await wait_until(lambda: subscriber.seqs() == [7])


async def test_who_steps_through_records_and_finds_none_that_breaks_the_client_runs_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber, began = RecordingSubscriber(), list[AIOKafkaConsumer]()
    consume = Member._consume

    async def watched(member: Member, consumer: AIOKafkaConsumer) -> None:
        began.append(consumer)
        if len(began) == 1:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "what another member has put aside since")
        await consume(member, consumer)

    monkeypatch.setattr(Member, "_consume", watched)
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=seq) for seq in range(1, 4)])
        await wait_until(lambda: len(began) == 2)
        await wait_until(lambda: sorted(subscriber.seqs()) == [1, 2, 3])
        assert not bus._members[0]._skipping


async def test_a_stop_does_not_wait_for_brokers_that_do_not_answer(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, stop = asyncio.Event(), AIOKafkaConsumer.stop

    async def ask_for_ever(*_: Any, **__: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    async def stop_for_ever(consumer: AIOKafkaConsumer) -> None:
        await stop(consumer)
        await asyncio.Event().wait()

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", ask_for_ever)
    monkeypatch.setattr(AIOKafkaConsumer, "stop", stop_for_ever)
    monkeypatch.setattr(kafka, "_STOP_SECONDS", 60.0)
    async with running_bus(broker.settings(), RecordingSubscriber()) as bus:
        await asked.wait()
        async with asyncio.timeout(55):
            await bus.stop_delivery()


async def test_who_steps_through_records_leaves_what_came_since_to_the_usual_way(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a member that never meets the record would consume one record at a time without end."""
    subscriber, began, stepped = RecordingSubscriber(), list[AIOKafkaConsumer](), list[TopicPartition]()
    consume, step = Member._consume, Member._consume_one

    async def watched(member: Member, consumer: AIOKafkaConsumer) -> None:
        began.append(consumer)
        if len(began) == 1:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "what another member has put aside since")
        await consume(member, consumer)

    async with running_bus(broker.settings(), None, "intake") as sender:
        subject = uuid4()
        await sender.publish(TOPIC, [message(subject, seq) for seq in range(1, 4)])

        async def feeding(member: Member, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
            stepped.append(partition)
            await sender.publish(TOPIC, [message(subject, len(stepped) + 3)])
            await step(member, consumer, partition)

        monkeypatch.setattr(Member, "_consume", watched)
        monkeypatch.setattr(Member, "_consume_one", feeding)
        monkeypatch.setattr(consuming, "_POLL_MS", 10_000)
        async with running_bus(broker.settings(), subscriber):
            await wait_until(lambda: len(began) == 2)
            await wait_until(lambda: subscriber.seqs() == [1, 2, 3, 4, 5, 6])
    assert len(stepped) == 3
