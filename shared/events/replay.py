"""Past events once more: read from a service's own log, as they were announced, with the ids they had."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.outbox import shard_of
from shared.storage.tables import event_log

# The payloads stay in the database.
_PUT_BACK = text("""
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
class Stretch:
    """Placed events of a log from one position to another, both included; all aggregates, or one."""

    first: int
    last: int
    aggregate_id: UUID | None = None

    def of(self, query: Select[Any]) -> Select[Any]:
        chosen = query.where(event_log.c.position.between(self.first, self.last))
        return chosen if self.aggregate_id is None else chosen.where(event_log.c.aggregate_id == self.aggregate_id)


async def stretch(
    session: AsyncSession, since: int | datetime, until: int | datetime | None, aggregate_id: UUID | None = None
) -> Stretch:
    """The part of the log between two positions or instants.

    An instant takes in all from the first event at or after it, or up to the last at or before it: positions follow
    commits, so events of about that time may stand in another order, and one too many does no harm.
    """
    first = since if isinstance(since, int) else await _found(session, func.min, event_log.c.occurred_at >= since)
    if until is None:
        last = await _found(session, func.max, event_log.c.position > 0)
    else:
        last = until if isinstance(until, int) else await _found(session, func.max, event_log.c.occurred_at <= until)
    return Stretch(1 if first is None else first, 0 if first is None or last is None else last, aggregate_id)


async def _found(session: AsyncSession, which: Any, condition: Any) -> int | None:
    position: int | None = await session.scalar(select(which(event_log.c.position)).where(condition))
    return position


async def count(session: AsyncSession, part: Stretch) -> int:
    """How many events there are."""
    return await session.scalar(part.of(select(func.count()).select_from(event_log))) or 0


async def read(session: AsyncSession, source: str, part: Stretch, after: int, most: int) -> tuple[list[Message], int]:
    """The next events after a position, in order, and the position of the last of them."""
    query = part.of(select(event_log)).where(event_log.c.position > after)
    rows = (await session.execute(query.order_by(event_log.c.position).limit(most))).all()
    return [_message(source, row) for row in rows], rows[-1].position if rows else after


def _message(source: str, row: Any) -> Message:
    said = {name: getattr(row, column) for name, column in _ATTRIBUTES.items()}
    return Message(
        id=row.event_id,
        type=row.type,
        source=source,
        aggregate_type=row.aggregate_type,
        subject=row.aggregate_id,
        seq=row.agg_seq,
        time=row.occurred_at,
        data=row.payload,
        headers={name: value for name, value in said.items() if value is not None},
    )


async def put_back(session: AsyncSession, part: Stretch, after: int, most: int) -> tuple[int, int]:
    """Have the relay carry the next events after a position to everybody; how many, and the position of the last."""
    query = part.of(select(event_log.c.position, event_log.c.aggregate_id)).where(event_log.c.position > after)
    rows = (await session.execute(query.order_by(event_log.c.position).limit(most))).all()
    if not rows:
        return 0, after
    positions, shards = [row.position for row in rows], [shard_of(row.aggregate_id) for row in rows]
    await session.execute(_PUT_BACK, {"positions": positions, "shards": shards})
    session.info["emitted"] = True
    return len(rows), positions[-1]
