"""Transactional outbox: `emit` writes events in the caller's transaction; the relay publishes them after the commit."""

import zlib
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs, tracing
from shared.clock import uuid7
from shared.contracts.base import Event
from shared.storage.session import actor_of, driver, now
from shared.text import STORED

SHARDS = 16
"""Rows of one aggregate are in one shard, and each shard is published in order by one relay."""
_DEFERRED = "deferred_events"

# The head row of each aggregate is locked before an outbox id is drawn, so ids of one aggregate follow its sequence.
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
                                            'traceparent', traceparent,
                                            'figures', (SELECT string_agg(kind || '=' || number, ',' ORDER BY kind)
                                                        FROM series_head WHERE owned))),
       at
FROM numbered ORDER BY ord
"""
_COLUMNS = 13


async def emit(session: AsyncSession, *events: Event) -> None:
    """Write events to the event log and the outbox in the caller's transaction; flush pending changes first.

    A session that defers events (`defer_events`) writes them with its last statement, unless a savepoint is open.
    Raises pydantic's ValidationError for an event that its readers could not decode: the act fails, not they.
    """
    if not events:
        return
    at, actor = now(session), actor_of(session)
    trace = tracing.current_ids()
    by = (actor.subject, actor.role, logs.context().request_id or None, trace and trace[0], at)
    rows = [(uuid7(at), shard_of(event.aggregate_id), *_subject(event), *by, _payload(event)) for event in events]
    if (deferred := session.info.get(_DEFERRED)) is not None and not session.in_nested_transaction():
        deferred += rows
    else:
        await session.flush()
        await _write(session, rows)


def _payload(event: Event) -> bytes:
    """Return the event as JSON, after reading it as its consumers do."""
    payload = event.model_dump_json().encode()
    type(event).model_validate_json(payload, context=STORED)
    return payload


def _subject(event: Event) -> tuple[Any, ...]:
    return event.aggregate_type, event.aggregate_id, event.type, event.district, event.applicant_uscc


def defer_events(session: AsyncSession) -> None:
    """Collect the events emitted from now on until `write_deferred`, which must run before the commit."""
    session.info[_DEFERRED] = []


async def write_deferred(session: AsyncSession, beside: str, *values: Any) -> None:
    """Write the deferred events and run the statement `beside` in the same round trip.

    Write its parameters as {1}, {2}, …: they are numbered after those of the events.
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
    """Return the shard of an aggregate; it never changes."""
    return zlib.crc32(aggregate_id.bytes) % SHARDS
