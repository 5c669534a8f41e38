"""Base class of events, and the registry of event types."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.audiences import OFFICIALS_ONLY

_REGISTRY: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """Base class of events. A subclass names its type `<service>.<subject>_<participle>.v<n>`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str] = ""
    aggregate_type: ClassVar[str] = ""
    key_field: ClassVar[str] = ""
    told_to_owners: ClassVar[bool] = True
    """False for an event about an owner that the owner is not told over HTTP."""
    officials_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that only officials are told over HTTP."""

    district: str
    """GB/T 2260 code, BDA, or 110000 for events that only the city may read."""
    applicant_uscc: str | None = None

    def __init_subclass__(cls, type: str, about: str, key: str, *, told_to_owners: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.type, cls.aggregate_type, cls.key_field, cls.told_to_owners = type, about, key, told_to_owners
        if type in _REGISTRY:
            raise TypeError(f"event type {type} is declared twice")
        _REGISTRY[type] = cls

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        marked = (name for name, field in cls.model_fields.items() if OFFICIALS_ONLY in field.metadata)
        cls.officials_fields = frozenset(marked)

    @property
    def aggregate_id(self) -> UUID:
        """Identifier of the project, resource or entity; events of one aggregate stay in order."""
        key: UUID = getattr(self, self.key_field)
        return key


class Hand(BaseModel):
    """A duty that a person held on a case. Events carry it, so that segregation of duties holds across services."""

    model_config = ConfigDict(frozen=True)

    actor: str
    duty: str


def event_class(type_name: str) -> type[Event]:
    """Return the event class of a type name. Raises KeyError for an unknown type."""
    return _REGISTRY[type_name]


def event_types() -> Iterator[type[Event]]:
    """Return all event classes, ordered by type name."""
    return iter(_REGISTRY[name] for name in sorted(_REGISTRY))
