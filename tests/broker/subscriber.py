"""Subscriber, messages and bus for the tests of the Kafka bus."""

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


class RecordingSubscriber:
    """A subscriber that records what it receives, and can be made to fail or to wait."""

    def __init__(self) -> None:
        self.received: list[Arrival] = []
        self.before: Callable[[Sequence[Arrival]], object] = lambda batch: None
        self.open = asyncio.Event()
        self.open.set()

    async def deliver(self, batch: Sequence[Arrival]) -> None:
        self.before(batch)
        await self.open.wait()
        self.received.extend(batch)

    def seqs(self) -> list[int]:
        return [arrival.seq for arrival in self.received if isinstance(arrival, Message)]


def message(subject: UUID | None = None, seq: int = 1, data: bytes = b"{}") -> Message:
    kind = "intake.declaration_withdrawn.v1"
    named = {"district": "110105", "actor": "service:intake", "role": "system"}
    return Message(uuid4(), kind, "intake", "declaration", subject or uuid4(), seq, _AT, data, named)


@asynccontextmanager
async def running_bus(
    settings: Settings, subscriber: RecordingSubscriber | None = None, service: str = "funding"
) -> AsyncIterator[KafkaBus]:
    bus = KafkaBus(settings, service)
    if subscriber is not None:
        bus.subscribe(TOPIC, subscriber.deliver)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.close()


async def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in a broker
            await asyncio.sleep(0.01)
