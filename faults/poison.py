"""Poison: handlers that fail for chosen aggregates."""

import zlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.inbox import Consumer


class Poisoned(RuntimeError):
    """The error of a poisoned handler."""


@dataclass(frozen=True)
class Poison:
    """Choice of the aggregates for which a consumer fails: one in `one_in`, by the seed; 0: none."""

    seed: int
    one_in: int

    def hits(self, consumer: str, aggregate_id: UUID) -> bool:
        if self.one_in == 0:
            return False
        return zlib.crc32(f"{self.seed} {consumer} {aggregate_id}".encode()) % self.one_in == 0


def poison_handlers(poison: Poison) -> None:
    """Patch the consumers of this process to fail for poisoned aggregates after the handler's work."""
    apply = Consumer.apply

    async def poisoned(self: Consumer, session: AsyncSession, kind: str, run: list[Message]) -> None:
        await apply(self, session, kind, run)
        if kind in {event.type for event in self.handlers}:
            for message in run:
                if poison.hits(self.database.service, message.subject):
                    raise Poisoned(f"poisoned: {message.subject}")

    Consumer.apply = poisoned  # type: ignore[method-assign]
