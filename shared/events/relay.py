"""Relay: publishes a service's outbox to the bus and gives committed events their position in the feed."""

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from pydantic_core import from_json
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared import logs
from shared.backoff import Backoff, KeyedBackoff, cancellations
from shared.events.bus import Bus, Message, Unsendable
from shared.events.outbox import SHARDS
from shared.storage.roles import trying_also

log = structlog.get_logger()
Work = Callable[[AsyncConnection, asyncio.Event, Backoff], Awaitable[None]]
Row = Mapping[str, Any]
FEED = -1
"""Number of the advisory lock for giving positions, beside those of the shards."""
_RELAY_LOCK = 0x7E11
_POLL_SECONDS = 1.0
# PostgreSQL drops the connection of a relay whose machine is gone within half a minute, and with it its shard locks.
_KEEPALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}
_STATEMENT_SECONDS = 30.0
"""Timeout of a statement."""
_BLOCKED_SHARD_SECONDS = 10.0
"""Time for which a blocked shard is skipped: its rows must not fill the batches of the others."""
_CLOSED_TOPIC_SECONDS = (1.0, 60.0)
"""Shortest and longest time for which a topic is skipped that is missing or forbidden."""
_GATHER_SECONDS = 0.002
"""After a wake-up, rows committed within this time go in the same batch."""

# Readers follow `position`, which one relay assigns after the commit: a cursor on `id` would skip late commits.
_PLACE = text("""
WITH next AS (
    SELECT id, (SELECT coalesce(max(position), 0) FROM event_log) + row_number() OVER (ORDER BY id) AS position
    FROM (SELECT id FROM event_log WHERE position IS NULL ORDER BY id LIMIT :most) AS unplaced
)
UPDATE event_log SET position = next.position FROM next WHERE event_log.id = next.id
""")

# For the driver itself: every event passes here, and building SQLAlchemy rows costs as much as publishing.
_PENDING = """
SELECT id, shard, event_id, aggregate_type, aggregate_id, agg_seq, type, payload, headers::text, occurred_at, topic
FROM outbox WHERE shard = ANY($1) AND (topic IS NULL OR topic <> ALL($3)) ORDER BY id LIMIT $2
"""
_DONE = "DELETE FROM outbox WHERE id = ANY($1)"


