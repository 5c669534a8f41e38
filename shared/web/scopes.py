"""Scopes of API keys: reading or writing, and the group of records that an operation belongs to."""

import re
from collections.abc import Iterable

from starlette.routing import BaseRoute

MATERIALS = "materials"
"""Group of every operation on uploaded files: whoever reads declarations need not read what is attached to them."""
_OWN = ("/v1/me",)
"""Operations on the caller alone, which need no scope."""


def scope_of(method: str, path: str) -> str | None:
    """Return the scope that an operation demands of an API key; None if it demands none.

    The group is the first part of the path after `/v1`: `read:resources` for GET /v1/resources/{district}/….
    """
    if path in _OWN:
        return None
    parts = path.removeprefix("/v1").strip("/").split("/")
    group = MATERIALS if MATERIALS in parts else re.split(r"[:.]", parts[0])[0]
    return f"{'read' if method == 'GET' else 'write'}:{group}"


def scopes_of(routes: Iterable[BaseRoute]) -> list[str]:
    """Return the scopes that API keys of a service may be given, in order: those of operations that admit systems."""
    return sorted({scope for route in routes if (scope := getattr(route, "key_scope", None)) is not None})
