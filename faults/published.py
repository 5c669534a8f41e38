"""Contents of the topics at the end, read as an outside consumer: completeness and order."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from faults.garbage import HEADER, mark_in
from shared.settings import Settings

_READ_SECONDS = 120.0


@dataclass
class PublishedTopic:
    """Messages of one topic."""

    last: dict[UUID, int] = field(default_factory=dict)
    """By aggregate: the last event of the unbroken sequence from 1."""
    seen: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By aggregate: all its events."""
    garbage: set[str] = field(default_factory=set)
    """Marks of records that no service can read."""
    out_of_order: list[str] = field(default_factory=list)
    """Events that came before an earlier one of their aggregate."""

    def add(self, topic: str, headers: dict[str, bytes]) -> None:
        """Add one record. A repetition is allowed."""
        if HEADER in headers:
            self.garbage.add(mark_in(headers[HEADER]))
        else:
            self._check_sequence(topic, headers)

    def _check_sequence(self, topic: str, headers: dict[str, bytes]) -> None:
        aggregate, seq = UUID(headers["ce_subject"].decode()), int(headers["ce_sequence"])
        known = self.last.get(aggregate, 0)
        self.seen[aggregate].add(seq)
        if seq > known + 1:
            self.out_of_order.append(f"{topic} has event {seq} of {aggregate} after event {known}")
        self.last[aggregate] = max(known, seq)


async def read_topics(settings: Settings, topics: Iterable[str]) -> dict[str, PublishedTopic]:
    """Read the topics from the beginning to their present end. Raises TimeoutError."""
    found = {topic: PublishedTopic() for topic in topics}
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_servers, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, n) for topic in found for n in range(settings.kafka_partitions)])
        await consumer.seek_to_beginning()
        async with asyncio.timeout(_READ_SECONDS):
            await _read_to(consumer, found)
    finally:
        await consumer.stop()
    return found


async def _read_to(consumer: AIOKafkaConsumer, found: dict[str, PublishedTopic]) -> None:
    ends = await consumer.end_offsets(list(consumer.assignment()))
    left = {place for place, end in ends.items() if end}
    while left:
        for place, records in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
            for record in records:
                found[place.topic].add(place.topic, dict(record.headers))
            if records[-1].offset + 1 >= ends[place]:
                left.discard(place)
