"""Events that could not be handled, and those that wait behind them: a queue for each stream, where it can be seen."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.ordering import Stream, see, standings
from shared.storage.session import now
from shared.storage.tables import parked

_FAILED_AGAIN = text("UPDATE parked SET error = :error, attempts = attempts + :attempts WHERE event_id = :event_id")
_ERROR_LENGTH = 4000


def told(error: BaseException | str) -> str:
    """An error as PostgreSQL can keep it: no NUL, no half character, no novel."""
    said = error if isinstance(error, str) else repr(error)
    return said[:_ERROR_LENGTH].replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()


async def park(session: AsyncSession, messages: Sequence[tuple[Message, str, int]]) -> None:
    """Keep events with the error and the number of attempts, in the transaction that also marks them received."""
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
                "error": told(error),
                "attempts": attempts,
                "parked_at": now(session),
            }
            for message, error, attempts in messages
        ],
    )


async def fail_again(session: AsyncSession, event_id: UUID, error: str, attempts: int) -> None:
    """Note that a parked event was tried in vain."""
    await session.execute(_FAILED_AGAIN, {"event_id": event_id, "error": told(error), "attempts": attempts})


async def queued(session: AsyncSession, streams: Collection[Stream]) -> list[Message]:
    """The parked events of streams, in order. Hold their first rows before (`streams.standings`)."""
    if not streams:
        return []
    rows = await session.scalars(
        select(parked.c.message)
        .where(tuple_(parked.c.source, parked.c.aggregate_id).in_(list(streams)))
        .order_by(parked.c.agg_seq, parked.c.parked_at)
    )
    return [Message.from_record(record) for record in rows]


async def unpark(session: AsyncSession, event_ids: Iterable[UUID]) -> None:
    """Take events out of their queues."""
    if gone := list(event_ids):
        await session.execute(delete(parked).where(parked.c.event_id.in_(gone)))


async def give_up(session: AsyncSession, stream: Stream, *, only_first: bool = False) -> list[UUID]:
    """Drop an aggregate's parked events, or the first of them, and whatever came before: later ones flow on.

    Returns their ids; none when nothing is parked.
    """
    await standings(session, [stream])
    dropped = (await queued(session, [stream]))[: 1 if only_first else None]
    await unpark(session, [message.id for message in dropped])
    if dropped:
        await see(session, {stream: dropped[-1].seq})
    return [message.id for message in dropped]
