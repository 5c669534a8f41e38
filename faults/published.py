"""What the broker holds in the end, read as any outsider would: is everything there, and in order?"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from faults.garbage import MARK, UNDECODABLE
from shared.settings import Settings

_PATIENCE_SECONDS = 120.0


@dataclass
class Announced:
    """The messages of one topic."""

    last: dict[UUID, int] = field(default_factory=dict)
    """By aggregate: the last event up to which all came in order."""
    records: int = 0
    strangers: set[tuple[int, int]] = field(default_factory=set)
    """Partition and offset of the records that nobody can decode."""
    unknown: set[UUID] = field(default_factory=set)
    """Ids of the events of a version that nobody knows."""
    faults: list[str] = field(default_factory=list)
    """Events that came before an earlier one of their aggregate."""

    def take(self, topic: str, partition: int, offset: int, headers: dict[str, bytes]) -> None:
        """One record more. One that was there before is a repetition, which the promise allows."""
        self.records += 1
        if headers.get(MARK) == UNDECODABLE:
            self.strangers.add((partition, offset))
        elif MARK in headers:
            self.unknown.add(UUID(headers["ce_id"].decode()))
        else:
            self._follow(topic, headers)

    def _follow(self, topic: str, headers: dict[str, bytes]) -> None:
        aggregate, seq = UUID(headers["ce_subject"].decode()), int(headers["ce_sequence"])
        known = self.last.get(aggregate, 0)
        if seq > known + 1:
            self.faults.append(f"{topic} has event {seq} of {aggregate} after event {known}")
        self.last[aggregate] = max(known, seq)


async def read(settings: Settings, topics: Iterable[str]) -> dict[str, Announced]:
    """The topics from their beginning to their present end. Raises TimeoutError."""
    found = {topic: Announced() for topic in topics}
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_servers, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, n) for topic in found for n in range(settings.kafka_partitions)])
        await consumer.seek_to_beginning()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await _read_on(consumer, found)
    finally:
        await consumer.stop()
    return found


async def _read_on(consumer: AIOKafkaConsumer, found: dict[str, Announced]) -> None:
    ends = await consumer.end_offsets(list(consumer.assignment()))
    left = {place for place, end in ends.items() if end}
    while left:
        for place, records in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
            for record in records:
                found[place.topic].take(place.topic, place.partition, record.offset, dict(record.headers))
            if records[-1].offset + 1 >= ends[place]:
                left.discard(place)
