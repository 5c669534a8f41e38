"""Announcing what happened: `emit` writes the event in the caller's transaction, the relay carries it after commit."""

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from pydantic_core import from_json
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from shared import logs, tracing
from shared.backoff import Backoff, KeyedBackoff, cancellations
from shared.clock import uuid7
from shared.contracts.base import Event
from shared.events.bus import Bus, Message, Unsendable
from shared.storage.session import actor_of, driver, now

log = structlog.get_logger()
Work = Callable[[AsyncConnection, asyncio.Event, Backoff], Awaitable[None]]
Row = Mapping[str, Any]
SHARDS, FEED = 16, -1
_DEFERRED = "deferred_events"
_RELAY_LOCK = 0x7E11
_POLL_SECONDS = 1.0
# The server drops a relay whose machine is gone within half a minute, and with it the locks on its shards.
_KEEPALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}
_STATEMENT_SECONDS = 30.0
"""And a relay gives up a statement that is not answered for so long."""
_HELD_SECONDS = 10.0
"""So long a shard rests that cannot go on: what waits in it must not crowd out the others."""
_CLOSED_SECONDS = (1.0, 60.0)
"""And a topic, at first and at most."""
_GATHER_SECONDS = 0.002
"""After a wake-up, what is committed within this time goes in the same batch."""

# The head row of each aggregate is locked before an outbox id is drawn: ids of one aggregate follow its sequence.
_EMIT = """
WITH {beside}new AS (
    SELECT *, count(*) OVER (PARTITION BY aggregate_id) AS many,
           row_number() OVER (PARTITION BY aggregate_id ORDER BY ord) AS nth
    FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::bytea[])
         WITH ORDINALITY AS n(event_id, shard, kind, aggregate_id, type, district, applicant_uscc, actor, role,
                              request_id, traceparent, at, payload, ord)
), head AS (
    INSERT INTO stream_head AS h (aggregate_id, seq)
    SELECT aggregate_id, count(*) FROM new GROUP BY aggregate_id ORDER BY aggregate_id
    ON CONFLICT (aggregate_id) DO UPDATE SET seq = h.seq + excluded.seq
    RETURNING aggregate_id, seq
), numbered AS (
    SELECT new.*, head.seq - new.many + new.nth AS agg_seq FROM new JOIN head USING (aggregate_id)
), logged AS (
    INSERT INTO event_log (event_id, aggregate_type, aggregate_id, agg_seq, type, district, applicant_uscc,
                           actor, role, occurred_at, payload)
    SELECT event_id, kind, aggregate_id, agg_seq, type, district, applicant_uscc, actor, role, at, payload
    FROM numbered ORDER BY ord
)
INSERT INTO outbox (event_id, shard, aggregate_type, aggregate_id, agg_seq, type, payload, headers, occurred_at)
SELECT event_id, shard, kind, aggregate_id, agg_seq, type, payload,
       jsonb_strip_nulls(jsonb_build_object('district', district, 'applicantuscc', applicant_uscc,
                                            'actor', actor, 'role', role, 'requestid', request_id,
                                            'traceparent', traceparent)),
       at
FROM numbered ORDER BY ord
"""
_COLUMNS = 13

# Readers follow `position`, given here by one owner after commit: an id cursor would skip a row that commits late.
_PLACE = text("""
WITH next AS (
    SELECT id, (SELECT coalesce(max(position), 0) FROM event_log) + row_number() OVER (ORDER BY id) AS position
    FROM (SELECT id FROM event_log WHERE position IS NULL ORDER BY id LIMIT :most) AS unplaced
)
UPDATE event_log SET position = next.position FROM next WHERE event_log.id = next.id
""")

# For the driver itself: the relay is what every event passes through, and rows made by the ORM cost as much as sending.
_PENDING = """
SELECT id, shard, event_id, aggregate_type, aggregate_id, agg_seq, type, payload, headers::text, occurred_at, topic
FROM outbox WHERE shard = ANY($1) AND (topic IS NULL OR topic <> ALL($3)) ORDER BY id LIMIT $2
"""
_DONE = "DELETE FROM outbox WHERE id = ANY($1)"


