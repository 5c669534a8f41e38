"""The bus of one process: publishing awaits the handlers' commits, so a crash in between loses nothing."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from shared.bus import Deliver, Message


class InProcessBus:
    """Delivers to every subscriber of the topic and returns when all of them have committed."""

    def __init__(self) -> None:
        self._subscribers: dict[str, list[Deliver]] = defaultdict(list)

    def subscribe(self, topic: str, deliver: Deliver) -> None:
        self._subscribers[topic].append(deliver)

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        async with asyncio.TaskGroup() as group:
            deliveries = [group.create_task(deliver(messages)) for deliver in self._subscribers[topic]]
        for delivery in deliveries:
            delivery.result()  # a task group takes a cancelled delivery for a finished one
