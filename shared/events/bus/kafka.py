"""The bus between processes: Apache Kafka, by aiokafka."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from shared.events.bus import Deliver, Message, Read, read_event
from shared.events.bus.consuming import Member, group_of
from shared.events.bus.publishing import Publisher
from shared.settings import Settings

_REST_SECONDS = 2.0
"""A batch that takes longer is given up, and comes again."""


class KafkaBus:
    """One service's way to the brokers: what it announces and what it is told.

    Delivery is at least once and in order per subject; the inbox makes it once. No Kafka transactions: the outbox and
    the inbox already tie messages to what was committed.
    """

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings, self._service = settings, service
        self._publisher = Publisher(settings, service)
        self._subscriptions: dict[str, tuple[Deliver, Read]] = {}
        self._members: list[Member] = []
        self._consuming: list[asyncio.Task[None]] = []

    def subscribe(self, topic: str, deliver: Deliver, read: Read = read_event) -> None:
        """Raises ValueError for a topic that has a subscriber: each would see a part of the records."""
        if topic in self._subscriptions:
            raise ValueError(f"{topic} has a subscriber already")
        self._subscriptions[topic] = (deliver, read)

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Returns when all replicas in sync have them. Raises Unsendable, KafkaError, OSError or TimeoutError."""
        await self._publisher.publish(topic, messages)

    async def start(self) -> None:
        """Begin to consume, in the background: brokers that are away are waited for."""
        groups: dict[str, dict[str, tuple[Deliver, Read]]] = {}
        for topic, subscription in self._subscriptions.items():
            groups.setdefault(group_of(self._service, topic), {})[topic] = subscription
        self._members = [Member(self._settings, self._service, group, topics) for group, topics in groups.items()]
        self._consuming = [asyncio.create_task(member.run(), name="consumer") for member in self._members]

    async def rest(self) -> None:
        for member, task in zip(self._members, self._consuming, strict=True):
            if member.stop():
                task.cancel()
        if self._consuming:
            _, late = await asyncio.wait(self._consuming, timeout=_REST_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        await self.rest()
        await self._publisher.close()

    async def lag(self) -> Mapping[str, int]:
        waiting: Counter[str] = Counter()
        for member in self._members:
            waiting.update(await member.lag())
        return waiting

    def trouble(self) -> str:
        return self._publisher.trouble or next((member.trouble for member in self._members if member.trouble), "")
