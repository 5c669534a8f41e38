"""Kafka bus, by aiokafka."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from shared.events.bus import Deliver, Message, Read, read_event
from shared.events.bus.consuming import Member, group_of
from shared.events.bus.publishing import Publisher
from shared.settings import Settings

_STOP_SECONDS = 2.0
"""A batch that takes longer is cancelled, and arrives again."""


class KafkaBus:
    """One service's publisher and consumers.

    Delivery is at least once and in order per subject; the inbox drops repetitions. Kafka transactions are not needed:
    outbox and inbox tie messages to database transactions.
    """

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings, self._service = settings, service
        self._publisher = Publisher(settings, service)
        self._subscriptions: dict[str, tuple[Deliver, Read]] = {}
        self._members: list[Member] = []
        self._consuming: list[asyncio.Task[None]] = []

    def subscribe(self, topic: str, deliver: Deliver, read: Read = read_event) -> None:
        """Register a subscriber. Raises ValueError for a second one, since each would receive a part of the records."""
        if topic in self._subscriptions:
            raise ValueError(f"{topic} has a subscriber already")
        self._subscriptions[topic] = (deliver, read)

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Publish, confirmed by all in-sync replicas. Raises Unsendable, KafkaError, OSError or TimeoutError."""
        await self._publisher.publish(topic, messages)

    async def start(self) -> None:
        """Start consuming in the background; it waits for brokers that are away."""
        groups: dict[str, dict[str, tuple[Deliver, Read]]] = {}
        for topic, subscription in self._subscriptions.items():
            groups.setdefault(group_of(self._service, topic), {})[topic] = subscription
        self._members = [Member(self._settings, self._service, group, topics) for group, topics in groups.items()]
        self._consuming = [asyncio.create_task(member.run(), name="consumer") for member in self._members]

    async def stop_delivery(self) -> None:
        for member, task in zip(self._members, self._consuming, strict=True):
            if member.stop():
                task.cancel()
        if self._consuming:
            _, late = await asyncio.wait(self._consuming, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        await self.stop_delivery()
        await self._publisher.close()

    async def lag(self) -> Mapping[str, int]:
        waiting: Counter[str] = Counter()
        for member in self._members:
            waiting.update(await member.lag())
        return waiting

    def outage(self) -> str:
        return self._publisher.outage or next((member.outage for member in self._members if member.outage), "")