class Relay:
    """Publishes one service's outbox in id order per shard, and deletes rows once the bus has confirmed them.

    Without a bus the rows stay until a process with a bus runs; events get their feed positions either way.
    """

    def __init__(self, service: str, url: URL, bus: Bus | None, *, batch: int = 1000, next_password: str = "") -> None:
        self.service, self.bus, self.batch = service, bus, batch
        name = f"relay-{service}"
        self.on_placed: list[Callable[[], None]] = []
        self.engine: AsyncEngine = create_async_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={
                "server_settings": {**_KEEPALIVE, "search_path": service, "application_name": name},
                "command_timeout": _STATEMENT_SECONDS,
                **trying_also(next_password),
            },
        )
        self._wakeups = (asyncio.Event(), asyncio.Event())
        self._blocked_shards = KeyedBackoff[int](_BLOCKED_SHARD_SECONDS, _BLOCKED_SHARD_SECONDS)
        """Shards whose first event no broker takes."""
        self._closed_topics = KeyedBackoff[str](*_CLOSED_TOPIC_SECONDS)
        """Topics other than the event topic that are missing or forbidden."""
        self._batch_limit = batch
        """Rows per batch: halved after a timeout, raised a little after each full batch."""
        self.stopping = False

    def wake(self) -> None:
        """Look for new rows at once."""
        for wakeup in self._wakeups:
            wakeup.set()

    async def run(self) -> None:
        """Publish and assign positions until stopped, on a connection each, so that neither waits for the other."""
        logs.set_context(logs.Context(service=self.service, route="relay"))
        publish, place = self._wakeups
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_connected(self._place_forever, place))
            if self.bus is not None:
                group.create_task(self._run_connected(self._publish_forever, publish))

    async def _run_connected(self, work: Work, wakeup: asyncio.Event) -> None:
        """Run the work until stopped; after any error start it again on a fresh connection."""
        backoff = Backoff()
        while not self.stopping:
            asked = cancellations()
            try:
                async with self.engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await work(connection, wakeup, backoff)
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and cancellations() > asked:
                    raise
                log.warning("relay starts again", error=logs.describe(error))
                await asyncio.sleep(backoff.next_delay())

    async def _publish_forever(self, connection: AsyncConnection, wakeup: asyncio.Event, backoff: Backoff) -> None:
        # A deletion that a crash loses only publishes its rows again, and the inbox drops repetitions.
        await connection.execute(text("SET synchronous_commit = off"))
        shards: list[int] = []
        while not self.stopping:
            wakeup.clear()
            if len(shards) < SHARDS:
                shards += await self._lock(connection, [shard for shard in range(SHARDS) if shard not in shards])
            free = list(set(shards) - set(self._blocked_shards.blocked()))
            published = await self._publish_batch(connection, free) if free else 0
            backoff.reset()
            if published < self._batch_limit:
                await _wait_for(wakeup)
            else:
                self._batch_limit = min(self._batch_limit + max(self.batch // 100, 1), self.batch)

    async def _place_forever(self, connection: AsyncConnection, wakeup: asyncio.Event, backoff: Backoff) -> None:
        owned = False
        while not self.stopping:
            wakeup.clear()
            owned = owned or bool(await self._lock(connection, [FEED]))
            placed = await self._place_once(connection) if owned else 0
            backoff.reset()
            if placed < self.batch:
                await _wait_for(wakeup)

    async def _lock(self, connection: AsyncConnection, numbers: Sequence[int]) -> list[int]:
        """Take the advisory locks that no other relay of this service holds, for the life of the connection."""
        rows = await connection.execute(
            text("SELECT s, pg_try_advisory_lock(:space, :service + s) AS got FROM unnest(CAST(:numbers AS int[])) s"),
            {
                "space": _RELAY_LOCK,
                "service": zlib.crc32(self.service.encode()) % 1_000_000 * 100 + 1,
                "numbers": numbers,
            },
        )
        return [row.s for row in rows if row.got]

    async def _place_once(self, connection: AsyncConnection) -> int:
        placed = (await connection.execute(_PLACE, {"most": self.batch})).rowcount
        if placed:
            for notify in self.on_placed:
                notify()
        return placed

    async def _publish_batch(self, connection: AsyncConnection, shards: list[int]) -> int:
        """Publish one batch and return how many rows went. A row that no broker takes blocks its own shard only."""
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        rows: list[Row] = []
        try:
            rows = await driver.fetch(_PENDING, shards, self._batch_limit, self._closed_topics.blocked())
            return await self._publish_by_topic(driver, rows)
        except TimeoutError:
            self._batch_limit = max(1, min(self._batch_limit, len(rows) or self._batch_limit) // 2)
            raise

    async def _publish_by_topic(self, driver: Any, rows: Sequence[Row]) -> int:
        """Publish the rows topic by topic, events first. A topic that is missing or forbidden delays no other."""
        by_topic: dict[str | None, list[Row]] = {}
        for row in rows:
            by_topic.setdefault(row["topic"], []).append(row)
        published, failure = 0, None
        for topic in sorted(by_topic, key=lambda topic: topic is not None):
            try:
                published += await self._publish_all(driver, topic or f"{self.service}.events", by_topic[topic])
                self._closed_topics.reset(topic or "")
            except Exception as error:
                failure = error
                if topic is not None:
                    self._closed_topics.failed(topic)
        if failure is not None:
            raise failure
        return published

    async def _publish_all(self, driver: Any, topic: str, rows: Sequence[Row]) -> int:
        try:
            return await self._publish(driver, topic, rows)
        except Unsendable:
            return await self._publish_singly(driver, topic, rows)

    async def _publish(self, driver: Any, topic: str, rows: Sequence[Row]) -> int:
        """Publish the rows; delete them once the bus has confirmed all."""
        assert self.bus is not None
        await self.bus.publish(topic, [self._message(row) for row in rows])
        await driver.execute(_DONE, [row["id"] for row in rows])
        return len(rows)

    async def _publish_singly(self, driver: Any, topic: str, rows: Sequence[Row]) -> int:
        """Publish row by row; rows behind one that cannot be sent wait in its shard."""
        blocked: set[int] = set()
        published = 0
        for row in rows:
            if row["shard"] in blocked:
                continue
            try:
                published += await self._publish(driver, topic, [row])
            except Unsendable as error:
                blocked.add(row["shard"])
                self._blocked_shards.failed(row["shard"])
                log.error(
                    "event blocks its shard", event_id=row["event_id"], shard=row["shard"], error=logs.describe(error)
                )
        return published

    def _message(self, row: Row) -> Message:
        return Message(
            id=row["event_id"],
            type=row["type"],
            source=self.service,
            aggregate_type=row["aggregate_type"],
            subject=row["aggregate_id"],
            seq=row["agg_seq"],
            time=row["occurred_at"],
            data=row["payload"],
            headers=from_json(row["headers"]),
        )

    async def stop(self) -> None:
        """Let `run` end after the batch under way."""
        self.stopping = True
        self.wake()

    async def close(self) -> None:
        """Close the connections."""
        await self.engine.dispose()


async def _wait_for(wakeup: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wakeup.wait(), _POLL_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)
