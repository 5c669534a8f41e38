"""A subscriber, its messages and its bus, for the tests of the Kafka bus."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from shared.events.bus import Arrival, Message
from shared.events.bus.kafka import KafkaBus
from shared.settings import Settings

TOPIC = "intake.events"
_AT = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)


class Ear:
    """A subscriber that remembers, and may be told to fail or to take its time."""

    def __init__(self) -> None:
        self.heard: list[Arrival] = []
        self.before: Callable[[Sequence[Arrival]], object] = lambda batch: None
        self.open = asyncio.Event()
        self.open.set()

    async def deliver(self, batch: Sequence[Arrival]) -> None:
        self.before(batch)
        await self.open.wait()
        self.heard.extend(batch)

    def seqs(self) -> list[int]:
        return [arrival.seq for arrival in self.heard if isinstance(arrival, Message)]


def message(subject: UUID | None = None, seq: int = 1, data: bytes = b"{}") -> Message:
    kind = "intake.declaration_withdrawn.v1"
    named = {"district": "110105", "actor": "service:intake", "role": "system"}
    return Message(uuid4(), kind, "intake", "declaration", subject or uuid4(), seq, _AT, data, named)


@asynccontextmanager
async def bus_of(settings: Settings, ear: Ear | None = None, service: str = "funding") -> AsyncIterator[KafkaBus]:
    bus = KafkaBus(settings, service)
    if ear is not None:
        bus.subscribe(TOPIC, ear.deliver)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.close()


async def until(holds: Callable[[], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in a broker
            await asyncio.sleep(0.01)
