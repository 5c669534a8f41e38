"""Commits of a consumer's offsets: one at a time while the next batch is handled, and again after a failure."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared import logs

log = structlog.get_logger()
Fetched = Mapping[TopicPartition, Sequence[ConsumerRecord]]
_COMMIT_SECONDS = 10.0


class Commits:
    """Offsets of one client. Those that a failed commit left are owed: nothing else may arrive in their partitions."""

    def __init__(self) -> None:
        self._running: asyncio.Task[None] | None = None
        self._owed: dict[TopicPartition, int] = {}

    async def finish(self) -> None:
        """Wait for the commit under way."""
        if self._running is not None:
            await asyncio.shield(self._running)

    async def begin(self, consumer: AIOKafkaConsumer, fetched: Fetched) -> None:
        """Commit the offsets behind these records, and those owed, in the background after the commit before."""
        await self.finish()
        behind = {partition: records[-1].offset + 1 for partition, records in fetched.items()}
        self._start(consumer, behind)

    def repeat(self, consumer: AIOKafkaConsumer) -> None:
        """Commit the offsets owed in the background, unless a commit is under way."""
        if self._owed and (self._running is None or self._running.done()):
            self._start(consumer, {})

    def forget(self) -> None:
        """Owe nothing: partitions were assigned anew, and what was not committed arrives again."""
        self._owed = {}

    def _start(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        all_offsets, self._owed = {**self._owed, **offsets}, {}
        self._running = asyncio.create_task(self._commit(consumer, all_offsets))

    async def _commit(self, consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await consumer.commit(offsets)
        except Exception as error:
            mine = consumer.assignment()  # the client refuses a commit that names another partition
            self._owed = {partition: place for partition, place in offsets.items() if partition in mine}
            log.warning("offsets not committed; they are committed again", error=logs.describe(error))
