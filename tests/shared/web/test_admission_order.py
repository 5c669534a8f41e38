"""Sign-in and role come before anything else of a request: a stranger's body is neither read nor parsed."""

from collections.abc import AsyncIterator

import pytest

from services import SERVICES
from shared.web.auth import AdmittingRoute, RoleCheck, current_actor
from tests import enumeration
from tests.world import World


def signed_in_routes(service: str) -> list[AdmittingRoute]:
    """Return the operations of a service that ask for a sign-in."""
    routes = [
        route for route in enumeration.operations(service).values() if current_actor in enumeration.dependencies(route)
    ]
    return [route for route in routes if isinstance(route, AdmittingRoute)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_admits_before_it_reads_and_in_one_role(service: str) -> None:
    for name, route in enumeration.operations(service).items():
        assert isinstance(route, AdmittingRoute), name
        assert type(route).get_route_handler is AdmittingRoute.get_route_handler, f"{name} puts work before admission"
        checks = [each for each in enumeration.dependencies(route) if isinstance(each, RoleCheck)]
        assert len(checks) == (current_actor in enumeration.dependencies(route)), name


async def _unreadable(read: list[str], name: str) -> AsyncIterator[bytes]:
    """Note that somebody reads the body of an operation."""
    read.append(name)
    yield b"{}"


@pytest.mark.parametrize("service", SERVICES)
async def test_no_operation_reads_the_body_of_a_stranger_or_of_the_wrong_role(world: World, service: str) -> None:
    """Send requests in which all else is wrong too: parameters, key, precondition, declared length."""
    read: list[str] = []
    owner = f"Bearer {world.token(world.owner())}"
    for route in signed_in_routes(service):
        path = route.path.replace("{", "").replace("}", "") + "?no_such_parameter=1"
        roles = next(each.roles for each in enumeration.dependencies(route) if isinstance(each, RoleCheck))
        callers: list[tuple[dict[str, str], int]] = [({}, 401)]
        callers += [] if "applicant" in roles else [({"authorization": owner}, 403)]
        for headers, expected in callers:
            sent = {**headers, "content-type": "application/json", "content-length": "999999999"}
            method = next(iter(route.methods or ()))
            body = _unreadable(read, route.name)
            answer = await world.clients[service].request(method, path, content=body, headers=sent)
            assert answer.status_code == expected, f"{route.name}: {answer.text}"
    assert read == []
