"""Kafka producer: whole batches per partition, and a new producer after every failure."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

from shared.events.bus import Message, Unsendable
from shared.events.bus.connection import client_options, finish_within
from shared.events.bus.topics import LONGEST_RECORD_BYTES
from shared.settings import Settings

log = structlog.get_logger()
CONFIRM_SECONDS = 20.0
"""Timeout of a confirmation: batches of an idempotent producer never expire by themselves."""
_TOPIC_SECONDS = 5.0
"""Timeout for the partitions of a topic: the client asks without limit for a topic that is missing."""
_BATCH_BYTES = 262_144
_OUTAGE_SECONDS = 30.0
"""Time for which a failure counts as an outage: another replica may publish the rows meanwhile."""

Headers = list[tuple[str, bytes]]


class Publisher:
    """Publishes messages in order per aggregate, confirmed by all in-sync replicas."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings, self._service = settings, service
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()
        self._failed = ("", 0.0)
        """Error of the last attempt, and when it happened."""

    @property
    def outage(self) -> str:
        """The error of the last attempt, if it is recent."""
        error, at = self._failed
        return error if time.monotonic() - at < _OUTAGE_SECONDS else ""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Publish messages. Raises KafkaError, OSError or TimeoutError when some may be missing: publish all again.

        Raises Unsendable if the brokers refuse one of them permanently.
        """
        try:
            async with self._lock, asyncio.timeout(CONFIRM_SECONDS):
                await self._send(await self._connected(), topic, messages)
        except BaseException as failure:
            permanent = isinstance(failure, MessageSizeTooLargeError)
            self._failed = ("", 0.0) if permanent else (f"broker: {failure!r}", time.monotonic())
            # A fenced or out-of-sequence producer never recovers. A discarded one may still send: copies of what its
            # successor sends.
            await self._discard()
            if permanent:
                raise Unsendable(f"{topic}: {failure!r}") from None
            raise
        self._failed = ("", 0.0)

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **client_options(self._settings, self._service),
                enable_idempotence=True,
                acks="all",
                linger_ms=0,
                max_batch_size=_BATCH_BYTES,
                max_request_size=LONGEST_RECORD_BYTES,
                compression_type="lz4",
                request_timeout_ms=int(CONFIRM_SECONDS * 1000),
            )
            try:
                await producer.start()
            except BaseException:
                await _stop_producer(producer)
                raise
            self._producer = producer
        return self._producer

    async def _send(self, producer: AIOKafkaProducer, topic: str, messages: Sequence[Message]) -> None:
        partitions = await _partitions(producer, topic)
        queues: dict[int, list[Message]] = defaultdict(list)
        for message in messages:
            queues[partition_of(str(message.subject), partitions)].append(message)
        await _all_of([asyncio.create_task(_send_partition(producer, topic, *each)) for each in queues.items()])

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop_producer(producer)

    async def close(self) -> None:
        await self._discard()


async def _partitions(producer: AIOKafkaProducer, topic: str) -> int:
    try:
        async with asyncio.timeout(_TOPIC_SECONDS):
            return len(await producer.partitions_for(topic))
    except TimeoutError:
        raise TimeoutError(f"the brokers return no partitions of {topic}; does it exist?") from None


async def _all_of(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for all tasks. Raises the first error; KafkaError for a task that the client cancelled.

    No task group: it ignores a cancelled task, and in Python 3.11 leaves its own task counted as cancelled.
    """
    if not tasks:
        return
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        errors = [each for each in await asyncio.gather(*tasks, return_exceptions=True) if each is not None]
    for error in sorted(errors, key=lambda each: isinstance(each, asyncio.CancelledError)):
        raise KafkaError("the client cancelled a batch") if isinstance(error, asyncio.CancelledError) else error


async def _send_partition(producer: AIOKafkaProducer, topic: str, partition: int, queue: Sequence[Message]) -> None:
    """Send the messages of one partition in full batches."""
    waiting = iter(queue)
    message = next(waiting, None)
    sent = []
    while message is not None:
        batch = producer.create_batch()
        while message is not None and _append(batch, message):
            message = next(waiting, None)
        if not batch.record_count():
            raise MessageSizeTooLargeError(f"event {message.id if message else ''} does not fit into a batch")
        batch.close()
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    for delivered in sent:
        await delivered


def _append(batch: Any, message: Message) -> bool:
    key = str(message.subject).encode()
    return batch.append(timestamp=None, key=key, value=message.data, headers=headers_of(message)) is not None


def headers_of(message: Message) -> Headers:
    """Return the CloudEvents 1.0 headers in Kafka's binary mode; the partition key is the record's key."""
    headers = [
        *_constant(message.source, message.type, message.aggregate_type),
        ("ce_id", str(message.id).encode()),
        ("ce_subject", str(message.subject).encode()),
        ("ce_sequence", b"%d" % message.seq),
        ("ce_time", message.time.isoformat().encode()),
    ]
    headers += [(f"ce_{name}", value.encode()) for name, value in message.headers.items()]
    return headers


@lru_cache(maxsize=1000)
def _constant(source: str, kind: str, aggregate_type: str) -> Headers:
    return [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_type", kind.encode()),
        ("ce_source", f"/{source}".encode()),
        ("ce_aggregatetype", aggregate_type.encode()),
    ]


@lru_cache(maxsize=100_000)
def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key, as every Kafka client with the default partitioner computes it."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


async def _stop_producer(producer: AIOKafkaProducer) -> None:
    """Stop a producer in any state; its own `stop` waits without limit for undeliverable messages."""
    if await finish_within(1, producer.stop()):
        return
    log.warning("producer discarded with unconfirmed messages; they are sent again")
    await finish_within(0.5, producer.client.close())
    await finish_within(0.5, producer._sender.close())
