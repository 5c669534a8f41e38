"""One flat list of routes: a request is matched against each route once, not once at every level of inclusion."""

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette._utils import get_route_path
from starlette.routing import Match
from starlette.types import Scope

FILE = "application/octet-stream"
"""Media type by which a route declares in its OpenAPI document that the body is a file."""


class PrefixRoute(APIRoute):
    """A route that compares the fixed beginning of its path before it runs its regular expression."""

    @property
    def _beginning(self) -> str:
        return self.__dict__.setdefault("_fixed", self.path.partition("{")[0])  # type: ignore[no-any-return]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the route answers the request, and what it adds to the scope."""
        if scope["type"] != "http" or not get_route_path(scope).startswith(self._beginning):
            return Match.NONE, {}
        return super().matches(scope)


def joined(*routers: APIRouter) -> APIRouter:
    """Return one router with the routes of the given ones, in their order; their paths are complete already."""
    whole = APIRouter()
    for router in routers:
        whole.routes.extend(router.routes)
    return whole


def install(app: FastAPI, *routers: APIRouter) -> None:
    """Add the routes to the application. The name of a route is its operation id."""
    for route in joined(*routers).routes:
        if isinstance(route, APIRoute):
            route.operation_id = route.unique_id = route.name
        app.router.routes.append(route)
