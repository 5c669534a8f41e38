"""Every place where a request or an answer holds text, listed from the routes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from services import SERVICES
from shared.text import AsStored
from tests.enumeration import operations


@dataclass(frozen=True)
class TextPlace:
    """A field of type `str`: `Model.field` or `query name`, with the annotations that limit it."""

    name: str
    limits: tuple[Any, ...]

    def has(self, kind: type) -> bool:
        return any(isinstance(limit, kind) for limit in self.limits)

    @property
    def patterns(self) -> list[str]:
        """Return the patterns that the annotations demand."""
        found = (
            getattr(limit, "pattern", None) or getattr(limit, "__dict__", {}).get("pattern")
            for limit in flat(self.limits)
        )
        return [pattern for pattern in found if isinstance(pattern, str)]


def flat(limits: Sequence[Any]) -> Iterator[Any]:
    """Yield annotations, those inside of `Field` and other groups too."""
    for limit in limits:
        yield limit
        yield from flat(getattr(limit, "metadata", []))


def places(
    annotation: Any, name: str, limits: Sequence[Any] = (), within: frozenset[type] = frozenset()
) -> Iterator[TextPlace]:
    """Yield the places of text in a type, down to the fields of its models; not those marked `AsStored`."""
    inner = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from places(inner[0], name, (*limits, *flat(inner[1:])), within)
    elif annotation is str:
        yield TextPlace(name, tuple(limits))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in within and not any(isinstance(limit, AsStored) for limit in limits):
            for field, info in annotation.model_fields.items():
                own = f"{annotation.__name__}.{field}"
                yield from places(info.annotation, own, tuple(flat(info.metadata)), within | {annotation})
    else:
        for each in inner:
            yield from places(each, name, limits if type(None) in inner else (), within)


def requested(service: str) -> Iterator[TextPlace]:
    """Yield the places of text in the parameters and bodies of a service's operations."""
    for route in operations(service).values():
        waiting: list[Dependant] = [route.dependant]
        while waiting:
            each = waiting.pop()
            waiting.extend(each.dependencies)
            for kind in ("path", "query", "header", "cookie", "body"):
                for field in getattr(each, f"{kind}_params"):
                    info = field.field_info
                    yield from places(info.annotation, f"{kind} {field.name}", tuple(flat(info.metadata)))


def every_requested_place() -> dict[str, TextPlace]:
    """Return the places of all services by name."""
    return {place.name: place for service in SERVICES for place in requested(service)}


def answered(service: str) -> Iterator[TextPlace]:
    """Yield the places of text in the answers of a service's operations."""
    for route in operations(service).values():
        if route.response_model is not None:
            yield from places(route.response_model, f"answer of {route.name}")
