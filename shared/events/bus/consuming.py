"""Kafka consumer: offsets of a batch are committed after the transaction of its handlers."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from operator import itemgetter

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition

from shared import logs
from shared.backoff import Backoff, cancellations
from shared.events.bus import Arrival, Deliver, Read, Record, Unreadable
from shared.events.bus.committing import Commits, Fetched
from shared.events.bus.connection import client_options, finish_within
from shared.settings import Settings

log = structlog.get_logger()
_POLL_MS = 300
_LAST_COMMIT_SECONDS, _CLOSE_SECONDS = 1.0, 0.6
_REBALANCE_SECONDS = 30.0
"""Longest wait of a rebalance for the batch under way; a longer one arrives again, and the inbox drops it."""
PORTION_BYTES = 1_048_576
SILENT_SECONDS = 60.0
"""A consumer that lags behind and receives nothing for this long is replaced."""
_ANSWER_SECONDS = 120.0
"""Timeout for partitions and offsets from the brokers: a rebalance takes up to a minute."""


class ConsumerStalled(RuntimeError):
    """The consumer receives nothing although the broker holds records, and must be replaced."""


class RecordSkipped(RuntimeError):
    """A record that the client cannot parse was stored as a dead letter; the consumer restarts behind it."""


class Member:
    """One process as a member of its service's consumer group."""

    def __init__(
        self, settings: Settings, service: str, group: str, subscriptions: Mapping[str, tuple[Deliver, Read]], *,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:  # fmt: skip
        self._settings, self._service, self._group, self._subscriptions = settings, service, group, subscriptions
        self._silent_seconds = silent_seconds
        self._stopping = asyncio.Event()
        self._between_batches = asyncio.Event()
        self._between_batches.set()
        self.commits = Commits()
        self._leaving = False
        self._backoff = Backoff()
        self._consumer: AIOKafkaConsumer | None = None
        """The client, once it has joined."""
        self._skipping = False
        """True while a record ahead makes every fetch that contains it fail in the client."""
        self.outage = "broker: not joined yet"

    async def run(self) -> None:
        """Consume until stopped; after any error start again behind the last committed offsets."""
        logs.set_context(logs.Context(service=self._service, route=self._group))
        while not self._stopping.is_set():
            asked = cancellations()
            try:
                async with self._join() as consumer:
                    self.outage = ""
                    if self._skipping:
                        await self._skip_unparsable(consumer)
                    await self._consume(consumer)
            except (Exception, asyncio.CancelledError) as error:
                if self._stopping.is_set() or (isinstance(error, asyncio.CancelledError) and cancellations() > asked):
                    return
                self.outage = f"broker: {error!r}"
                log.warning("consumer starts again", error=logs.describe(error))
                self._skipping = isinstance(error, UnicodeDecodeError)
                await self._pause(self._backoff.next_delay())

    def stop(self) -> bool:
        """Take no further batch. Returns whether none is under way, so that `run` may be cancelled."""
        self._stopping.set()
        return self._between_batches.is_set() and not self._leaving

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    @asynccontextmanager
    async def _join(self) -> AsyncIterator[AIOKafkaConsumer]:
        session_ms = int(self._settings.kafka_session_seconds * 1000)
        name = f"{self._service}-{self._settings.instance}" if self._settings.instance else None
        consumer = AIOKafkaConsumer(
            **client_options(self._settings, self._service),
            group_id=self._group,
            group_instance_id=name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // 5,
            rebalance_timeout_ms=max(60_000, session_ms),
            max_poll_interval_ms=300_000,
        )
        consumer.subscribe(sorted(self._subscriptions), listener=_RebalanceListener(self))
        self.commits = Commits()
        try:
            await consumer.start()
            self._consumer = consumer
            yield consumer
        finally:
            self._consumer = None
            self._leaving = True
            try:
                await self._leave(consumer)
            finally:
                self._leaving = False

    async def _leave(self, consumer: AIOKafkaConsumer) -> None:
        await finish_within(_LAST_COMMIT_SECONDS, self.commits.finish())
        if not await finish_within(_CLOSE_SECONDS, consumer.stop()):
            # An interrupted stop leaves these two open, with their connections and fetched records.
            for part in (consumer._fetcher, consumer._client):
                if part is not None:
                    await finish_within(0.2, part.close())

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        heard = time.monotonic()
        while not self._stopping.is_set():
            fetched = await self._fetch(consumer, _POLL_MS)
            if not fetched and time.monotonic() - heard > self._silent_seconds:
                fetched = await self._fetch_after_silence(consumer)
                heard = time.monotonic()
            if fetched:
                await self._take(consumer, fetched)
                heard = time.monotonic()
            else:
                self.commits.repeat(consumer)

    async def _fetch(self, consumer: AIOKafkaConsumer, wait_ms: int) -> Fetched:
        """Fetch records. Raises TimeoutError, since aiokafka waits for its partitions without limit."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            found: Fetched = await consumer.getmany(timeout_ms=wait_ms, max_records=self._settings.kafka_batch)
            return found

    async def _take(self, consumer: AIOKafkaConsumer, fetched: Fetched) -> None:
        async with self._batch():
            for portion in portions(fetched):
                deliver, read = self._subscriptions[next(iter(portion)).topic]
                await deliver([_parse(record, read) for records in portion.values() for record in records])
                await self.commits.begin(consumer, portion)
                self._backoff.reset()

    @asynccontextmanager
    async def _batch(self) -> AsyncIterator[None]:
        """Keep a stop and a rebalance waiting until the block ends."""
        self._between_batches.clear()
        try:
            yield
        finally:
            self._between_batches.set()

    async def _skip_unparsable(self, consumer: AIOKafkaConsumer) -> None:
        """Consume record by record up to the one that the client cannot parse, and store it as a dead letter.

        If it is not among the records present at the start, another member has it or has stored it.
        """
        ends: dict[TopicPartition, int] = {}
        while self._skipping and not self._stopping.is_set():
            mine = consumer.assignment()
            if ends.keys() != mine:
                ends = await consumer.end_offsets(list(mine)) if mine else {}
            ahead = [partition for partition in mine if await consumer.position(partition) < ends[partition]]
            self._skipping = bool(ahead) or not mine
            for partition in ahead:
                await self._consume_one(consumer, partition)
            if not mine:
                await self._pause(0.1)

    async def _consume_one(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        """Consume the next record. Raises RecordSkipped when it was the unparsable one, now a dead letter."""
        place = await consumer.position(partition)
        try:
            fetched = await consumer.getmany(partition, timeout_ms=_POLL_MS, max_records=1)
        except UnicodeDecodeError as error:
            record = Record(partition.topic, partition.partition, place, None, None, ())
            deliver, _ = self._subscriptions[partition.topic]
            async with self._batch():
                await deliver([Unreadable(record, f"headers: {error!r}")])
                await self.commits.finish()
                await consumer.commit({partition: place + 1})
            self._skipping = False
            raise RecordSkipped(f"{self._service}: {partition} {place}") from None
        if fetched:
            await self._take(consumer, fetched)

    async def wait_idle(self) -> None:
        """Return when no batch is under way and the last offsets are committed."""
        await self._between_batches.wait()
        await self.commits.finish()

    async def lag(self) -> Mapping[str, int]:
        """Return by topic how many records of this member's partitions were not fetched yet; empty while it joins."""
        consumer = self._consumer
        if consumer is None:
            return {}
        mine = consumer.assignment()
        ends = await consumer.end_offsets(list(mine)) if mine else {}
        waiting = dict.fromkeys((partition.topic for partition in mine), 0)
        for partition, end in ends.items():
            waiting[partition.topic] += max(end - await consumer.position(partition), 0)
        return waiting

    async def _fetch_after_silence(self, consumer: AIOKafkaConsumer) -> Fetched:
        """Fetch after a long silence. Raises ConsumerStalled if brokers hold records and none arrives; TimeoutError."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            mine = consumer.assignment()
            ends = await consumer.end_offsets(list(mine)) if mine else {}
            behind = any([ends[partition] > await consumer.position(partition) for partition in mine])
        fetched = await self._fetch(consumer, 1000)
        if behind and not fetched:
            raise ConsumerStalled(f"{self._service}: no record for {self._silent_seconds:.0f} s")
        return fetched


def group_of(service: str, topic: str) -> str:
    """Return the consumer group in which a service reads a topic; access rules allow it groups of this prefix only.

    Inbound topics have a group of their own, so that events do not wait behind a district's thousand rows.
    """
    own = f"tenghuan.{service}"
    return own if topic.endswith(".events") else f"{own}.inlets"


def portions(fetched: Fetched) -> Iterator[dict[TopicPartition, list[ConsumerRecord]]]:
    """Yield the fetched records in batches of one topic and about a megabyte, each with its own commit.

    A larger batch that a crash interrupts each time would never finish.
    """
    portion: dict[TopicPartition, list[ConsumerRecord]] = {}
    size, topic = 0, ""
    for partition, records in sorted(fetched.items(), key=itemgetter(0)):
        for record in records:
            if portion and (partition.topic != topic or size + len(record.value or b"") > PORTION_BYTES):
                yield portion
                portion, size = {}, 0
            topic = partition.topic
            portion.setdefault(partition, []).append(record)
            size += len(record.value or b"")
    yield portion


def _parse(raw: ConsumerRecord, read: Read) -> Arrival:
    record = Record(raw.topic, raw.partition, raw.offset, raw.key, raw.value, tuple(raw.headers))
    try:
        return read(record)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        # A Kafka header may have no value; it is stored as an empty one.
        valued = tuple((name, value or b"") for name, value in record.headers)
        return Unreadable(replace(record, headers=valued), repr(error))


class _RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Releases partitions between batches."""

    def __init__(self, member: Member) -> None:
        self._member = member

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._member.wait_idle(), _REBALANCE_SECONDS)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._member.commits.forget()
        names = sorted(f"{each.topic}/{each.partition}" for each in assigned)
        log.info("partitions assigned", partitions=names)
