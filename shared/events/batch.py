"""Plan and settle one batch of messages in one transaction."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.dead_letters import DeadLetter, bury
from shared.events.ordering import Step, Stream, advance, in_order, lock_streams, plan_steps, stream_of, unblocked
from shared.events.parking import park, parked_messages, record_failure, unpark
from shared.storage.tables import inbox


@dataclass
class Batch:
    """Steps for the messages of a batch, in order; `waiting` are the messages parked until now."""

    steps: list[Step]
    waiting: frozenset[UUID]
    failed: dict[Stream, tuple[UUID, Exception]] = field(default_factory=dict)
    """By stream, the event whose handling failed, and the error."""
    parked: list[tuple[Message, Exception]] = field(default_factory=list)
    """Events that failed and were parked, with the error."""
    tally: Counter[str] = field(default_factory=Counter)
    """Settled messages by verdict."""

    def due(self) -> list[Message]:
        """Return the messages to handle."""
        return [step.message for step in self.steps if step.verdict == "handle"]

    def split(self) -> tuple[list[Step], list[Step]]:
        """Split the steps into those that succeeded and those that failed or follow a failure in their stream."""
        if not self.failed:
            return self.steps, []
        succeeded: list[Step] = []
        failed: list[Step] = []
        broken: set[Stream] = set()
        for step in self.steps:
            stream = stream_of(step.message)
            if stream in self.failed and self.failed[stream][0] == step.message.id:
                broken.add(stream)
            (failed if stream in broken else succeeded).append(step)
        return succeeded, failed

    async def settle(self, session: AsyncSession) -> list[Message]:
        """Store the outcome of every step that did not fail. Returns the messages of the others."""
        steps, left = self.split()
        by_verdict: dict[str, list[Step]] = {verdict: [] for verdict in ("handle", "skip", "bury", "park")}
        for step in steps:
            by_verdict[step.verdict].append(step)
        await bury(session, [DeadLetter.of(step.message, step.error) for step in by_verdict["bury"]])
        await park(
            session, [(step.message, step.error, 0) for step in by_verdict["park"] if not self._was_parked(step)]
        )
        await unpark(session, [step.message.id for step in steps if step.verdict != "park" and self._was_parked(step)])
        moved = [step.message for step in steps if step.verdict in ("handle", "bury")]
        await advance(session, {stream_of(message): message.seq for message in moved})
        self.tally.update({verdict: len(each) for verdict, each in by_verdict.items()})
        return [step.message for step in left]

    def _was_parked(self, step: Step) -> bool:
        return step.message.id in self.waiting

    async def release(self, session: AsyncSession, left: Sequence[Message]) -> None:
        """Remove the inbox rows of messages to retry; parked messages stay parked."""
        fresh = [message.id for message in left if message.id not in self.waiting]
        await session.execute(delete(inbox).where(inbox.c.event_id.in_(fresh)))

    async def park_failed(self, session: AsyncSession, left: Sequence[Message], attempts: int) -> None:
        """Park the events that failed, and those that follow them in their streams."""
        parking = []
        for message in left:
            event_id, error = self.failed[stream_of(message)]
            if message.id == event_id:
                self.parked.append((message, error))
            tried = (repr(error), attempts) if message.id == event_id else ("an earlier event of this stream failed", 0)
            if message.id not in self.waiting:
                parking.append((message, *tried))
            elif message.id == event_id:
                await record_failure(session, message.id, *tried)
        await park(session, parking)
        self.tally["park"] += len(parking)


async def planned(
    session: AsyncSession,
    messages: Sequence[Message],
    fresh: Sequence[Message],
    fault: Callable[[Message], str],
    replayed: Collection[Stream] = (),
) -> Batch:
    """Return the steps for `fresh` messages and for parked ones that no longer wait for an earlier event.

    `messages` are all that arrived, `fresh` those not received before. `fault` returns the reason why a message is not
    understood, or an empty text. Parked events of the streams in `replayed` are retried in any case.
    """
    states = await lock_streams(session, {stream_of(message) for message in messages}.union(replayed))
    unblocked_streams = {*replayed, *unblocked(states, fresh)}
    waiting = await parked_messages(session, unblocked_streams)
    for stream in unblocked_streams:
        states[stream].parked = None
    steps = plan_steps(in_order([*waiting, *fresh]), states, fault)
    return Batch(steps, frozenset(message.id for message in waiting))