async def emit(session: AsyncSession, *events: Event) -> None:
    """Announce events, atomically with the caller's changes. Pending changes are flushed first.

    In a session that defers them (`defer_events`) they are written with its last statement, outside savepoints.
    """
    if not events:
        return
    at, actor = now(session), actor_of(session)
    trace = tracing.current_ids()
    by = (actor.subject, actor.role, logs.context().request_id or None, trace and trace[0], at)
    rows = [
        (uuid7(at), shard_of(event.aggregate_id), *_subject(event), *by, event.model_dump_json().encode())
        for event in events
    ]
    if (deferred := session.info.get(_DEFERRED)) is not None and not session.in_nested_transaction():
        deferred += rows
    else:
        await session.flush()
        await _write(session, rows)


def _subject(event: Event) -> tuple[Any, ...]:
    return event.aggregate_type, event.aggregate_id, event.type, event.district, event.applicant_uscc


def defer_events(session: AsyncSession) -> None:
    """Keep what is emitted from now on until `write_deferred`, which must run before the commit."""
    session.info[_DEFERRED] = []


async def write_deferred(session: AsyncSession, beside: str, *values: Any) -> None:
    """Write the deferred events and run the statement `beside` in the same round trip.

    Its parameters are written {1}, {2}, …: they follow those of the events, where there are events.
    """
    await session.flush()
    rows = session.info.pop(_DEFERRED)
    if rows:
        await _write(session, rows, beside, *values)
    else:
        await (await driver(session)).execute(_numbered(beside, len(values), 0), *values)


async def _write(session: AsyncSession, rows: list[tuple[Any, ...]], beside: str = "", *values: Any) -> None:
    first = f"beside AS ({_numbered(beside, len(values), _COLUMNS)}), " if beside else ""
    connection = await driver(session)
    await connection.execute(_EMIT.replace("{beside}", first), *map(list, zip(*rows, strict=True)), *values)
    session.info["emitted"] = True


def _numbered(statement: str, parameters: int, before: int) -> str:
    for number in range(1, parameters + 1):
        statement = statement.replace(f"{{{number}}}", f"${before + number}")
    return statement


def shard_of(aggregate_id: UUID) -> int:
    """The shard of an aggregate: the same in every process and for ever."""
    return zlib.crc32(aggregate_id.bytes) % SHARDS


