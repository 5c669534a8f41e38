"""Lag of each service: the age in seconds of its oldest unpublished event and of its oldest event not yet received."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import asyncpg

from services import SERVICES, load

SAMPLE_SECONDS = 0.2
UNREACHABLE = float("inf")
"""The lag while the database does not answer."""

_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)

_OUTBOX = "SELECT '{service}', NULL, NULL::bigint, NULL::bigint, min(occurred_at) FROM {service}.outbox"
# Stops at the first missing event; events before it are settled and not read again.
_RECEIVED = """
SELECT '{reader}', '{source}', (SELECT coalesce(max(position), 0) FROM {source}.event_log),
       first.position, first.occurred_at
FROM (SELECT) AS one LEFT JOIN LATERAL (
    SELECT e.position, e.occurred_at FROM {source}.event_log e
    WHERE e.position > ${number}
      AND NOT EXISTS (SELECT FROM {reader}.inbox i WHERE i.event_id = e.event_id)
    ORDER BY e.position LIMIT 1
) AS first ON true"""


def subscriptions() -> list[tuple[str, str]]:
    """Return all pairs of consumer and source."""
    services = {name: load(name) for name in SERVICES}
    return [(reader, source) for reader in SERVICES for source in sorted(services[reader].sources())]


@dataclass(frozen=True)
class Sample:
    """Lag of every service at one moment of the monotonic clock, and the number of events."""

    at: float
    seconds: Mapping[str, float]
    events: int

    def furthest_behind(self) -> str:
        """Return the service with the largest lag."""
        return max(self.seconds, key=self.seconds.__getitem__)

    def worst(self, services: Sequence[str] = SERVICES) -> float:
        return max(self.seconds[service] for service in services)


@dataclass
class Lag:
    """Samples taken during an `async with` block, bypassing the proxy."""

    dsn: str
    samples: list[Sample] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._pairs = subscriptions()
        self._settled = dict.fromkeys(self._pairs, 0)
        received = [_RECEIVED.format(reader=r, source=s, number=n) for n, (r, s) in enumerate(self._pairs, 1)]
        parts = [*(_OUTBOX.format(service=name) for name in SERVICES), *received]
        self._query = "SELECT q.*, extract(epoch FROM clock_timestamp() - occurred_at)::float8 FROM (" + (
            " UNION ALL ".join(parts) + ") AS q (service, source, newest, missing, occurred_at)"
        )
        self._task = asyncio.create_task(self._sample_forever(), name="lag")
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def latest(self) -> Sample:
        return self.samples[-1] if self.samples else Sample(time.monotonic(), dict.fromkeys(SERVICES, UNREACHABLE), 0)

    async def _sample_forever(self) -> None:
        while True:
            try:
                connection = await asyncpg.connect(self.dsn, timeout=2, server_settings={"application_name": "lag"})
                try:
                    while True:
                        self.samples.append(await self._sample(connection))
                        await asyncio.sleep(SAMPLE_SECONDS)
                finally:
                    connection.terminate()
            except _LOST:
                events = self.latest.events
                self.samples.append(Sample(time.monotonic(), dict.fromkeys(SERVICES, UNREACHABLE), events))
                await asyncio.sleep(SAMPLE_SECONDS)

    async def _sample(self, connection: Any) -> Sample:
        rows = await connection.fetch(self._query, *self._settled.values(), timeout=10)
        seconds, newest = dict.fromkeys(SERVICES, 0.0), dict.fromkeys(SERVICES, 0)
        for service, source, last, missing, _, age in rows:
            seconds[service] = max(seconds[service], age or 0.0)
            if source is not None:
                self._settled[service, source] = missing - 1 if missing else last
                newest[source] = last
        return Sample(time.monotonic(), seconds, sum(newest.values()))
