"""Transactional inbox: inbox row, handler effects and new events of a batch commit together."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs, metrics, tracing
from shared.actors import system_actor
from shared.backoff import Backoff
from shared.contracts.base import event_class
from shared.events.batch import Batch, planned
from shared.events.bus import Arrival, Message, Read, Record, Unreadable
from shared.events.dead_letters import DeadLetter, bury, invalid_reason, open_letter, record_of, settle
from shared.events.handlers import BatchHandler, Handlers, InboundTopic
from shared.events.ordering import stream_of
from shared.events.parking import waiting_for_figures
from shared.events.series import announced_by
from shared.storage.series import note_announced
from shared.storage.session import Database, begin_savepoint, is_transient, now
from shared.text import STORED

log = structlog.get_logger()
ATTEMPTS = 5


class NotReplayed(Exception):
    """A dead letter could not be replayed; the message gives the reason."""


# One statement per batch. Sorted, so that two batches cannot deadlock; it returns the known ids, which are few.
_CLAIM = text("""
WITH asked AS (
    SELECT event_id FROM unnest(CAST(:ids AS uuid[])) AS n(event_id)
), claimed AS (
    INSERT INTO inbox (event_id, received_at)
    SELECT event_id, CAST(:at AS timestamptz) FROM asked ORDER BY 1
    ON CONFLICT DO NOTHING RETURNING event_id
)
SELECT event_id FROM asked EXCEPT SELECT event_id FROM claimed
""")


class Stopping(Exception):
    """The consumer stops; the bus keeps the batch, which was not handled completely."""


class Consumer:
    """Handler of the messages that a bus delivers to one service."""

    def __init__(
        self, database: Database, handlers: Handlers, topics: Iterable[InboundTopic] = (), reads: Iterable[str] = ()
    ) -> None:
        self.database = database
        self.reads = frozenset(reads)
        """Kinds of dated figures of which the service keeps copies."""
        self.handlers = handlers
        self.inbound_topics = {topic.type: topic for topic in topics}
        self.healthy = True
        self.stopping = asyncio.Event()
        self.tally: Counter[str] = Counter()
        """Messages by verdict, in committed transactions."""

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        """Handle a batch in one transaction. Returns when every message is handled, parked or a dead letter.

        A failing event is found by bisection and the rest committed. After five attempts it is parked, and so are later
        events of its stream. Raises Stopping, and errors of the database in parking.
        """
        with logs.logged_as(service=self.database.service, route="consumer"):
            for attempt in range(1, ATTEMPTS + 1):
                arrivals = await self._handle_with_retries(arrivals, attempt)
                if not arrivals:
                    return
                if attempt > 1:
                    await asyncio.sleep(0.02 * 2**attempt)

    async def _handle_with_retries(self, arrivals: Sequence[Arrival], attempt: int) -> Sequence[Arrival]:
        """Handle the batch, retrying without limit while the database is away. Returns the messages to retry."""
        backoff = Backoff()
        while not self.stopping.is_set():
            try:
                left = await self._handle(arrivals, attempt)
                self.healthy = True
                return left
            except Exception as error:
                if not is_transient(error):
                    if attempt > 1:
                        raise
                    log.warning("batch failed; its events are tried one by one", error=logs.describe(error))
                    return arrivals
                await self._wait(error, backoff.next_delay())
        raise Stopping(self.database.service)

    async def _wait(self, error: Exception, seconds: float) -> None:
        """Report not ready and wait before the next attempt, or until a stop is requested."""
        self.healthy = False
        log.warning("consumer waits for the database", error=logs.describe(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    async def _handle(self, arrivals: Sequence[Arrival], attempt: int) -> list[Message]:
        """Handle the batch in one transaction. Returns the messages to retry."""
        messages, letters = _separate(arrivals)
        last = attempt == ATTEMPTS
        async with self._transaction() as session:
            fresh = await _accept(session, messages) if messages else []
            batch = await planned(session, messages, fresh, self._fault(careful=attempt > 1))
            await note_announced(session, announced_by(messages, self.reads))
            left = await self._process(session, batch, careful=attempt > 1)
            batch.tally["bury"] += await bury(session, letters)
            if left and last:
                await batch.park_failed(session, left, ATTEMPTS)
            elif left:
                await batch.release(session, left)
        self._count(batch)
        if session.info.get("figures_moved"):
            await self.replay_waiting()
        return [] if last else left

    def _transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self.database.session(system_actor(self.database.service))

    async def _process(self, session: AsyncSession, batch: Batch, *, careful: bool) -> list[Message]:
        if careful:
            await self._run_bisecting(session, batch, batch.due())
        else:
            await self._run(session, batch.due())
        return await batch.settle(session)

    def _count(self, batch: Batch) -> None:
        self.tally += batch.tally
        for verdict, count in batch.tally.items():
            metrics.MESSAGES.labels(self.database.service, verdict).inc(count)
        for message, error in batch.parked:
            with self._on_behalf(message):
                log.error("event parked", event_id=message.id, exc_info=error)

    def _fault(self, *, careful: bool) -> Callable[[Message], str]:
        """Return a check that gives the reason why a message is not understood.

        It validates the data only when `careful`, since that costs as much as handling.
        """

        def fault(message: Message) -> str:
            if (inbound := self.inbound_topics.get(message.type)) is not None:
                return inbound.fault(message, self.database.clock.now(), self.database.settings)
            try:
                known = event_class(message.type)
                if careful and known in self.handlers:
                    known.model_validate_json(message.data, context=STORED)
            except KeyError:
                return f"{message.type} is not known here"
            except ValidationError as error:
                return str(error)
            return ""

        return fault

    async def _run(self, session: AsyncSession, due: Sequence[Message]) -> None:
        for kind, run in groupby(due, key=attrgetter("type")):
            await self.apply(session, kind, list(run))

    async def _run_bisecting(self, session: AsyncSession, batch: Batch, due: Sequence[Message]) -> None:
        """Handle the messages; after a failure roll back and handle each half by itself, down to the failing event."""
        due = [message for message in due if stream_of(message) not in batch.failed]
        if not due:
            return
        savepoint = await begin_savepoint(session)
        try:
            await self._run(session, due)
            await savepoint.commit()
            return
        except Exception as error:
            if is_transient(error):
                raise
            await savepoint.rollback()
            if len(due) == 1:
                batch.failed[stream_of(due[0])] = (due[0].id, error)
                return
        half = len(due) // 2
        await self._run_bisecting(session, batch, due[:half])
        await self._run_bisecting(session, batch, due[half:])

    async def apply(self, session: AsyncSession, kind: str, run: list[Message]) -> None:
        """Run the service's handler on consecutive messages of one type; do nothing without a handler."""
        if kind in self.inbound_topics:
            return await self.inbound_topics[kind].handle(session, run)
        known = event_class(kind)
        handler = self.handlers.get(known)
        if isinstance(handler, BatchHandler):
            alone = self._on_behalf(run[0]) if len(run) == 1 else nullcontext()
            with alone:
                events = [known.model_validate_json(message.data, context=STORED) for message in run]
                await handler.handle(session, events)
        elif handler is not None:
            for message in run:
                with self._on_behalf(message):
                    await handler(session, known.model_validate_json(message.data, context=STORED))
                    log.debug("event handled", event_id=message.id)

    @contextmanager
    def _on_behalf(self, message: Message) -> Iterator[None]:
        """Log and trace the block under the request that led to the message; events emitted in it carry both ids."""
        service, sent = self.database.service, message.headers
        with tracing.handling(service, message.type, str(message.id), sent.get("traceparent")):
            trace = tracing.current_ids()
            with logs.logged_as(
                service=service,
                request_id=sent.get("requestid", ""),
                trace_id=trace[1] if trace else "",
                route=message.type,
                case=str(message.subject),
            ):
                yield

    async def replay_waiting(self) -> None:
        """Handle the parked events that waited for figures which have arrived."""
        async with self._transaction() as session:
            waiting = await waiting_for_figures(session)
        for source, aggregate_id in waiting:
            await self.replay_parked(source, aggregate_id)

    async def replay_parked(self, source: str, aggregate_id: UUID) -> int:
        """Handle a stream's parked events in order, up to the first that fails. Returns the number settled.

        Events that fail, or that miss an earlier event, stay parked.
        """
        gone = 0
        while True:
            async with self._transaction() as session:
                batch = await planned(session, [], [], self._fault(careful=True), [(source, aggregate_id)])
                if left := await self._process(session, batch, careful=True):
                    await batch.park_failed(session, left, 1)
            self._count(batch)
            moved = sum(batch.tally[verdict] for verdict in ("handle", "skip", "bury"))
            gone += moved
            if not moved or left:
                return gone

    async def replay_dead_letter(self, letter_id: UUID, read: Read) -> None:
        """Handle a dead letter that can be understood now, after the events that followed it.

        Raises NotReplayed or the handler's error; the dead letter then stays open.
        """
        async with self._transaction() as session:
            letter = await open_letter(session, letter_id)
            if letter is None:
                raise NotReplayed("there is no such dead letter, or it is settled")
            message = self._readable(record_of(letter), read)
            if letter.event_id is not None:
                await self.apply(session, message.type, [message])
            elif fresh := await _accept(session, [message]):
                batch = await planned(session, fresh, fresh, self._fault(careful=True))
                await self._run(session, batch.due())
                await batch.settle(session)
            await settle(session, letter_id, "replayed")

    def _readable(self, record: Record, read: Read) -> Message:
        try:
            message = read(record)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise NotReplayed(f"still unreadable: {error!r}") from error
        if fault := invalid_reason(message) or self._fault(careful=True)(message):
            raise NotReplayed(f"still not understood: {fault}")
        return message


def _separate(arrivals: Iterable[Arrival]) -> tuple[list[Message], list[DeadLetter]]:
    """Return the valid messages, and dead letters for the rest."""
    messages, letters = [], []
    for arrival in arrivals:
        if isinstance(arrival, Unreadable):
            letters.append(DeadLetter.of(arrival))
        elif reason := invalid_reason(arrival):
            letters.append(DeadLetter.of(arrival, reason))
        else:
            messages.append(arrival)
    return messages, letters


async def claim(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Mark the ids as received in this transaction and return those that are new."""
    known = (await session.scalars(_CLAIM, {"ids": list(ids), "at": now(session)})).all()
    return set(ids).difference(known)


async def _accept(session: AsyncSession, messages: Sequence[Message]) -> list[Message]:
    fresh = await claim(session, [message.id for message in messages])
    first_copy = {message.id: message for message in reversed(messages) if message.id in fresh}
    return [message for message in messages if first_copy.get(message.id) is message]
