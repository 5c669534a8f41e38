"""Poison: a handler that fails for some aggregates, and records that nobody can read."""

import zlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.inbox import Consumer


class Poisoned(RuntimeError):
    """The bug that was put into a handler."""


@dataclass(frozen=True)
class Poison:
    """Which aggregates a consumer's handlers fail for: one in so many, chosen by the seed; none when 0."""

    seed: int
    one_in: int

    def hits(self, consumer: str, aggregate_id: UUID) -> bool:
        if self.one_in == 0:
            return False
        return zlib.crc32(f"{self.seed} {consumer} {aggregate_id}".encode()) % self.one_in == 0


def poison_handlers(poison: Poison) -> None:
    """Have the handlers of this process fail for the aggregates that are hit, after they did their work."""
    apply = Consumer.apply

    async def poisoned(self: Consumer, session: AsyncSession, kind: str, run: list[Message]) -> None:
        await apply(self, session, kind, run)
        if kind in {event.type for event in self.handlers}:
            for message in run:
                if poison.hits(self.database.service, message.subject):
                    raise Poisoned(f"poisoned: {message.subject}")

    Consumer.apply = poisoned  # type: ignore[method-assign]
