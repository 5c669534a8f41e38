"""Looking through the documents that the services give of themselves."""

from collections.abc import Iterator
from typing import Any


def references(value: Any) -> Iterator[str]:
    """Every $ref inside."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
