"""Refusal of query parameters that an endpoint does not have."""

from fastapi import Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from shared.errors import Invalid
from shared.web.auth import Handler
from shared.web.bodies import BoundedRoute
from shared.web.field_messages import cut

_MOST_NAMED, _LONGEST_NAME = 10, 100


class UnknownParameter(Invalid):
    """A query parameter that the endpoint does not declare."""

    code, title = "unknown_parameter", "不认识的查询参数"


class KnownParametersRoute(BoundedRoute):
    """A route that refuses query parameters beside those that it declares; the names are collected once."""

    def admitted_handler(self) -> Handler:
        handle = super().admitted_handler()
        known = query_parameters(self)

        async def refuse_unknown(request: Request) -> Response:
            if request.scope["query_string"]:
                check_parameters(request, known)
            return await handle(request)

        return refuse_unknown


def query_parameters(route: APIRoute) -> tuple[str, ...]:
    """Return the names of the query parameters that a route and its dependencies declare."""
    fields = get_flat_params(route.dependant)
    return tuple(dict.fromkeys(field.alias for field in fields if isinstance(field.field_info, Query)))


def check_parameters(request: Request, known: tuple[str, ...]) -> None:
    """Raise UnknownParameter for a parameter that is not among the known ones."""
    unknown = [name for name in request.query_params if name not in known]
    if not unknown:
        return
    way_out = f"可用的查询参数：{'、'.join(known)}" if known else "此接口没有查询参数"
    told = [cut(name, _LONGEST_NAME) for name in unknown[:_MOST_NAMED]]
    errors = [{"pointer": f"/query/{name}", "code": UnknownParameter.code, "detail": way_out} for name in told]
    raise UnknownParameter(f"不认识的查询参数：{'、'.join(told)}；{way_out}", errors=errors)
