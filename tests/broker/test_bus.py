"""Kafka bus: order per subject, at least once under failures, once without."""

import asyncio
import dataclasses
import os
from collections.abc import Sequence
from uuid import uuid4

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.partitioner import DefaultPartitioner

from deploy.local.kafka.node import Node
from shared.events.bus import Arrival, Unreadable, Unsendable, publishing
from shared.events.bus.consuming import SILENT_SECONDS
from shared.events.bus.kafka import KafkaBus
from shared.events.bus.publishing import partition_of
from shared.events.bus.topics import LIBRARY_UPDATES
from shared.settings import Settings
from tests.broker.cluster import Broker
from tests.broker.subscriber import TOPIC, RecordingSubscriber, message, running_bus, wait_until


async def test_what_is_published_arrives_as_it_was_and_in_order(broker: Broker) -> None:
    subscriber, subject = RecordingSubscriber(), uuid4()
    sent = [message(subject, seq, b'{"n": %d}' % seq) for seq in range(1, 1201)]
    async with running_bus(broker.settings(), subscriber) as bus:
        for begin in range(0, 1200, 500):
            await bus.publish(TOPIC, sent[begin : begin + 500])
        await wait_until(lambda: len(subscriber.received) == 1200)
        assert subscriber.received == sent
        assert bus.outage() == ""


async def test_more_than_a_batch_holds_is_sent_in_order_too(broker: Broker) -> None:
    subscriber, subject = RecordingSubscriber(), uuid4()
    sent = [message(subject, seq, b"x" * 100_000) for seq in range(1, 10)]
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, sent)
        await wait_until(lambda: len(subscriber.received) == 9)
        assert subscriber.seqs() == list(range(1, 10))


def test_a_subject_goes_where_every_kafka_client_would_send_it() -> None:
    keys = [str(uuid4()) for _ in range(200)]
    ask = DefaultPartitioner()
    assert [partition_of(key, 12) for key in keys] == [ask(key.encode(), list(range(12)), []) for key in keys]


async def test_one_service_does_not_speak_for_another(broker: Broker) -> None:
    subscriber = RecordingSubscriber()
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [dataclasses.replace(message(), source="eligibility")])
        await wait_until(lambda: subscriber.received)
    assert isinstance(subscriber.received[0], Unreadable)


async def test_events_do_not_wait_behind_what_outsiders_ask(broker: Broker) -> None:
    subscriber, busy = RecordingSubscriber(), RecordingSubscriber()
    busy.open.clear()
    given: list[Sequence[Arrival]] = []
    busy.before = given.append
    bus = KafkaBus(broker.settings(), "funding")
    bus.subscribe(TOPIC, subscriber.deliver)
    bus.subscribe(LIBRARY_UPDATES, busy.deliver)
    await bus.start()
    await bus.publish(LIBRARY_UPDATES, [message()])
    await wait_until(lambda: given)
    await bus.publish(TOPIC, [message(seq=1)])
    await wait_until(lambda: subscriber.seqs() == [1])
    busy.open.set()
    await bus.close()


async def test_a_producer_that_fails_is_replaced(broker: Broker) -> None:
    subscriber = RecordingSubscriber()
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=1)])
        await wait_until(lambda: subscriber.received)
        old = bus._publisher._producer
        assert old is not None
        await old.stop()
        with pytest.raises(Exception, match=r".*"):
            await bus.publish(TOPIC, [message(seq=2)])
        assert bus.outage()
        await bus.publish(TOPIC, [message(seq=2)])
        assert bus._publisher._producer is not old
        assert bus.outage() == ""
        await wait_until(lambda: set(subscriber.seqs()) == {1, 2})


async def test_a_broker_that_was_killed_is_waited_for(broker: Broker, node: Node) -> None:
    subscriber = RecordingSubscriber()
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=1)])
        await wait_until(lambda: subscriber.received)
        node.kill()
        restarting = asyncio.create_task(asyncio.to_thread(node.restart))
        async with asyncio.timeout(180):
            while True:
                try:
                    await bus.publish(TOPIC, [message(seq=2)])
                    break
                except Exception:
                    assert bus.outage()
                    await asyncio.sleep(0.1)
        await restarting
        await wait_until(lambda: 2 in subscriber.seqs(), SILENT_SECONDS * 3)
        await wait_until(lambda: bus.outage() == "")


async def test_a_record_that_no_broker_takes_is_told_from_brokers_that_are_away(
    broker: Broker, real_node: None
) -> None:
    async with running_bus(broker.settings()) as bus:
        with pytest.raises(Unsendable, match=TOPIC):
            await bus.publish(TOPIC, [message(data=os.urandom(9_000_000))])
        assert bus.outage() == "", "the brokers did answer"
        await bus.publish(TOPIC, [message()])


async def test_what_the_client_cancelled_is_not_taken_for_sent(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lose(*_: object, **__: object) -> asyncio.Future[None]:
        lost = asyncio.get_running_loop().create_future()
        lost.cancel()
        return lost

    async with running_bus(broker.settings()) as bus:
        await bus.publish(TOPIC, [message()])
        monkeypatch.setattr(bus._publisher._producer, "send_batch", lose)
        with pytest.raises(KafkaError):
            await bus.publish(TOPIC, [message()])
        await bus.publish(TOPIC, [message()])


async def test_a_topic_that_is_missing_is_soon_told(
    broker: Broker, real_node: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "CONFIRM_SECONDS", 120.0)
    async with running_bus(broker.settings()) as bus, asyncio.timeout(100):
        with pytest.raises(TimeoutError, match=r"nowhere\.events"):
            await bus.publish("nowhere.events", [message()])


async def test_a_failure_of_long_ago_says_nothing_of_the_brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_OUTAGE_SECONDS", 3.0)
    bus = KafkaBus(Settings(bus="kafka", kafka_servers="127.0.0.1:9"), "funding")
    with pytest.raises(KafkaConnectionError):
        await bus.publish(TOPIC, [message()])
    assert bus.outage()
    await wait_until(lambda: bus.outage() == "")
    await bus.close()
