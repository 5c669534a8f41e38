"""What events, fields and coded values are called in Chinese (words.toml)."""

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
    """An event's title, when it is announced, and what each service does that acts on it."""

    title: str
    when: str
    acts: Mapping[str, str]


@cache
def words() -> dict[str, dict[str, Any]]:
    """The whole of words.toml, by section."""
    with (Path(__file__).parent / "words.toml").open("rb") as file:
        return tomllib.load(file)


def service_title(service: str) -> str:
    """What a service is called in Chinese."""
    return str(words()["services"][service])


def words_of(event: type[Event]) -> EventWords:
    """Raises KeyError for an event that nobody has described yet."""
    found = words()["events"][event.type]
    return EventWords(found["title"], found["when"], found.get("acts", {}))


def meaning(model: type[BaseModel], name: str) -> str:
    """What a field says, by words.toml or by the title it was declared with. Raises KeyError where there is neither."""
    fields, declared = words()["fields"], model.model_fields[name]
    said = fields.get(f"{model.__name__}.{name}") or declared.title or fields[name]
    return said if declared.description is None else f"{said}：{declared.description}"


def value_word(value: str) -> str:
    """What a coded value is called. Raises KeyError where nobody has said."""
    return str(words()["values"].get(value) or LABELS[value])
