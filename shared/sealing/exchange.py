"""Checkpoints among services: announced through the outbox in the form of C2SP tlog-witness, verified and stored."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import metrics
from shared.clock import uuid7
from shared.events.bus import CHECKPOINTS, Message, read_checkpoint
from shared.events.handlers import InboundTopic
from shared.events.outbox import shard_of
from shared.sealing.keys import public_keys
from shared.sealing.merkle import is_consistent
from shared.sealing.note import Checkpoint, NotSigned, UnreadableNote, open_checkpoint
from shared.storage.seal_tables import foreign_checkpoint
from shared.storage.session import now, settings_of
from shared.storage.tables import outbox, stream_head

log = structlog.get_logger()
ANNOUNCED = "seal.checkpoint"
_STREAMS = UUID("6f3b2f0e-0b0a-4d6e-9a51-5f0f4a0e7a21")
"""Namespace of the streams of announcements."""


@dataclass(frozen=True)
class Announcement:
    """A checkpoint with the proof that its tree begins with an older one."""

    old_size: int
    path: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the request body of tlog-witness: old size, proof, empty line, note."""
        lines = [f"old {self.old_size}", *(b64encode(each).decode() for each in self.path)]
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def read(cls, text: str) -> "Announcement":
        """Parse an announcement. Raises UnreadableNote."""
        head, _, note = text.partition("\n\n")
        first, *path = head.split("\n")
        try:
            old_size = int(first.removeprefix("old "))
            return cls(old_size, tuple(b64decode(line, validate=True) for line in path), note)
        except ValueError:
            raise UnreadableNote("an announcement reads `old N`, proof, empty line, note") from None


async def last_announced(session: AsyncSession, origin: str) -> int:
    """Return the size of the newest checkpoint of an origin that is held; 0 for none."""
    held = select(func.max(foreign_checkpoint.c.size)).where(foreign_checkpoint.c.origin == origin)
    return int(await session.scalar(held) or 0)


async def announce(session: AsyncSession, origin: str, announcement: Announcement) -> None:
    """Send a checkpoint to all services, the own one included, in one stream per origin."""
    stream = uuid5(_STREAMS, origin)
    number = await session.scalar(
        pg_insert(stream_head)
        .values(aggregate_id=stream, seq=1)
        .on_conflict_do_update(index_elements=["aggregate_id"], set_={"seq": stream_head.c.seq + 1})
        .returning(stream_head.c.seq)
    )
    await session.execute(
        insert(outbox).values(
            event_id=uuid7(now(session)),
            shard=shard_of(stream),
            topic=CHECKPOINTS,
            aggregate_type="seal",
            aggregate_id=stream,
            agg_seq=number,
            type=ANNOUNCED,
            payload=announcement.text().encode(),
            headers={},
            occurred_at=now(session),
        )
    )
    session.info["emitted"] = True


async def store(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Verify and store checkpoints. One that contradicts what is held is stored with its fault; one without a valid
    signature is refused."""
    for message in messages:
        try:
            announcement = Announcement.read(message.data.decode())
            checkpoint = open_checkpoint(announcement.note, public_keys(settings_of(session)))
        except (UnreadableNote, NotSigned, UnicodeDecodeError) as error:
            log.error("checkpoint refused", source=message.source, error=str(error))
            metrics.CHECKPOINTS_REFUSED.labels(session.info["service"]).inc()
            continue
        await _store(session, checkpoint, announcement)


async def _store(session: AsyncSession, checkpoint: Checkpoint, announcement: Announcement) -> None:
    fault = await _fault(session, checkpoint, announcement)
    if fault:
        log.error("checkpoint contradicts what is held", origin=checkpoint.origin, size=checkpoint.size, error=fault)
    await session.execute(
        pg_insert(foreign_checkpoint)
        .values(
            origin=checkpoint.origin,
            size=checkpoint.size,
            root=checkpoint.root,
            note=announcement.note,
            received_at=now(session),
            fault=fault,
        )
        .on_conflict_do_nothing()
    )


async def _fault(session: AsyncSession, checkpoint: Checkpoint, announcement: Announcement) -> str | None:
    """Return why a checkpoint does not continue what is held of its origin; None if it does.

    A service proves each checkpoint from the one that it announced before, which is therefore held.
    """
    of_origin = select(foreign_checkpoint.c.size, foreign_checkpoint.c.root).where(
        foreign_checkpoint.c.origin == checkpoint.origin
    )
    if (await session.execute(of_origin.limit(1))).first() is None:
        return None
    sizes = (announcement.old_size, checkpoint.size)
    held = (await session.execute(of_origin.where(foreign_checkpoint.c.size.in_(sizes)))).all()
    if not held:
        return f"does not continue a checkpoint that is held: it is proved from {announcement.old_size} leaves"
    for row in held:
        path = announcement.path if row.size == announcement.old_size else ()
        if not is_consistent(row.size, row.root, checkpoint.size, checkpoint.root, path):
            return f"is a fork: the tree does not begin with the {row.size} leaves that are held"
    return None


INBOUND = InboundTopic(ANNOUNCED, read_checkpoint, store)
"""The topic by which every service receives the checkpoints of the others."""
