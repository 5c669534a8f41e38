"""Consuming from Kafka: a batch is delivered, committed by its handlers, and only then are its offsets committed."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from operator import itemgetter

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition

from shared import logs
from shared.backoff import Backoff, cancellations
from shared.events.bus import Arrival, Deliver, Read, Record, Unreadable
from shared.events.bus.connection import client_options, within
from shared.settings import Settings

log = structlog.get_logger()
Fetched = Mapping[TopicPartition, Sequence[ConsumerRecord]]
_POLL_MS = 300
_COMMIT_SECONDS = 10.0
_LAST_COMMIT_SECONDS, _ENDING_SECONDS = 1.0, 0.6
_HANDOVER_SECONDS = 30.0
"""How long a rebalance waits for the batch under way; what is handled after that arrives twice and is absorbed."""
PORTION_BYTES = 1_048_576
SILENT_SECONDS = 60.0
"""A consumer that has partitions, lags behind, and yet gets nothing for so long is thrown away."""
_ANSWER_SECONDS = 120.0
"""So long brokers may take to tell a consumer of its partitions, or of what they hold: rebalances take a minute."""


class Silent(RuntimeError):
    """The consumer gets nothing although there is something: it has lost its way and must be built anew."""


class Passed(RuntimeError):
    """A record that the client breaks on was put aside; what was fetched is in doubt, so it begins anew behind it."""


class Member:
    """One process's membership in its service's consumer group."""

    def __init__(
        self, settings: Settings, service: str, group: str, subscriptions: Mapping[str, tuple[Deliver, Read]], *,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:  # fmt: skip
        self._settings, self._service, self._group, self._subscriptions = settings, service, group, subscriptions
        self._silent_seconds = silent_seconds
        self._stopping = asyncio.Event()
        self._between_batches = asyncio.Event()
        self._between_batches.set()
        self._noting: asyncio.Task[None] | None = None
        self._leaving = False
        self._backoff = Backoff()
        self._consumer: AIOKafkaConsumer | None = None
        """The client, from the moment it has joined."""
        self._stepping = False
        """There is a record ahead that the client itself breaks on, and with it every fetch that holds it."""
        self.trouble = "broker: not joined yet"

    async def run(self) -> None:
        """Consume until asked to stop: whatever happens, begin again after the last offsets committed."""
        logs.set_context(logs.Context(service=self._service, route=self._group))
        while not self._stopping.is_set():
            asked = cancellations()
            try:
                async with self._joined() as consumer:
                    self.trouble = ""
                    if self._stepping:
                        await self._step_over(consumer)
                    await self._consume(consumer)
            except (Exception, asyncio.CancelledError) as error:
                if self._stopping.is_set() or (isinstance(error, asyncio.CancelledError) and cancellations() > asked):
                    return
                self.trouble = f"broker: {error!r}"
                log.warning("consumer starts again", error=logs.describe(error))
                self._stepping = isinstance(error, UnicodeDecodeError)
                await self._rest(self._backoff.next_delay())

    def stop(self) -> bool:
        """Take no other batch. Returns whether none is under way: then `run` may be cancelled, if it still waits."""
        self._stopping.set()
        return self._between_batches.is_set() and not self._leaving

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    @asynccontextmanager
    async def _joined(self) -> AsyncIterator[AIOKafkaConsumer]:
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
        consumer.subscribe(sorted(self._subscriptions), listener=_Handover(self))
        self._noting = None
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
        await within(_LAST_COMMIT_SECONDS, self._noted())
        if not await within(_ENDING_SECONDS, consumer.stop()):
            # What a stop that was cut short would have closed last; else its connections and what it fetched stay.
            for part in (consumer._fetcher, consumer._client):
                if part is not None:
                    await within(0.2, part.close())

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        heard = time.monotonic()
        while not self._stopping.is_set():
            fetched = await self._fetch(consumer, _POLL_MS)
            if not fetched and time.monotonic() - heard > self._silent_seconds:
                fetched = await self._fetch_behind(consumer)
                heard = time.monotonic()
            if fetched:
                await self._take(consumer, fetched)
                heard = time.monotonic()

    async def _fetch(self, consumer: AIOKafkaConsumer, wait_ms: int) -> Fetched:
        """Raises TimeoutError: a consumer waits for its partitions without an end."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            found: Fetched = await consumer.getmany(timeout_ms=wait_ms, max_records=self._settings.kafka_batch)
            return found

    async def _take(self, consumer: AIOKafkaConsumer, fetched: Fetched) -> None:
        async with self._batch():
            for portion in portions(fetched):
                deliver, read = self._subscriptions[next(iter(portion)).topic]
                await deliver([_made(record, read) for records in portion.values() for record in records])
                await self._noted()
                self._noting = asyncio.create_task(_commit(consumer, portion))
                self._backoff.reset()

    @asynccontextmanager
    async def _batch(self) -> AsyncIterator[None]:
        """Neither a stop nor a rebalance cuts in."""
        self._between_batches.clear()
        try:
            yield
        finally:
            self._between_batches.set()

    async def _step_over(self, consumer: AIOKafkaConsumer) -> None:
        """Go on record by record up to the one that the client cannot take apart, and put that one aside.

        Where it is not among what was there at first, another member has it, or has put it aside.
        """
        ends: dict[TopicPartition, int] = {}
        while self._stepping and not self._stopping.is_set():
            mine = consumer.assignment()
            if ends.keys() != mine:
                ends = await consumer.end_offsets(list(mine)) if mine else {}
            ahead = [partition for partition in mine if await consumer.position(partition) < ends[partition]]
            self._stepping = bool(ahead) or not mine
            for partition in ahead:
                await self._step(consumer, partition)
            if not mine:
                await self._rest(0.1)

    async def _step(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        """Take the next record. Raises Passed: that was the one, and it was put aside."""
        place = await consumer.position(partition)
        try:
            fetched = await consumer.getmany(partition, timeout_ms=_POLL_MS, max_records=1)
        except UnicodeDecodeError as error:
            record = Record(partition.topic, partition.partition, place, None, None, ())
            deliver, _ = self._subscriptions[partition.topic]
            async with self._batch():
                await deliver([Unreadable(record, f"its headers: {error!r}")])
                await self._noted()
                await consumer.commit({partition: place + 1})
            self._stepping = False
            raise Passed(f"{self._service}: {partition} {place}") from None
        if fetched:
            await self._take(consumer, fetched)

    async def _noted(self) -> None:
        """Offsets travel while the next batch is fetched and handled; never two batches' at once."""
        if self._noting is not None:
            await asyncio.shield(self._noting)

    async def come_to_rest(self) -> None:
        """Returns when no batch is under way and the last one's offsets are committed."""
        await self._between_batches.wait()
        await self._noted()

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

    async def _fetch_behind(self, consumer: AIOKafkaConsumer) -> Fetched:
        """What comes after a long silence. Raises Silent where brokers hold records and none comes; TimeoutError."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            mine = consumer.assignment()
            ends = await consumer.end_offsets(list(mine)) if mine else {}
            behind = any([ends[partition] > await consumer.position(partition) for partition in mine])
        fetched = await self._fetch(consumer, 1000)
        if behind and not fetched:
            raise Silent(f"{self._service}: nothing came for {self._silent_seconds:.0f} s")
        return fetched


def group_of(service: str, topic: str) -> str:
    """The consumer group in which a service reads a topic; its principal may use no other that begins otherwise.

    What outsiders ask has a group of its own: the services' own events never wait behind a thousand rows of a district.
    """
    own = f"tenghuan.{service}"
    return own if topic.endswith(".events") else f"{own}.inlets"


def portions(fetched: Fetched) -> Iterator[dict[TopicPartition, list[ConsumerRecord]]]:
    """What was fetched in turns of one topic and about a megabyte, each with its own commit.

    Longer ones, cut short by a crash, would never come to their end; and a stop between two topics repeats neither.
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


def _made(raw: ConsumerRecord, read: Read) -> Arrival:
    record = Record(raw.topic, raw.partition, raw.offset, raw.key, raw.value, tuple(raw.headers))
    try:
        return read(record)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        # A header of Kafka's may have no value: kept as an empty one.
        valued = tuple((name, value or b"") for name, value in record.headers)
        return Unreadable(replace(record, headers=valued), repr(error))


async def _commit(consumer: AIOKafkaConsumer, fetched: Fetched) -> None:
    """Note how far we are. Where that fails the records come again, to us or to whoever has the partitions now."""
    offsets = {partition: records[-1].offset + 1 for partition, records in fetched.items()}
    try:
        async with asyncio.timeout(_COMMIT_SECONDS):
            await consumer.commit(offsets)
    except Exception as error:
        log.warning("offsets not committed; records arrive again", error=logs.describe(error))


class _Handover(ConsumerRebalanceListener):  # type: ignore[misc]
    """Partitions are given up between batches."""

    def __init__(self, member: Member) -> None:
        self._member = member

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._member.come_to_rest(), _HANDOVER_SECONDS)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        names = sorted(f"{each.topic}/{each.partition}" for each in assigned)
        log.info("partitions assigned", partitions=names)
