"""Events of one aggregate come in order: which were seen, which comes next, and which must wait.

A stream is what one service says about one aggregate. Its events are numbered from 1 without a gap.
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

# Whoever adds to a queue, or takes from it, holds its first row: so nothing is parked behind one that just went.
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
_SEE = text("""
INSERT INTO stream_seen AS s (source, aggregate_id, seq)
SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:subjects AS uuid[]), CAST(:seqs AS bigint[])) ORDER BY 1, 2
ON CONFLICT (source, aggregate_id) DO UPDATE SET seq = excluded.seq WHERE s.seq < excluded.seq
""")


@dataclass(slots=True)
class Standing:
    """How far a stream has come: the last event acted on, and the first one that is parked, if any."""

    seen: int = 0
    parked: int | None = None
    tried: bool = False
    """Whether the first parked event was tried and failed; one that was not only waits for an earlier one."""


Verdict = Literal["handle", "skip", "bury", "park"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about a message: handle it, skip one acted on before, bury it as a dead letter, or park it."""

    message: Message
    verdict: Verdict
    error: str = ""


def stream_of(message: Message) -> Stream:
    return message.source, message.subject


def in_order(messages: Sequence[Message]) -> list[Message]:
    """The messages, those of one stream in its order, the places of the streams as they were."""
    streams: dict[Stream, list[Message]] = defaultdict(list)
    for message in messages:
        streams[message.source, message.subject].append(message)
    queues = {stream: iter(sorted(queue, key=attrgetter("seq"))) for stream, queue in streams.items()}
    return [next(queues[message.source, message.subject]) for message in messages]


async def standings(session: AsyncSession, streams: Collection[Stream]) -> dict[Stream, Standing]:
    """How far each stream has come; its queue of parked events, if any, stands still until the transaction ends."""
    asked = {"sources": [source for source, _ in streams], "subjects": [subject for _, subject in streams]}
    heads = (await session.execute(_HEADS, asked)).all()
    # Read after the locks: who held one may have moved the stream on.
    found = {stream: Standing() for stream in streams}
    for source, subject, seq in await session.execute(_SEEN, asked):
        found[source, subject].seen = seq
    for source, subject, seq, attempts in heads:
        found[source, subject].parked, found[source, subject].tried = seq, attempts > 0
    return found


def resuming(standing: Mapping[Stream, Standing], fresh: Iterable[Message]) -> set[Stream]:
    """Streams whose parked events only waited for an earlier one, and need wait no longer."""
    first = {stream: each.parked for stream, each in standing.items() if each.parked is not None and not each.tried}
    for message in fresh if first else ():
        if (stream := stream_of(message)) in first:
            first[stream] = min(first[stream], message.seq)
    return {stream for stream, seq in first.items() if seq == standing[stream].seen + 1}


def judged(
    messages: Iterable[Message], standing: Mapping[Stream, Standing], fault: Callable[[Message], str]
) -> list[Step]:
    """What to do about each message, in turn; `standing` moves on with them. `fault`: why one is not understood."""
    return [_judged(message, standing[message.source, message.subject], fault) for message in messages]


def _judged(message: Message, standing: Standing, fault: Callable[[Message], str]) -> Step:
    if standing.parked is not None:
        return Step(message, "park", "an earlier event of this aggregate is parked")
    if message.seq <= standing.seen:
        return Step(message, "skip")
    if message.seq > standing.seen + 1:
        standing.parked = message.seq
        return Step(message, "park", f"gap: event {message.seq} after {standing.seen}")
    standing.seen = message.seq
    error = fault(message)
    return Step(message, "bury", error) if error else Step(message, "handle")


async def see(session: AsyncSession, seqs: dict[Stream, int]) -> None:
    """Note how far streams have come; one never goes back."""
    if seqs:
        sources, subjects = zip(*seqs, strict=True)
        await session.execute(_SEE, {"sources": sources, "subjects": subjects, "seqs": list(seqs.values())})
