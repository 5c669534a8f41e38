"""Records that nobody can make sense of, put straight onto the topics: undecodable ones and versions not known here."""

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

MARK = "faults"
"""The header by which a stranger is known afterwards; the services know nothing of it."""
UNDECODABLE = b"undecodable"
_PATIENCE_SECONDS = 5.0


@asynccontextmanager
async def strangers(servers: str, seed: int, every_seconds: float) -> AsyncIterator[None]:
    """Have one of them come to a topic every so often, for the length of the block, whenever the broker takes it."""
    coming = asyncio.create_task(_come(servers, random.Random(f"{seed}/strangers"), every_seconds), name="strangers")
    try:
        yield
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _come(servers: str, chance: random.Random, every_seconds: float) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * every_seconds)
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await _send(servers, chance)


async def _send(servers: str, chance: random.Random) -> None:
    """A connection for each: one that outlives a killed broker would keep the record and try for ever."""
    service = chance.choice(SERVICES)
    producer = AIOKafkaProducer(bootstrap_servers=servers, request_timeout_ms=int(_PATIENCE_SECONDS * 1000))
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await producer.start()
            headers = chance.choice((_undecodable, _of_another_version))(service)
            await producer.send_and_wait(events_topic(service), b"\xff not json", key=None, headers=headers)
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await producer.stop()


def _undecodable(_service: str) -> list[tuple[str, bytes]]:
    return [("ce_specversion", b"1.0"), ("ce_id", b"\xfe\xff"), (MARK, UNDECODABLE)]


def _of_another_version(service: str) -> list[tuple[str, bytes]]:
    attributes = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": f"{service}.something_happened.v99",
        "source": f"/{service}",
        "subject": str(uuid4()),
        "sequence": "1",
        "time": Clock().now().isoformat(),
        "aggregatetype": "something",
    }
    return [*((f"ce_{name}", value.encode()) for name, value in attributes.items()), (MARK, b"version")]
