"""The bus of one process: publishing awaits the handlers' commits, so a crash in between loses nothing."""

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
            delivery.result()  # a task group takes a cancelled delivery for a finished one

    async def start(self) -> None:
        """Delivery is part of publishing: there is nothing to begin."""

    async def rest(self) -> None:
        """Nothing is under way outside a call of `publish`."""

    async def close(self) -> None:
        """There are no connections."""

    async def lag(self) -> Mapping[str, int]:
        return {}

    def trouble(self) -> str:
        return ""
