"""Acting on what happened elsewhere, once: inbox row, handler and new events commit together or not at all."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import system_actor
from shared.bus import Message
from shared.contracts.base import Event, event_class
from shared.db import Database, is_passing, now
from shared.tables import parked, stream_seen

log = logging.getLogger(__name__)
ATTEMPTS = 5

Handler = Callable[[AsyncSession, Any], Awaitable[None]]


@dataclass(frozen=True)
class Gathered:
    """A handler that takes a run of events of its type at once: for what comes by the thousand."""

    handle: Callable[[AsyncSession, list[Any]], Awaitable[None]]


Handlers = Mapping[type[Event], Handler | Gathered]

# One statement per batch: what was seen before drops out here.
_ACCEPT = text("""
INSERT INTO inbox (event_id, received_at)
SELECT event_id, CAST(:at AS timestamptz) FROM unnest(CAST(:ids AS uuid[])) AS n(event_id)
ON CONFLICT DO NOTHING RETURNING event_id
""")
_SEEN = text("""
INSERT INTO stream_seen AS s (source, aggregate_id, seq)
SELECT :source, * FROM unnest(CAST(:subjects AS uuid[]), CAST(:seqs AS bigint[])) AS n(aggregate_id, seq)
ON CONFLICT (source, aggregate_id) DO UPDATE SET seq = excluded.seq WHERE s.seq < excluded.seq
""")


class Gap(Exception):
    """An event arrived before the one that precedes it in its stream."""


class Stopping(Exception):
    """The consumer is on its way out: what it was given has not been handled and stays with the carrier."""


class Consumer:
    """What one service does with the messages of one topic, whoever carries them."""

    def __init__(self, database: Database, handlers: Handlers) -> None:
        self.database = database
        self.handlers = handlers
        self.healthy = True
        self.stopping = False

    async def deliver(self, messages: Sequence[Message]) -> None:
        """Handle a batch in one transaction; on a handler's error, one by one. Returns when all is committed.

        Raises Stopping, and what parking an event raises.
        """
        try:
            await self._patiently(messages)
        except Stopping:
            raise
        except Exception as error:
            if len(messages) > 1:
                for message in messages:
                    await self.deliver([message])
            else:
                await self._insist(messages[0], error)

    async def _patiently(self, messages: Sequence[Message]) -> None:
        """Handle; while the database is away, wait and try again without limit."""
        pause = 0.05
        while not self.stopping:
            try:
                await self._handle(messages)
                self.healthy = True
                return
            except Exception as error:
                if not is_passing(error):
                    raise
                await self._wait_for_database(error, pause)
            pause = min(pause * 2, 5.0)
        raise Stopping(self.database.service)

    async def _wait_for_database(self, error: Exception, pause: float) -> None:
        self.healthy = False
        log.warning("consumer waits", extra={"service": self.database.service, "error": repr(error)})
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _insist(self, message: Message, error: Exception) -> None:
        """Five attempts; then the aggregate is parked, and with it whatever follows of that aggregate."""
        attempts = 1
        if not isinstance(error, (Gap, ValidationError, KeyError)):
            for attempts in range(2, ATTEMPTS + 1):
                await asyncio.sleep(0.02 * 2**attempts)
                try:
                    return await self._patiently([message])
                except Stopping:
                    raise
                except Exception as latest:
                    error = latest
        log.error(
            "event parked",
            exc_info=error,
            extra={"service": self.database.service, "event_id": str(message.id), "type": message.type},
        )
        async with self.database.session(system_actor(self.database.service)) as session:
            for unseen in await _accept(session, [message]):
                await park(session, unseen, repr(error), attempts)

    async def _handle(self, messages: Sequence[Message]) -> None:
        async with self.database.session(system_actor(self.database.service)) as session:
            fresh = await _accept(session, messages)
            # Read after the inbox: there we may have waited for another delivery that parked the aggregate.
            held = await _parked_streams(session, messages)
            for message in fresh:
                if message.subject in held:
                    await park(session, message, "an earlier event of this aggregate is parked", 0)
            due = await _follow(session, [message for message in fresh if message.subject not in held])
            for known, run in groupby(due, key=lambda message: event_class(message.type)):
                await self.apply(session, known, list(run))

    async def apply(self, session: AsyncSession, known: type[Event], run: list[Message]) -> None:
        """Do what this service does about a run of events of one type; nothing when it has no handler."""
        handler = self.handlers.get(known)
        if isinstance(handler, Gathered):
            await handler.handle(session, [known.model_validate_json(message.data) for message in run])
        elif handler is not None:
            for message in run:
                await handler(session, known.model_validate_json(message.data))


async def _accept(session: AsyncSession, messages: Sequence[Message]) -> list[Message]:
    rows = await session.scalars(
        _ACCEPT,
        {
            "ids": [message.id for message in messages],
            "at": now(session),
        },
    )
    fresh = set(rows.all())
    first_copy = {message.id: message for message in reversed(messages) if message.id in fresh}
    return [message for message in messages if first_copy.get(message.id) is message]


async def _follow(session: AsyncSession, messages: Sequence[Message]) -> list[Message]:
    """The messages that are next in their streams; those acted on before are left out. Raises Gap."""
    if not messages:
        return []
    source, subjects = messages[0].source, {message.subject for message in messages}
    rows = await session.execute(
        select(stream_seen.c.aggregate_id, stream_seen.c.seq).where(
            stream_seen.c.source == source, stream_seen.c.aggregate_id.in_(subjects)
        )
    )
    last = {row.aggregate_id: row.seq for row in rows}
    due = []
    for message in messages:
        before = last.get(message.subject)
        if before is not None and message.seq > before + 1:
            raise Gap(f"{source} {message.subject}: event {message.seq} after {before}")
        if before is None or message.seq > before:
            last[message.subject] = message.seq
            due.append(message)
    await _see(session, source, {message.subject: message.seq for message in due})
    return due


async def _see(session: AsyncSession, source: str, seqs: dict[UUID, int]) -> None:
    await session.execute(_SEEN, {"source": source, "subjects": list(seqs), "seqs": list(seqs.values())})


async def _parked_streams(session: AsyncSession, messages: Sequence[Message]) -> set[UUID]:
    subjects = {message.subject for message in messages}
    rows = await session.scalars(
        select(parked.c.aggregate_id).where(parked.c.source == messages[0].source, parked.c.aggregate_id.in_(subjects))
    )
    return set(rows.all())


async def park(session: AsyncSession, message: Message, error: str, attempts: int) -> None:
    """Keep an event that could not be handled, in the transaction that also marks it received."""
    await _see(session, message.source, {message.subject: message.seq})
    await session.execute(
        insert(parked).values(
            event_id=message.id,
            source=message.source,
            aggregate_id=message.subject,
            agg_seq=message.seq,
            message=message.to_record(),
            error=error,
            attempts=attempts,
            parked_at=now(session),
        )
    )


async def replay_parked(database: Database, handlers: Handlers, source: str, aggregate_id: UUID) -> int:
    """Handle an aggregate's parked events in order, after the cause was mended; all of them or none.

    Returns how many were handled. Raises whatever the handler raises; the events then stay parked.
    """
    async with database.session(system_actor(database.service)) as session:
        rows = await session.scalars(
            select(parked.c.message)
            .where(parked.c.source == source, parked.c.aggregate_id == aggregate_id)
            .order_by(parked.c.agg_seq)
            .with_for_update()
        )
        messages = [Message.from_record(record) for record in rows]
        for message in messages:
            known = event_class(message.type)
            await Consumer(database, handlers).apply(session, known, [message])
        # By id: another event of the aggregate may have been parked meanwhile.
        await session.execute(delete(parked).where(parked.c.event_id.in_([message.id for message in messages])))
    return len(messages)
