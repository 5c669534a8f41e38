"""Event catalogue as data, from the event classes and words.toml: for the page, AsyncAPI and docs/events.md."""

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from shared.contracts import event_types
from shared.contracts.base import Event
from shared.contracts.delivery import MessageDeadLettered
from shared.contracts.pushes import LibraryUpdate, ResourceUpdate
from shared.events.catalogue.samples import example_data
from shared.events.catalogue.words import EventWords, meaning, value_word, words, words_of

# Clauses as docstrings cite them: 二（四）1, 三（一）.
_CITED = re.compile(r"[一二三四](?:（[一二三四五]）)?[1-4]?(?![一-龥])")
_KINDS: dict[Any, str] = {
    str: "文字",
    bool: "是否",
    int: "整数",
    Decimal: "小数（字符串）",
    UUID: "标识（UUID）",
    date: "日期",
    datetime: "时刻",
}


OTHERS: tuple[type[BaseModel], ...] = (MessageDeadLettered, ResourceUpdate, LibraryUpdate)
"""Data of messages that are not events: dead letters, and updates of districts' systems."""


@dataclass(frozen=True)
class Field:
    """One field: Chinese name of its type, nested structure if any, meaning, and code values."""

    name: str
    kind: str
    structure: str
    meaning: str
    codes: tuple[tuple[str, str], ...]
    may_be_null: bool
    required: bool


@dataclass(frozen=True)
class Other:
    """A message that is not an event, as words.toml describes it."""

    name: str
    title: str
    when: str
    fields: tuple[Field, ...]
    example: dict[str, Any]


@dataclass(frozen=True)
class Structure:
    """A nested structure of messages, with its Chinese name."""

    name: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Entry:
    """One event as the catalogue shows it."""

    type: str
    service: str
    subject: str
    words: EventWords
    clauses: tuple[str, ...]
    fields: tuple[Field, ...]
    example: dict[str, Any]


@cache
def entries() -> tuple[Entry, ...]:
    """Return every event, by service and then in the order of words.toml."""
    order = list(words()["events"])
    known = sorted(event_types(), key=lambda event: order.index(event.type))
    return tuple(_entry(event) for service in words()["services"] for event in known if _of(event) == service)


@cache
def structures() -> tuple[Structure, ...]:
    """Return every nested structure, in the order of words.toml."""
    found = {part.__name__: part for model in (*event_types(), *OTHERS) for part in parts_of(model)}
    return tuple(Structure(name, title, tuple(_fields(found[name]))) for name, title in words()["structures"].items())


def other(model: type[BaseModel]) -> Other:
    """Return the description of a model in OTHERS. Raises KeyError for any other model."""
    said = words()["others"][model.__name__]
    return Other(model.__name__, said["title"], said["when"], tuple(_fields(model)), example_data(model))


def _of(event: type[Event]) -> str:
    return event.type.split(".")[0]


def _entry(event: type[Event]) -> Entry:
    return Entry(
        type=event.type,
        service=_of(event),
        subject=words()["subjects"][event.aggregate_type],
        words=words_of(event),
        clauses=tuple(_CITED.findall(event.__doc__ or "")),
        fields=tuple(_fields(event)),
        example=example_data(event),
    )


def _fields(model: type[BaseModel]) -> Iterator[Field]:
    for name, field in model.model_fields.items():
        kind, part, codes, may_be_null = _kind(field.annotation)
        yield Field(
            name=name,
            kind=kind,
            structure=part.__name__ if part else "",
            meaning=meaning(model, name),
            codes=tuple((code, value_word(code)) for code in codes),
            may_be_null=may_be_null,
            required=field.is_required(),
        )


def _kind(annotation: Any) -> tuple[str, type[BaseModel] | None, tuple[str, ...], bool]:
    """Return the type's Chinese name, the nested model, the code values, and whether it may be null."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inside[0])
    if origin in (Union, types.UnionType):
        kind, part, codes, _ = _kind(next(branch for branch in inside if branch is not type(None)))
        return kind, part, codes, type(None) in inside
    if origin in (tuple, list):
        kind, part, codes, _ = _kind(inside[0])
        return f"{kind}的列表", part, codes, False
    if origin is Literal:
        return "代码", None, inside, False
    if issubclass(annotation, BaseModel):
        return words()["structures"][annotation.__name__], annotation, (), False
    return _KINDS[annotation], None, (), False


def parts_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the models nested in a model, at any depth."""
    for field in model.model_fields.values():
        part = _kind(field.annotation)[1]
        if part is not None:
            yield part
            yield from parts_of(part)
