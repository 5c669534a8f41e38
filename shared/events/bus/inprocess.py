"""In-process bus: publishing awaits the handlers' commits, so a crash in between loses nothing."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.events.bus import Deliver, Message, Read, read_event


class InProcessBus:
    """Delivers to every subscriber of the topic and returns when all of them have committed."""

    def __init__(self) -> None:
        self._subscribers: dict[str, list[Deliver]] = defaultdict(list)

    def subscribe(self, topic: str, deliver: Deliver, read: Read = read_event) -> None:
        self._subscribers[topic].append(deliver)

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        async with asyncio.TaskGroup() as group:
            deliveries = [group.create_task(deliver(messages)) for deliver in self._subscribers[topic]]
        for delivery in deliveries:
            delivery.result()  # a task group ignores a cancelled delivery

    async def start(self) -> None:
        """Do nothing: delivery is part of publishing."""

    async def stop_delivery(self) -> None:
        """Do nothing: delivery is part of publishing."""

    async def close(self) -> None:
        """Do nothing: there are no connections."""

    async def lag(self) -> Mapping[str, int]:
        return {}

    def outage(self) -> str:
        return ""
