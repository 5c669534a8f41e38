"""The kind of each operation, which decides how many requests of it a caller may make."""

from fastapi.routing import APIRoute

from shared.rates import Kind
from shared.web.routing import FILE

_PROBES = ("live", "ready")
"""Operations that a supervisor calls all the time, and that tell nothing."""


def kind_of(route: APIRoute, *, signed_in: bool) -> Kind | None:
    """Return the kind of an operation; None for one that is not counted."""
    if route.name in _PROBES:
        return None
    if not signed_in:
        return "anonymous"
    own: Kind | None = getattr(route, "rate", None)
    return own or _by_content(route)


def _by_content(route: APIRoute) -> Kind:
    if takes_file(route):
        return "uploads"
    if "text/csv" in (route.responses or {}).get(200, {}).get("content", {}):
        return "exports"
    return "reads" if route.methods == {"GET"} else "acts"


def takes_file(route: APIRoute) -> bool:
    """Return whether the body of an operation is a file."""
    return FILE in (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
