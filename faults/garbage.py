"""Unreadable records published straight to the topics: undecodable ones, and events of an unknown version."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services import SERVICES
from shared.clock import Clock
from shared.events.bus.topics import events_topic

HEADER = "faults"
"""Header that marks garbage for the end checks with an id of its own; the services ignore it."""
UNDECODABLE, UNKNOWN_VERSION = "undecodable", "version"
"""The first word of the mark."""
_SEND_SECONDS = 5.0


@asynccontextmanager
async def publish_garbage(servers: str, seed: int, interval_seconds: float, marks: set[str]) -> AsyncIterator[None]:
    """Publish a garbage record at random intervals during the block, whenever the broker accepts it.

    `marks` receives the mark of each before it is sent.
    """
    rng = random.Random(f"{seed}/garbage")
    publishing = asyncio.create_task(_publish_repeatedly(servers, rng, interval_seconds, marks), name="garbage")
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


async def _publish_repeatedly(servers: str, rng: random.Random, interval_seconds: float, marks: set[str]) -> None:
    while True:
        await asyncio.sleep(rng.uniform(0.5, 1.5) * interval_seconds)
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await _send(servers, rng, marks)


async def _send(servers: str, rng: random.Random, marks: set[str]) -> None:
    """Publish one record over a connection of its own: a producer that outlives a killed broker retries for ever."""
    service = rng.choice(SERVICES)
    producer = AIOKafkaProducer(bootstrap_servers=servers, request_timeout_ms=int(_SEND_SECONDS * 1000))
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await producer.start()
            kind, event_id = rng.choice((UNDECODABLE, UNKNOWN_VERSION)), str(uuid4())
            marks.add(event_id)
            attributes = _UNREADABLE if kind == UNDECODABLE else _of_another_version(service, event_id)
            headers = [*attributes, (HEADER, f"{kind} {event_id}".encode())]
            await producer.send_and_wait(events_topic(service), b"\xff not json", key=None, headers=headers)
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await producer.stop()


def mark_in(header: bytes) -> str:
    """Return the id in the header of a garbage record."""
    return header.decode().split(" ", 1)[1]


_UNREADABLE = [("ce_specversion", b"1.0"), ("ce_id", b"\xfe\xff")]


def _of_another_version(service: str, event_id: str) -> list[tuple[str, bytes]]:
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "type": f"{service}.something_happened.v99",
        "source": f"/{service}",
        "subject": str(uuid4()),
        "sequence": "1",
        "time": Clock().now().isoformat(),
        "aggregatetype": "something",
    }
    return [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
