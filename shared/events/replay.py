"""Replay: read past events from a service's event log and publish them again under their ids."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.outbox import shard_of
from shared.storage.tables import event_log

# One statement: the payloads never leave the database.
_REQUEUE = text("""
INSERT INTO outbox (event_id, shard, aggregate_type, aggregate_id, agg_seq, type, payload, headers, occurred_at)
SELECT event_id, shard, aggregate_type, aggregate_id, agg_seq, type, payload,
       jsonb_strip_nulls(jsonb_build_object('district', district, 'applicantuscc', applicant_uscc,
                                            'actor', actor, 'role', role)),
       occurred_at
FROM unnest(CAST(:positions AS bigint[]), CAST(:shards AS smallint[])) AS n(position, shard)
JOIN event_log USING (position) ORDER BY position
""")
_ATTRIBUTES = {"district": "district", "applicantuscc": "applicant_uscc", "actor": "actor", "role": "role"}


@dataclass(frozen=True)
class LogRange:
    """Events from one position of the log to another, both included; of all aggregates or one."""

    first: int
    last: int
    aggregate_id: UUID | None = None

    def of(self, query: Select[Any]) -> Select[Any]:
        """Return the query restricted to the range."""
        chosen = query.where(event_log.c.position.between(self.first, self.last))
        return chosen if self.aggregate_id is None else chosen.where(event_log.c.aggregate_id == self.aggregate_id)


async def find_range(
    session: AsyncSession, since: int | datetime, until: int | datetime | None, aggregate_id: UUID | None = None
) -> LogRange:
    """Return the range of the log between two positions or instants.

    A range by instants begins with the first event at or after `since` and ends with the last at or before `until`.
    Positions follow commits, so it may include some events outside these instants; replaying them is harmless.
    """
    first = since if isinstance(since, int) else await _position(session, func.min, event_log.c.occurred_at >= since)
    if until is None:
        last = await _position(session, func.max, event_log.c.position > 0)
    else:
        last = until if isinstance(until, int) else await _position(session, func.max, event_log.c.occurred_at <= until)
    return LogRange(1 if first is None else first, 0 if first is None or last is None else last, aggregate_id)


async def _position(session: AsyncSession, which: Any, condition: Any) -> int | None:
    position: int | None = await session.scalar(select(which(event_log.c.position)).where(condition))
    return position


async def count(session: AsyncSession, part: LogRange) -> int:
    """Return the number of events in a range."""
    return await session.scalar(part.of(select(func.count()).select_from(event_log))) or 0


async def read(session: AsyncSession, source: str, part: LogRange, after: int, most: int) -> tuple[list[Message], int]:
    """Return the next events after a position, in order, and the position of the last of them."""
    query = part.of(select(event_log)).where(event_log.c.position > after)
    rows = (await session.execute(query.order_by(event_log.c.position).limit(most))).all()
    return [_message(source, row) for row in rows], rows[-1].position if rows else after


def _message(source: str, row: Any) -> Message:
    headers = {name: getattr(row, column) for name, column in _ATTRIBUTES.items()}
    return Message(
        id=row.event_id,
        type=row.type,
        source=source,
        aggregate_type=row.aggregate_type,
        subject=row.aggregate_id,
        seq=row.agg_seq,
        time=row.occurred_at,
        data=row.payload,
        headers={name: value for name, value in headers.items() if value is not None},
    )


async def requeue(session: AsyncSession, part: LogRange, after: int, most: int) -> tuple[int, int]:
    """Put the next events after a position back into the outbox. Returns their number and the last position."""
    query = part.of(select(event_log.c.position, event_log.c.aggregate_id)).where(event_log.c.position > after)
    rows = (await session.execute(query.order_by(event_log.c.position).limit(most))).all()
    if not rows:
        return 0, after
    positions, shards = [row.position for row in rows], [shard_of(row.aggregate_id) for row in rows]
    await session.execute(_REQUEUE, {"positions": positions, "shards": shards})
    session.info["emitted"] = True
    return len(rows), positions[-1]
