"""How events travel between services: the message and the one protocol with more than one implementation."""

import base64
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

# The driver's own kind of uuid.UUID, read nine times as fast: two for every event.
from asyncpg.pgproto import pgproto


@dataclass(frozen=True, slots=True)
class Message:
    """One event under way: CloudEvents 1.0 attributes plus the data as bytes."""

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
        """CloudEvents 1.0 attributes; extension names are lower-case letters and digits."""
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
        """A JSON-able copy, for a parked event."""
        return {**self.attributes(), "data_base64": base64.b64encode(self.data).decode()}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Message":
        """The message that `to_record` wrote down."""
        return cls.of(record, base64.b64decode(record["data_base64"]))

    @classmethod
    def of(cls, attributes: dict[str, Any], data: bytes) -> "Message":
        """The message with these CloudEvents attributes. Raises KeyError or ValueError where they make none."""
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
    """What a broker hands over, before anybody has made sense of it; topic, partition and offset name it for ever."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is no message of ours, and why: for the dead letters."""

    record: Record
    error: str


class Unsendable(Exception):
    """The bus will never take one of these messages as it is; it takes others."""


Arrival = Message | Unreadable
Deliver = Callable[[Sequence[Arrival]], Coroutine[Any, Any, None]]
Read = Callable[[Record], Message]


def read_event(record: Record) -> Message:
    """The event in a record: CloudEvents 1.0, Kafka's binary mode. Raises KeyError or ValueError where it is none."""
    attributes = {name[3:]: value.decode() for name, value in record.headers if name[:3] == "ce_"}
    if attributes["specversion"] != "1.0":
        raise ValueError(f"CloudEvents {attributes['specversion']}")
    message = Message.of(attributes, record.value or b"")
    # Who may write to one service's topic must not speak for another. In one process there are no topics.
    if record.topic and record.topic != f"{message.source}.events":
        raise ValueError(f"{record.topic} brings an event of {message.source}")
    return message


class Bus(Protocol):
    """Carries messages of a topic to its subscribers; returns from `publish` when they are safe."""

    def subscribe(self, topic: str, deliver: Deliver, read: Read = read_event) -> None:
        """Have every message of `topic` handed to `deliver`, in order per subject, once all of an earlier call is done.

        `read` makes a message of what a broker hands over; what it refuses arrives as Unreadable.
        """

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Hand over; once this returns, the outbox rows may go. Raises Unsendable, and whatever may pass."""

    async def start(self) -> None:
        """Begin to deliver. All subscriptions have been made."""

    async def rest(self) -> None:
        """Deliver no more; returns when what was being delivered is done and noted. Publishing goes on."""

    async def close(self) -> None:
        """Give back connections."""

    async def lag(self) -> Mapping[str, int]:
        """Return by topic how many messages the broker holds that were not fetched yet; empty without a broker."""

    def trouble(self) -> str:
        """Why nothing can be carried at present, for whoever asks whether the service is ready; empty: all is well."""
