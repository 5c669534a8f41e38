"""Order of events within a stream: which were seen, which is next, and which must wait.

A stream is the events of one service about one aggregate, numbered from 1 without a gap.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bus import Message

Stream = tuple[str, UUID]
"""The announcing service and the aggregate."""

# A transaction that changes a queue locks its first row, so that nothing is parked behind an event just released.
_HEADS = text("""
SELECT n.source, n.aggregate_id, head.agg_seq, head.attempts
FROM unnest(CAST(:sources AS text[]), CAST(:subjects AS uuid[])) AS n(source, aggregate_id)
CROSS JOIN LATERAL (
    SELECT agg_seq, attempts FROM parked
    WHERE parked.source = n.source AND parked.aggregate_id = n.aggregate_id
    ORDER BY agg_seq, parked_at LIMIT 1 FOR UPDATE
) AS head
""")
_SEEN = text("""
SELECT s.source, s.aggregate_id, s.seq
FROM unnest(CAST(:sources AS text[]), CAST(:subjects AS uuid[])) AS n(source, aggregate_id)
JOIN stream_seen AS s ON s.source = n.source AND s.aggregate_id = n.aggregate_id
""")
_ADVANCE = text("""
INSERT INTO stream_seen AS s (source, aggregate_id, seq)
SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:subjects AS uuid[]), CAST(:seqs AS bigint[])) ORDER BY 1, 2
ON CONFLICT (source, aggregate_id) DO UPDATE SET seq = excluded.seq WHERE s.seq < excluded.seq
""")


@dataclass(slots=True)
class StreamState:
    """State of a stream: the number of the last event handled, and of the first one parked, if any."""

    seen: int = 0
    parked: int | None = None
    tried: bool = False
    """True if the first parked event was tried and failed; otherwise the event waits for an earlier event."""


Verdict = Literal["handle", "skip", "bury", "park"]


@dataclass(frozen=True, slots=True)
class Step:
    """A message and its verdict: handle, skip (handled before), bury (store as a dead letter) or park."""

    message: Message
    verdict: Verdict
    error: str = ""


def stream_of(message: Message) -> Stream:
    """Return the stream of a message."""
    return message.source, message.subject


def in_order(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with those of each stream sorted by number, in the places the stream had."""
    streams: dict[Stream, list[Message]] = defaultdict(list)
    for message in messages:
        streams[message.source, message.subject].append(message)
    queues = {stream: iter(sorted(queue, key=attrgetter("seq"))) for stream, queue in streams.items()}
    return [next(queues[message.source, message.subject]) for message in messages]


async def lock_streams(session: AsyncSession, streams: Collection[Stream]) -> dict[Stream, StreamState]:
    """Return the state of each stream, and lock its queue of parked events until the transaction ends."""
    asked = {"sources": [source for source, _ in streams], "subjects": [subject for _, subject in streams]}
    heads = (await session.execute(_HEADS, asked)).all()
    # Read after locking: the previous holder of the lock may have advanced the stream.
    found = {stream: StreamState() for stream in streams}
    for source, subject, seq in await session.execute(_SEEN, asked):
        found[source, subject].seen = seq
    for source, subject, seq, attempts in heads:
        found[source, subject].parked, found[source, subject].tried = seq, attempts > 0
    return found


def unblocked(states: Mapping[Stream, StreamState], fresh: Iterable[Message]) -> set[Stream]:
    """Return the streams whose parked events waited for an earlier event that is here now."""
    first = {stream: each.parked for stream, each in states.items() if each.parked is not None and not each.tried}
    for message in fresh if first else ():
        if (stream := stream_of(message)) in first:
            first[stream] = min(first[stream], message.seq)
    return {stream for stream, seq in first.items() if seq <= states[stream].seen + 1}


def plan_steps(
    messages: Iterable[Message], states: Mapping[Stream, StreamState], fault: Callable[[Message], str]
) -> list[Step]:
    """Return the step for each message in turn, and advance `states`. `fault` returns why one is not understood."""
    return [_plan_step(message, states[message.source, message.subject], fault) for message in messages]


def _plan_step(message: Message, state: StreamState, fault: Callable[[Message], str]) -> Step:
    if message.seq <= state.seen:
        return Step(message, "skip")
    if state.parked is not None:
        return Step(message, "park", "an earlier event of this aggregate is parked")
    if message.seq > state.seen + 1:
        state.parked = message.seq
        return Step(message, "park", f"gap: event {message.seq} after {state.seen}")
    state.seen = message.seq
    error = fault(message)
    return Step(message, "bury", error) if error else Step(message, "handle")


async def advance(session: AsyncSession, seqs: dict[Stream, int]) -> None:
    """Store the last event handled of each stream; a stream never goes back."""
    if seqs:
        sources, subjects = zip(*seqs, strict=True)
        await session.execute(_ADVANCE, {"sources": sources, "subjects": subjects, "seqs": list(seqs.values())})
