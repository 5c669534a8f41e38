"""Message bus: the message, and the protocol that the in-process and the Kafka bus implement."""

import base64
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

# asyncpg's subclass of uuid.UUID, which parses nine times as fast: two for every event.
from asyncpg.pgproto import pgproto


@dataclass(frozen=True, slots=True)
class Message:
    """An event in transit: CloudEvents 1.0 attributes, and the data as bytes."""

    id: UUID
    type: str
    source: str
    aggregate_type: str
    subject: UUID
    seq: int
    time: datetime
    data: bytes
    headers: dict[str, str]

    def attributes(self) -> dict[str, Any]:
        """Return the CloudEvents 1.0 attributes; extension names are lower-case letters and digits."""
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "type": self.type,
            "source": f"/{self.source}",
            "subject": str(self.subject),
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "partitionkey": str(self.subject),
            "sequence": str(self.seq),
            "aggregatetype": self.aggregate_type,
            **self.headers,
        }

    def to_record(self) -> dict[str, Any]:
        """Return the message as JSON-compatible data, for parking."""
        return {**self.attributes(), "data_base64": base64.b64encode(self.data).decode()}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Message":
        """Return the message from the output of `to_record`."""
        return cls.of(record, base64.b64decode(record["data_base64"]))

    @classmethod
    def of(cls, attributes: dict[str, Any], data: bytes) -> "Message":
        """Return the message with these CloudEvents attributes. Raises KeyError or ValueError if they are invalid."""
        return cls(
            id=pgproto.UUID(attributes["id"]),
            type=attributes["type"],
            source=attributes["source"].lstrip("/"),
            aggregate_type=attributes["aggregatetype"],
            subject=pgproto.UUID(attributes["subject"]),
            seq=int(attributes["sequence"]),
            time=datetime.fromisoformat(attributes["time"]),
            data=data,
            headers={name: value for name, value in attributes.items() if name not in _FIXED},
        )


_FIXED = {"specversion", "id", "type", "source", "subject", "time", "datacontenttype", "partitionkey"}
_FIXED |= {"sequence", "aggregatetype", "data_base64"}


@dataclass(frozen=True, slots=True)
class Record:
    """A record from a broker, not yet parsed; topic, partition and offset identify it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that cannot be parsed as a message, and the reason."""

    record: Record
    error: str


class Unsendable(Exception):
    """The bus refuses one of these messages permanently; others are not affected."""


Arrival = Message | Unreadable
Deliver = Callable[[Sequence[Arrival]], Coroutine[Any, Any, None]]
Read = Callable[[Record], Message]


def read_event(record: Record) -> Message:
    """Parse a record as CloudEvents 1.0 in Kafka's binary mode. Raises KeyError or ValueError."""
    attributes = {name[3:]: value.decode() for name, value in record.headers if name[:3] == "ce_"}
    if attributes["specversion"] != "1.0":
        raise ValueError(f"CloudEvents {attributes['specversion']}")
    message = Message.of(attributes, record.value or b"")
    # A writer to one service's topic must not impersonate another service. The in-process bus has no topics.
    if record.topic and record.topic != f"{message.source}.events":
        raise ValueError(f"{record.topic} brings an event of {message.source}")
    return message


CHECKPOINTS = "seal.checkpoints"
"""Topic of the signed checkpoints of all services, which each of them reads."""


def read_checkpoint(record: Record) -> Message:
    """Parse a record of the topic of checkpoints, whose notes prove their origin. Raises KeyError or ValueError.

    Each becomes a stream of its own: a broker that lost its data sends none of them again, and none may wait for one.
    """
    attributes = {name[3:]: value.decode() for name, value in record.headers if name[:3] == "ce_"}
    message = Message.of(attributes, record.value or b"")
    return replace(message, subject=message.id, seq=1)


class Bus(Protocol):
    """Delivers the messages of a topic to its subscribers; `publish` returns when they are stored safely."""

    def subscribe(self, topic: str, deliver: Deliver, read: Read = read_event) -> None:
        """Register `deliver` for the messages of `topic`: in order per subject, one call at a time.

        `read` parses a record of a broker; a record that it refuses arrives as Unreadable.
        """

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Publish messages; after this their outbox rows may be deleted. Raises Unsendable, or transient errors."""

    async def start(self) -> None:
        """Start delivery, after all subscriptions."""

    async def stop_delivery(self) -> None:
        """Stop delivery; returns when the batch under way is handled and committed. Publishing continues."""

    async def close(self) -> None:
        """Close the connections."""

    async def lag(self) -> Mapping[str, int]:
        """Return by topic how many messages the broker holds that were not fetched yet; empty without a broker."""

    def outage(self) -> str:
        """Return why messages cannot be delivered or published now, for the readiness check; empty if they can."""
