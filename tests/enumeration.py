"""What the code declares, for tests that must cover each place of a kind: operations, list parameters, event types."""

from collections.abc import Iterator
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from services import load
from shared.contracts.base import Event, event_types
from shared.web.app import create_app
from shared.web.paging import Page
from shared.web.parameters import query_parameters

CONVENTION = frozenset({"sort", "limit", "cursor", "include_total"})
"""Parameters that every list has."""


@cache
def app(service: str) -> FastAPI:
    """Return the application of a service, built once: its routes take longer to build than most tests to run."""
    return create_app(load(service))


def routes_of(router: APIRouter) -> Iterator[APIRoute]:
    """Yield every route, those of included routers too."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from routes_of(included)


@cache
def operations(service: str) -> dict[str, APIRoute]:
    """Return the operations of a service by name."""
    routes = list(routes_of(app(service).router))
    by_name = {route.name: route for route in routes}
    assert len(by_name) == len(routes), "two operations with one name"
    return by_name


def operation_of(service: str, method: str, path: str) -> APIRoute:
    """Return the operation that a request reaches. Raises LookupError where there is none."""
    for route in operations(service).values():
        if method in (route.methods or ()) and route.path_regex.match(path):
            return route
    raise LookupError(f"{method} {path}")


def lists_of(service: str) -> dict[str, APIRoute]:
    """Return the operations of a service that answer a page, by name."""
    return {
        name: route
        for name, route in operations(service).items()
        if isinstance(route.response_model, type) and issubclass(route.response_model, Page)
    }


def filters_of(service: str) -> set[tuple[str, str]]:
    """Return each pair of a list and one of its filters."""
    return {
        (name, parameter)
        for name, route in lists_of(service).items()
        for parameter in set(query_parameters(route)) - CONVENTION
    }


def events_of(service: str) -> list[type[Event]]:
    """Return the event types that a service announces."""
    return [event for event in event_types() if event.type.startswith(f"{service}.")]
