"""Kafka consumer: offsets are committed after the handlers, and again where a commit failed."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.bus import Arrival
from shared.events.bus.connection import client_options
from tests.broker.cluster import Broker
from tests.broker.subscriber import TOPIC, RecordingSubscriber, message, running_bus, wait_until


async def test_offsets_wait_for_the_handlers(broker: Broker) -> None:
    subscriber = RecordingSubscriber()
    subscriber.open.clear()
    async with running_bus(broker.settings(), subscriber) as bus:
        given: list[Sequence[Arrival]] = []
        subscriber.before = given.append
        await bus.publish(TOPIC, [message()])
        await wait_until(lambda: given)
        assert await _committed(broker) == 0
        subscriber.open.set()
        await wait_until(lambda: subscriber.received)
        async with asyncio.timeout(60):
            while await _committed(broker) == 0:  # noqa: ASYNC110 - noted by the broker
                await asyncio.sleep(0.02)


async def test_offsets_whose_commit_failed_are_committed_although_no_record_follows(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber, commits, commit = RecordingSubscriber(), itertools.count(), AIOKafkaConsumer.commit

    async def fail_once(consumer: AIOKafkaConsumer, offsets: Any) -> None:
        if next(commits) == 0:
            raise TimeoutError
        await commit(consumer, offsets)

    monkeypatch.setattr(AIOKafkaConsumer, "commit", fail_once)
    async with running_bus(broker.settings(), subscriber) as bus:
        await bus.publish(TOPIC, [message()])
        async with asyncio.timeout(60):
            while await _committed(broker) == 0:  # noqa: ASYNC110 - noted by the broker
                await asyncio.sleep(0.02)
    assert len(subscriber.received) == 1
    assert next(commits) == 2


async def _committed(broker: Broker) -> int:
    """Return the number of records that the group has committed."""
    asker = AIOKafkaConsumer(
        **client_options(broker.settings(), "tests"), group_id="tenghuan.funding", enable_auto_commit=False
    )
    await asker.start()
    try:
        asker.assign(partitions := await _partitions(asker))
        return sum([await asker.committed(partition) or 0 for partition in partitions])
    finally:
        await asker.stop()


async def _partitions(asker: AIOKafkaConsumer) -> list[TopicPartition]:
    await asker.end_offsets([TopicPartition(TOPIC, 0)])
    return [TopicPartition(TOPIC, number) for number in sorted(asker.partitions_for_topic(TOPIC) or {0})]
