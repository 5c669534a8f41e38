"""Enumerations of what the code declares, for tests of a whole kind: operations, list parameters, event types."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from services import load
from shared.contracts.base import Event, event_types
from shared.web.app import create_app
from shared.web.auth import RoleCheck
from shared.web.paging import Page
from shared.web.parameters import query_parameters
from shared.web.security_headers import ALWAYS
from tests import reading

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


def dependencies(route: APIRoute) -> set[object]:
    """Return the functions on which a route depends, those of its dependencies included."""
    found: set[object] = set()
    waiting = [route.dependant]
    while waiting:
        for each in waiting.pop().dependencies:
            found.add(each.call)
            waiting.append(each)
    return found


def roles_of(route: APIRoute) -> tuple[str, ...]:
    """Return the roles that an operation admits; none for one that is open to all."""
    return next((each.roles for each in dependencies(route) if isinstance(each, RoleCheck)), ())


def missing_headers(service: str, answer: httpx.Response) -> set[str]:
    """Return the headers that the document promises for a successful answer, and that it lacks."""
    if not answer.is_success or answer.request.url.path == "/openapi.json":
        return set()
    route = operation_of(service, answer.request.method, answer.request.url.path)
    promised = set((route.responses or {}).get(answer.status_code, {}).get("headers", {}))
    promised |= {"Location"} if answer.status_code == 201 else set()
    promised |= {"ETag"} if reading.demands_version(route) else set()
    return {name for name in promised if name not in answer.headers}


def careless_headers(answer: httpx.Response) -> set[str]:
    """Return the headers for browsers and caches that an answer lacks, or that say less than they should."""
    policy = answer.headers.get("content-security-policy", "")
    found = {name for name in ALWAYS if name not in answer.headers}
    found |= {f"CSP {word}" for word in ("unsafe-eval", "script-src 'unsafe-inline'", "*") if word in policy}
    found |= {f"CSP without {word}" for word in ("frame-ancestors 'none'", "default-src 'none'") if word not in policy}
    if answer.headers.get("cache-control") != "no-store" and "authorization" in answer.request.headers:
        found.add("cache-control")
    return found


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


def received_by_route(route: APIRoute) -> Iterator[tuple[str, Any]]:
    """Yield the name and type, annotations included, of each body, query and path parameter of a route."""
    waiting = [route.dependant]
    while waiting:
        each = waiting.pop()
        waiting += each.dependencies
        for parameter in (*each.body_params, *each.query_params, *each.path_params):
            field = parameter.field_info
            yield parameter.name, Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
