"""Chinese names of events, fields and code values (words.toml)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.contracts.base import Event
from shared.contracts.library import LABELS


@dataclass(frozen=True)
class EventWords:
    """Title of an event, when it is announced, and what each service does on receiving it."""

    title: str
    when: str
    acts: Mapping[str, str]


@cache
def words() -> dict[str, dict[str, Any]]:
    """Return words.toml, by section."""
    with (Path(__file__).parent / "words.toml").open("rb") as file:
        return tomllib.load(file)


def service_title(service: str) -> str:
    """Return the Chinese name of a service."""
    return str(words()["services"][service])


def words_of(event: type[Event]) -> EventWords:
    """Return the words of an event. Raises KeyError for an event without any."""
    found = words()["events"][event.type]
    return EventWords(found["title"], found["when"], found.get("acts", {}))


def meaning(model: type[BaseModel], name: str) -> str:
    """Return the meaning of a field, from words.toml or its declared title. Raises KeyError if it has neither."""
    fields, declared = words()["fields"], model.model_fields[name]
    said = fields.get(f"{model.__name__}.{name}") or declared.title or fields[name]
    return said if declared.description is None else f"{said}：{declared.description}"


def value_word(value: str) -> str:
    """Return the Chinese name of a code value. Raises KeyError if it has none."""
    return str(words()["values"].get(value) or LABELS[value])
