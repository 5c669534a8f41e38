"""Publishing to Kafka: whole batches per partition, and a fresh producer whenever the old one cannot be trusted."""

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
from shared.events.bus.connection import client_options, within
from shared.events.bus.topics import LONGEST_RECORD_BYTES
from shared.settings import Settings

log = structlog.get_logger()
PATIENCE_SECONDS = 20.0
"""How long brokers may take to confirm. Batches of an idempotent producer never expire by themselves."""
_TOPIC_SECONDS = 5.0
"""How long brokers may take to tell a topic's partitions; the client goes on asking for a topic that is missing."""
_BATCH_BYTES = 262_144
_TROUBLE_SECONDS = 30.0
"""A failure says nothing of the brokers after so long: another replica may have taken over what was to be sent."""

Headers = list[tuple[str, bytes]]


class Publisher:
    """Sends messages in order per aggregate and returns when all replicas in sync have them."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings, self._service = settings, service
        self._producer: AIOKafkaProducer | None = None
        self._turn = asyncio.Lock()
        self._failed = ("", 0.0)
        """What the last attempt failed with, and when."""

    @property
    def trouble(self) -> str:
        """What the last attempt failed with, if that was of late."""
        error, at = self._failed
        return error if time.monotonic() - at < _TROUBLE_SECONDS else ""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Raises KafkaError, OSError or TimeoutError; then some may have arrived, and all must be sent again.

        Raises Unsendable where one of them would never be taken.
        """
        try:
            async with self._turn, asyncio.timeout(PATIENCE_SECONDS):
                await self._send(await self._connected(), topic, messages)
        except BaseException as failure:
            never = isinstance(failure, MessageSizeTooLargeError)
            self._failed = ("", 0.0) if never else (f"broker: {failure!r}", time.monotonic())
            # A fenced or out-of-sequence producer never recovers, and one in doubt may still send: what it sends
            # late are copies of what its successor sends.
            await self._discard()
            if never:
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
                request_timeout_ms=int(PATIENCE_SECONDS * 1000),
            )
            try:
                await producer.start()
            except BaseException:
                await _end(producer)
                raise
            self._producer = producer
        return self._producer

    async def _send(self, producer: AIOKafkaProducer, topic: str, messages: Sequence[Message]) -> None:
        partitions = await _partitions(producer, topic)
        queues: dict[int, list[Message]] = defaultdict(list)
        for message in messages:
            queues[partition_of(str(message.subject), partitions)].append(message)
        await _all_of([asyncio.create_task(_fill(producer, topic, *each)) for each in queues.items()])

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _end(producer)

    async def close(self) -> None:
        await self._discard()


async def _partitions(producer: AIOKafkaProducer, topic: str) -> int:
    try:
        async with asyncio.timeout(_TOPIC_SECONDS):
            return len(await producer.partitions_for(topic))
    except TimeoutError:
        raise TimeoutError(f"no broker tells where {topic} is; does it exist?") from None


async def _all_of(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for all, or for the first that fails. Raises its error; KafkaError for one that the client cancelled.

    No task group: that takes a cancelled task for done, and in Python 3.11 leaves its own task counted as cancelled.
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
        raise KafkaError("the client gave up a batch") if isinstance(error, asyncio.CancelledError) else error


async def _fill(producer: AIOKafkaProducer, topic: str, partition: int, queue: Sequence[Message]) -> None:
    """Send one partition's messages, a full batch at a time."""
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
    """CloudEvents 1.0 attributes in Kafka's binary mode; the partition key is the record's key."""
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
    """Where a key's records go: the same as with every Kafka client that keeps to the default partitioner."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


async def _end(producer: AIOKafkaProducer) -> None:
    """Stop a producer whatever state it is in; its own `stop` waits for ever for what it cannot deliver."""
    if await within(1, producer.stop()):
        return
    log.warning("producer discarded with unconfirmed messages; they are sent again")
    await within(0.5, producer.client.close())
    await within(0.5, producer._sender.close())