class Relay:
    """Carries one service's outbox to the bus, in id order per shard, deleting after the bus has answered.

    Without a bus the rows stay until a process with one comes; the event log is placed for readers either way.
    """

    def __init__(self, service: str, url: URL, bus: Bus | None, *, batch: int = 1000) -> None:
        self.service, self.bus, self.batch = service, bus, batch
        name = f"relay-{service}"
        self.placed: list[Callable[[], None]] = []
        self.engine: AsyncEngine = create_async_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={
                "server_settings": {**_KEEPALIVE, "search_path": service, "application_name": name},
                "command_timeout": _STATEMENT_SECONDS,
            },
        )
        self._news = (asyncio.Event(), asyncio.Event())
        self._held = KeyedBackoff[int](_HELD_SECONDS, _HELD_SECONDS)
        """Shards that an event stopped which no broker takes."""
        self._closed = KeyedBackoff[str](*_CLOSED_SECONDS)
        """Topics beside that of the events that are missing or forbidden."""
        self._most = batch
        """Rows at once: half as many once they took too long, a few more after each full batch that went."""
        self.stopping = False

    def wake(self) -> None:
        for news in self._news:
            news.set()

    async def run(self) -> None:
        """Relay and place until stopped, each on a connection of its own so that neither waits for the other."""
        logs.set_context(logs.Context(service=self.service, route="relay"))
        to_relay, to_place = self._news
        async with asyncio.TaskGroup() as group:
            group.create_task(self._connected(self._place_on, to_place))
            if self.bus is not None:
                group.create_task(self._connected(self._relay_on, to_relay))

    async def _connected(self, work: Work, news: asyncio.Event) -> None:
        """Do the work for ever: whatever stops it, it starts again on a fresh connection, with its locks."""
        backoff = Backoff()
        while not self.stopping:
            asked = cancellations()
            try:
                async with self.engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await work(connection, news, backoff)
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and cancellations() > asked:
                    raise
                log.warning("relay starts again", error=logs.describe(error))
                await asyncio.sleep(backoff.next_delay())

    async def _relay_on(self, connection: AsyncConnection, news: asyncio.Event, backoff: Backoff) -> None:
        # A deletion lost in a crash only sends its rows again, which the inbox absorbs.
        await connection.execute(text("SET synchronous_commit = off"))
        shards: list[int] = []
        while not self.stopping:
            news.clear()
            if len(shards) < SHARDS:
                shards += await self._own(connection, [shard for shard in range(SHARDS) if shard not in shards])
            free = list(set(shards) - set(self._held.blocked()))
            carried = await self._relay_once(connection, free) if free else 0
            backoff.reset()
            if carried < self._most:
                await _rest(news)
            else:
                self._most = min(self._most + max(self.batch // 100, 1), self.batch)

    async def _place_on(self, connection: AsyncConnection, news: asyncio.Event, backoff: Backoff) -> None:
        owned = False
        while not self.stopping:
            news.clear()
            owned = owned or bool(await self._own(connection, [FEED]))
            placed = await self._place_once(connection) if owned else 0
            backoff.reset()
            if placed < self.batch:
                await _rest(news)

    async def _own(self, connection: AsyncConnection, wanted: Sequence[int]) -> list[int]:
        """Take those that no other relay of this service holds; the locks live as long as the connection."""
        rows = await connection.execute(
            text("SELECT s, pg_try_advisory_lock(:space, :service + s) AS got FROM unnest(CAST(:wanted AS int[])) s"),
            {
                "space": _RELAY_LOCK,
                "service": zlib.crc32(self.service.encode()) % 1_000_000 * 100 + 1,
                "wanted": wanted,
            },
        )
        return [row.s for row in rows if row.got]

    async def _place_once(self, connection: AsyncConnection) -> int:
        placed = (await connection.execute(_PLACE, {"most": self.batch})).rowcount
        if placed:
            for notify in self.placed:
                notify()
        return placed

    async def _relay_once(self, connection: AsyncConnection, shards: list[int]) -> int:
        """Carry one batch; how many rows went. A row that no broker takes stops its shard and no other."""
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        rows: list[Row] = []
        try:
            rows = await driver.fetch(_PENDING, shards, self._most, self._closed.blocked())
            return await self._carry_by_topic(driver, rows)
        except TimeoutError:
            self._most = max(1, min(self._most, len(rows) or self._most) // 2)
            raise

    async def _carry_by_topic(self, driver: Any, rows: Sequence[Row]) -> int:
        """Events first. A topic that is missing or forbidden holds up no other."""
        by_topic: dict[str | None, list[Row]] = {}
        for row in rows:
            by_topic.setdefault(row["topic"], []).append(row)
        carried, failure = 0, None
        for topic in sorted(by_topic, key=lambda topic: topic is not None):
            try:
                carried += await self._carry_all(driver, topic or f"{self.service}.events", by_topic[topic])
                self._closed.reset(topic or "")
            except Exception as error:
                failure = error
                if topic is not None:
                    self._closed.failed(topic)
        if failure is not None:
            raise failure
        return carried

    async def _carry_all(self, driver: Any, topic: str, rows: Sequence[Row]) -> int:
        try:
            return await self._carry(driver, topic, rows)
        except Unsendable:
            return await self._carry_one_by_one(driver, topic, rows)

    async def _carry(self, driver: Any, topic: str, rows: Sequence[Row]) -> int:
        """All of it is confirmed before any of it is deleted."""
        assert self.bus is not None
        await self.bus.publish(topic, [self._message(row) for row in rows])
        await driver.execute(_DONE, [row["id"] for row in rows])
        return len(rows)

    async def _carry_one_by_one(self, driver: Any, topic: str, rows: Sequence[Row]) -> int:
        """Nothing is skipped: what follows in its shard waits behind a row that cannot be sent."""
        stopped: set[int] = set()
        carried = 0
        for row in rows:
            if row["shard"] in stopped:
                continue
            try:
                carried += await self._carry(driver, topic, [row])
            except Unsendable as error:
                stopped.add(row["shard"])
                self._held.failed(row["shard"])
                log.error(
                    "event blocks its shard", event_id=row["event_id"], shard=row["shard"], error=logs.describe(error)
                )
        return carried

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
        """Finish the batch under way, then end."""
        self.stopping = True
        self.wake()

    async def close(self) -> None:
        await self.engine.dispose()


async def _rest(news: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(news.wait(), _POLL_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)
