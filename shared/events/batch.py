"""A batch of messages within one transaction: what is due of it, and writing down what became of each message."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message
from shared.events.dead_letters import DeadLetter, bury
from shared.events.ordering import Step, Stream, in_order, judged, resuming, see, standings, stream_of
from shared.events.parking import fail_again, park, queued, unpark
from shared.storage.tables import inbox


@dataclass
class Batch:
    """Messages with what is to be done about each, in order; `waiting` are those that were parked until now."""

    steps: list[Step]
    waiting: frozenset[UUID]
    failed: dict[Stream, tuple[UUID, Exception]] = field(default_factory=dict)
    """By stream, the event whose handling failed, and how."""
    parked: list[tuple[Message, Exception]] = field(default_factory=list)
    """Events that failed and were parked, with the error."""
    tally: Counter[str] = field(default_factory=Counter)
    """How many messages of each verdict were settled."""

    def due(self) -> list[Message]:
        """What handlers are to be given."""
        return [step.message for step in self.steps if step.verdict == "handle"]

    def divided(self) -> tuple[list[Step], list[Step]]:
        """The steps that stand, and those that cannot: the event that failed and what follows it in its stream."""
        if not self.failed:
            return self.steps, []
        standing: list[Step] = []
        falling: list[Step] = []
        broken: set[Stream] = set()
        for step in self.steps:
            stream = stream_of(step.message)
            if stream in self.failed and self.failed[stream][0] == step.message.id:
                broken.add(stream)
            (falling if stream in broken else standing).append(step)
        return standing, falling

    async def settle(self, session: AsyncSession) -> list[Message]:
        """Write down what became of all that did not fail. Returns the messages that are left."""
        steps, left = self.divided()
        of: dict[str, list[Step]] = {verdict: [] for verdict in ("handle", "skip", "bury", "park")}
        for step in steps:
            of[step.verdict].append(step)
        await bury(session, [DeadLetter.of(step.message, step.error) for step in of["bury"]])
        await park(session, [(step.message, step.error, 0) for step in of["park"] if not self._waited(step)])
        await unpark(session, [step.message.id for step in steps if step.verdict != "park" and self._waited(step)])
        moved = [step.message for step in steps if step.verdict in ("handle", "bury")]
        await see(session, {stream_of(message): message.seq for message in moved})
        self.tally.update({verdict: len(each) for verdict, each in of.items()})
        return [step.message for step in left]

    def _waited(self, step: Step) -> bool:
        return step.message.id in self.waiting

    async def give_back(self, session: AsyncSession, left: Sequence[Message]) -> None:
        """Forget having received what is to be tried again; what is parked stays so meanwhile."""
        fresh = [message.id for message in left if message.id not in self.waiting]
        await session.execute(delete(inbox).where(inbox.c.event_id.in_(fresh)))

    async def park_failed(self, session: AsyncSession, left: Sequence[Message], attempts: int) -> None:
        """Park the events that failed, each with what follows it in its stream."""
        parking = []
        for message in left:
            event_id, error = self.failed[stream_of(message)]
            if message.id == event_id:
                self.parked.append((message, error))
            tried = (repr(error), attempts) if message.id == event_id else ("an earlier event of it failed", 0)
            if message.id not in self.waiting:
                parking.append((message, *tried))
            elif message.id == event_id:
                await fail_again(session, message.id, *tried)
        await park(session, parking)
        self.tally["park"] += len(parking)


async def planned(
    session: AsyncSession,
    messages: Sequence[Message],
    fresh: Sequence[Message],
    fault: Callable[[Message], str],
    replayed: Collection[Stream] = (),
) -> Batch:
    """What is to be done about `fresh` messages, and about parked ones that need wait no longer.

    `messages`: all that came, `fresh` those that were never acted on; `fault` says why one is not understood, if so;
    `replayed`: streams whose parked events are tried whatever they wait for.
    """
    standing = await standings(session, {stream_of(message) for message in messages}.union(replayed))
    going_on = {*replayed, *resuming(standing, fresh)}
    waiting = await queued(session, going_on)
    for stream in going_on:
        standing[stream].parked = None
    steps = judged(in_order([*waiting, *fresh]), standing, fault)
    return Batch(steps, frozenset(message.id for message in waiting))
