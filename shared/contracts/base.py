"""What every event has: a type name that never changes its meaning, and the project it is about."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

_REGISTRY: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """A fact that has happened. Subclasses name their type `<service>.<subject>_<participle>.v<n>`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str] = ""
    aggregate_type: ClassVar[str] = ""
    key_field: ClassVar[str] = ""

    district: str
    """GB/T 2260 code, BDA, or 110000 for what only the city sees."""
    applicant_uscc: str | None = None

    def __init_subclass__(cls, type: str, about: str, key: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.type, cls.aggregate_type, cls.key_field = type, about, key
        if type in _REGISTRY:
            raise TypeError(f"event type {type} is declared twice")
        _REGISTRY[type] = cls

    @property
    def aggregate_id(self) -> UUID:
        """The project, resource or entity whose events must stay in order."""
        key: UUID = getattr(self, self.key_field)
        return key


class Hand(BaseModel):
    """Who held which duty on a case: carried along so that no one acts twice on it in any service."""

    model_config = ConfigDict(frozen=True)

    actor: str
    duty: str


def event_class(type_name: str) -> type[Event]:
    """The class of a type name. Raises KeyError for a type that this build does not know."""
    return _REGISTRY[type_name]


def event_types() -> Iterator[type[Event]]:
    """Every event class, in order of type name."""
    return iter(_REGISTRY[name] for name in sorted(_REGISTRY))
