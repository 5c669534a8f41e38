"""Parked events: a queue per stream of events that failed, and of those behind them or behind a gap."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.ordering import Stream, advance, lock_streams
from shared.series import FiguresNotReceived
from shared.storage.session import now
from shared.storage.tables import parked

_RECORD_FAILURE = text("UPDATE parked SET error = :error, attempts = attempts + :attempts WHERE event_id = :event_id")
_ERROR_LENGTH = 4000


def error_text(error: BaseException | str) -> str:
    """Return an error as text that PostgreSQL can store: shortened, without NUL and unpaired surrogates."""
    text = error if isinstance(error, str) else repr(error)
    return text[:_ERROR_LENGTH].replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()


async def park(session: AsyncSession, messages: Sequence[tuple[Message, str, int]]) -> None:
    """Store events with error and number of attempts, in the transaction that marks them received."""
    if not messages:
        return
    await session.execute(
        insert(parked).on_conflict_do_nothing(),
        [
            {
                "event_id": message.id,
                "source": message.source,
                "aggregate_id": message.subject,
                "agg_seq": message.seq,
                "message": message.to_record(),
                "error": error_text(error),
                "attempts": attempts,
                "parked_at": now(session),
            }
            for message, error, attempts in messages
        ],
    )


async def waiting_for_figures(session: AsyncSession) -> list[Stream]:
    """Return the streams whose parked events have failed for want of figures that no longer lack."""
    if session.info["figures"].register.behind:
        return []
    failed = parked.c.error.startswith(FiguresNotReceived.__name__)
    rows = await session.execute(select(parked.c.source, parked.c.aggregate_id).where(failed).distinct())
    return [(row.source, row.aggregate_id) for row in rows]


async def record_failure(session: AsyncSession, event_id: UUID, error: str, attempts: int) -> None:
    """Record another failed attempt of a parked event."""
    await session.execute(_RECORD_FAILURE, {"event_id": event_id, "error": error_text(error), "attempts": attempts})


async def parked_messages(session: AsyncSession, streams: Collection[Stream]) -> list[Message]:
    """Return the parked events of streams, in order. Lock the streams first (`ordering.lock_streams`)."""
    if not streams:
        return []
    rows = await session.scalars(
        select(parked.c.message)
        .where(tuple_(parked.c.source, parked.c.aggregate_id).in_(list(streams)))
        .order_by(parked.c.agg_seq, parked.c.parked_at)
    )
    return [Message.from_record(record) for record in rows]


async def unpark(session: AsyncSession, event_ids: Iterable[UUID]) -> None:
    """Remove events from their queues."""
    if removed := list(event_ids):
        await session.execute(delete(parked).where(parked.c.event_id.in_(removed)))


async def drop_parked(session: AsyncSession, stream: Stream, *, only_first: bool = False) -> list[UUID]:
    """Drop a stream's parked events, or the first of them, so that later events are handled. Returns their ids."""
    await lock_streams(session, [stream])
    dropped = (await parked_messages(session, [stream]))[: 1 if only_first else None]
    await unpark(session, [message.id for message in dropped])
    if dropped:
        await advance(session, {stream: dropped[-1].seq})
    return [message.id for message in dropped]
