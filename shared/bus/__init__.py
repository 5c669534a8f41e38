"""How events travel between services: the message and the one protocol with more than one implementation."""

import base64
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True)
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
        fixed = {"specversion", "id", "type", "source", "subject", "time", "datacontenttype", "partitionkey"}
        fixed |= {"sequence", "aggregatetype", "data_base64"}
        return cls(
            id=UUID(record["id"]),
            type=record["type"],
            source=record["source"].lstrip("/"),
            aggregate_type=record["aggregatetype"],
            subject=UUID(record["subject"]),
            seq=int(record["sequence"]),
            time=datetime.fromisoformat(record["time"]),
            data=base64.b64decode(record["data_base64"]),
            headers={name: value for name, value in record.items() if name not in fixed},
        )


Deliver = Callable[[Sequence[Message]], Coroutine[Any, Any, None]]


class Bus(Protocol):
    """Carries messages of a topic to its subscribers; returns from `publish` when they are safe."""

    def subscribe(self, topic: str, deliver: Deliver) -> None:
        """Have every message of `topic` handed to `deliver`, in order per subject."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Hand over; once this returns, the outbox rows may go."""
