"""Channels of a service: the topics that it writes and reads, and their messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from shared.contracts import event_types
from shared.contracts.base import Event
from shared.contracts.delivery import MessageDeadLettered, dead_lettered_type
from shared.contracts.pushes import REQUESTED, LibraryUpdate, ResourceUpdate
from shared.events.bus.publishing import headers_of
from shared.events.bus.topics import dead_letters_topic, events_topic
from shared.events.catalogue import other
from shared.events.catalogue.samples import example_data, example_message, example_notice, example_update
from shared.events.catalogue.words import service_title, words, words_of
from shared.events.handlers import Handlers, InboundTopic

Action = Literal["send", "receive"]
Trait = Literal["CloudEvent", "SignedUpdate"]
_ASKED: Mapping[str, tuple[type[BaseModel], ...]] = {REQUESTED: (ResourceUpdate, LibraryUpdate)}
"""Models of the messages of an inbound topic, by message type."""


class Messaging(Protocol):
    """The messages of a service, as its Service object declares them."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def handlers(self) -> Handlers: ...
    @property
    def inbound_topics(self) -> Mapping[str, InboundTopic]: ...


@dataclass(frozen=True)
class MessageType:
    """One message type: data model, example, headers and the header trait they follow."""

    name: str
    title: str
    when: str
    data: type[BaseModel]
    trait: Trait
    headers: Mapping[str, str]
    example: Mapping[str, Any]


@dataclass(frozen=True)
class Channel:
    """A topic, whether the service sends or receives there, and its messages."""

    topic: str
    action: Action
    title: str
    description: str
    messages: tuple[MessageType, ...]

    @property
    def name(self) -> str:
        """The channel name: `intakeDeadLetters` for the topic `intake.dead-letters`."""
        first, *rest = self.topic.replace("-", ".").split(".")
        return first + "".join(word.capitalize() for word in rest)


def channels_of(service: Messaging) -> list[Channel]:
    """Return the topics that the service writes and reads."""
    announced = [event for event in event_types() if _source(event) == service.name]
    by_source: dict[str, list[type[Event]]] = {}
    for event in sorted(service.handlers, key=lambda event: event.type):
        by_source.setdefault(_source(event), []).append(event)
    heard = [_events(source, "receive", events) for source, events in by_source.items()]
    asked = [_inbound(topic, inbound.type) for topic, inbound in service.inbound_topics.items()]
    return [_events(service.name, "send", announced), _dead_letters(service.name), *heard, *asked]


def _source(event: type[Event]) -> str:
    return event.type.split(".")[0]


def _events(source: str, action: Action, events: Iterable[type[Event]]) -> Channel:
    title = service_title(source)
    return Channel(
        events_topic(source),
        action,
        f"{title}的事件",
        f"{title}服务发布的事件。长期保存，新的接收方可以从头读起。",
        tuple(_event(event) for event in events),
    )


def _event(event: type[Event]) -> MessageType:
    said, headers = words_of(event), dict(headers_of(example_message(event)))
    sent = {name: value.decode() for name, value in headers.items()}
    return MessageType(event.type, said.title, said.when, event, "CloudEvent", sent, example_data(event))


def _dead_letters(service: str) -> Channel:
    said = other(MessageDeadLettered)
    headers = {name: value.decode() for name, value in headers_of(example_notice(service))}
    name = dead_lettered_type(service)
    notice = MessageType(name, said.title, said.when, MessageDeadLettered, "CloudEvent", headers, said.example)
    title = f"{service_title(service)}搁置的消息"
    return Channel(dead_letters_topic(service), "send", title, "供管理方查看和重放，长期保存。", (notice,))


def _inbound(topic: str, kind: str) -> Channel:
    """Return the channel of an inbound topic. Raises KeyError for a topic or message type without a description."""
    messages = []
    for model in _ASKED[kind]:
        said, headers = other(model), example_update(model)[0]
        messages.append(MessageType(kind, said.title, said.when, model, "SignedUpdate", headers, said.example))
    inbound = words()["inbound_topics"][topic]
    return Channel(topic, "receive", inbound["title"], inbound["description"], tuple(messages))
