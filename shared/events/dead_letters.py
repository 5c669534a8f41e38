"""Dead letters: messages that cannot be understood, stored as they arrived, announced in a topic, replayable."""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import uuid7
from shared.contracts.delivery import DeadRecord, MessageDeadLettered, dead_lettered_type
from shared.events.bus import Arrival, Message, Record, Unreadable
from shared.events.outbox import shard_of
from shared.events.parking import error_text
from shared.storage.session import now
from shared.storage.tables import dead_letter, outbox

_NAMES = UUID("8d5f0c3e-6b0e-4c39-9d7c-2a6f3f1f7c11")
_NOTICE_CHARACTERS = 50_000
"""A longer record is left out of the notice: a relay publishes a thousand rows at once."""
_LARGEST_SEQ = 2**63 - 1


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record with the reason why it is a dead letter; `message` if it could be read as one."""

    record: Record
    message: Message | None
    error: str

    @classmethod
    def of(cls, arrival: Arrival, error: str = "") -> "DeadLetter":
        """Return the dead letter of an unreadable record, or of a message that is not understood."""
        if isinstance(arrival, Unreadable):
            return cls(arrival.record, None, error or arrival.error)
        return cls(_sent_as(arrival), None if invalid_reason(arrival) else arrival, error)

    def id(self) -> UUID:
        """Return an id derived from topic, partition, offset and content, so that a repetition makes no second letter.

        The content counts because a broker that lost its data assigns the same offsets again.
        """
        record = self.record
        digest = hashlib.sha256(repr((record.key, record.headers, record.value)).encode()).hexdigest()
        return uuid5(_NAMES, f"{record.topic} {record.partition} {record.offset} {digest}")

    def columns(self) -> dict[str, Any]:
        """Return the columns of the table beside id, time and record."""
        from_topic, sent = self.record.topic != "", self.message
        return {
            "topic": self.record.topic if from_topic else None,
            "partition": self.record.partition if from_topic else None,
            "offset": self.record.offset if from_topic else None,
            "event_id": sent and sent.id,
            "source": sent and sent.source,
            "type": sent and sent.type,
            "aggregate_id": sent and sent.subject,
            "agg_seq": sent and sent.seq,
            "error": error_text(self.error),
        }


def _sent_as(message: Message) -> Record:
    headers = [(f"ce_{name}", str(value).encode()) for name, value in message.attributes().items()]
    return Record("", 0, 0, str(message.subject).encode(), message.data, tuple(headers))


def invalid_reason(message: Message) -> str:
    """Return why the database cannot store a message; empty for every message that our services send."""
    if not 1 <= message.seq <= _LARGEST_SEQ:
        return f"{message.seq} is no sequence number"
    words = (message.source, message.type, message.aggregate_type, *message.headers, *message.headers.values())
    return "an attribute holds NUL" if "\x00" in "".join(words) else ""


async def bury(session: AsyncSession, letters: Collection[DeadLetter]) -> int:
    """Store dead letters and announce each through the outbox. Returns how many are new."""
    if not letters:
        return 0
    rows = [_row(letter, now(session)) for letter in {letter.id(): letter for letter in letters}.values()]
    kept = insert(dead_letter).on_conflict_do_nothing().returning(dead_letter.c.id)
    fresh = set((await session.scalars(kept, rows)).all())
    if fresh:
        await session.execute(insert(outbox), [_notice(session, row) for row in rows if row["id"] in fresh])
        session.info["emitted"] = True
    return len(fresh)


def _row(letter: DeadLetter, at: datetime) -> dict[str, Any]:
    record = letter.record
    kept = DeadRecord(
        key=_base64(record.key),
        headers=tuple((error_text(name), base64.b64encode(value).decode()) for name, value in record.headers),
        value=_base64(record.value),
    )
    return {"id": letter.id(), "at": at, "record": kept.model_dump(), **letter.columns()}


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _notice(session: AsyncSession, row: dict[str, Any]) -> dict[str, Any]:
    service: str = session.info["service"]
    long = len(str(row["record"])) > _NOTICE_CHARACTERS
    notice = MessageDeadLettered.model_validate({**row, "record": None if long else row["record"]})
    return {
        "event_id": uuid7(row["at"]),
        "shard": shard_of(row["id"]),
        "aggregate_type": "dead_letter",
        "aggregate_id": row["id"],
        "agg_seq": 1,
        "type": dead_lettered_type(service),
        "payload": notice.model_dump_json().encode(),
        "headers": {},
        "occurred_at": row["at"],
        "topic": f"{service}.dead-letters",
    }


def record_of(row: Any) -> Record:
    """Return the record stored in a row of the dead-letter table."""
    kept = DeadRecord.model_validate(row.record)
    headers = tuple((name, base64.b64decode(value)) for name, value in kept.headers)
    key, value = (None if data is None else base64.b64decode(data) for data in (kept.key, kept.value))
    return Record(row.topic or "", row.partition or 0, row.offset or 0, key, value, headers)


async def open_letter(session: AsyncSession, letter_id: UUID) -> Any | None:
    """Return the row of an open dead letter, locked; None if there is none."""
    query = select(dead_letter).where(dead_letter.c.id == letter_id, dead_letter.c.settled_at.is_(None))
    return (await session.execute(query.with_for_update())).one_or_none()


async def settle(session: AsyncSession, letter_id: UUID, settlement: Literal["replayed", "dropped"]) -> None:
    """Close a dead letter. Its row stays, so that the same record opens no second one."""
    closed = update(dead_letter).where(dead_letter.c.id == letter_id, dead_letter.c.settled_at.is_(None))
    await session.execute(closed.values(settled_at=now(session), settlement=settlement))
