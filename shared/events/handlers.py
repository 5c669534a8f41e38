"""Types by which a service declares its handlers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.base import Event
from shared.events.bus import Message, Read
from shared.settings import Settings

Handler = Callable[[AsyncSession, Any], Awaitable[None]]


@dataclass(frozen=True)
class BatchHandler:
    """A handler that takes consecutive events of its type at once, for types that arrive by the thousand."""

    handle: Callable[[AsyncSession, list[Any]], Awaitable[None]]


Handlers = Mapping[type[Event], Handler | BatchHandler]


@dataclass(frozen=True)
class InboundTopic:
    """A topic in which outsiders send requests: the message type, how a record is read, how messages are handled.

    `handle` must verify the sender: messages arrive as they were sent. `read` makes each message a stream of its own,
    or numbers the messages of a stream as events are numbered.
    """

    type: str
    read: Read
    handle: Callable[[AsyncSession, list[Message]], Awaitable[None]]
    fault: Callable[[Message, datetime, Settings], str] = lambda _message, _now, _settings: ""
    """Return the reason for which a message is not handled at this time and becomes a dead letter; empty if it is."""
