"""Every operation × every kind of caller, by really calling; the expectation is the reviewed admission.txt."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from starlette.routing import Route

from services import SERVICES
from tests.journeys.admission import Caller, Operation, callers, strangers, table
from tests.world import World

each_service = pytest.mark.parametrize("service", SERVICES)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
WITHOUT_A_KEY = {
    ("POST", "/v1/dry-run"),
    ("POST", "/v1/dry-run/picture"),
    ("POST", "/v1/what-if"),
    ("POST", "/v1/series/preview"),
    ("POST", "/v1/applications/{application_id}/interest-preview"),
    ("POST", "/v1/stream-tickets"),
}
"""Calculations, which store nothing, and tickets, of which each request gets its own."""


def malformed(path: str) -> str:
    """Return an address at which an admitted caller is refused as well, by 422: nothing is read and nothing done."""
    return re.sub(r"\{\w+\}", "x", path)


def routes(world: World, service: str) -> Iterator[Operation]:
    for route in world.apps[service].routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in route.methods or ())


async def asked(
    world: World, service: str, operation: Operation, credential: str | None, **headers: str
) -> httpx.Response:
    method, path = operation
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if credential is not None:
        sent["authorization"] = f"Bearer {credential}"
    return await world.clients[service].request(method, malformed(path), headers=sent)


def refusal(answer: httpx.Response) -> str | None:
    """Return the problem code of an answer that refuses the caller, None for any other answer."""
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    return str(answer.json()["code"]) if answer.status_code in (401, 403) else None


@each_service
def test_the_table_names_every_operation_and_no_other(world: World, service: str) -> None:
    assert sorted(table(service)) == sorted(routes(world, service))


@each_service
async def test_every_operation_admits_the_callers_of_the_table_and_no_other(world: World, service: str) -> None:
    everybody = await callers(world, service)
    found: dict[tuple[Operation, str], str | None] = {}
    expected: dict[tuple[Operation, str], str | None] = {}
    with streams_ended(world, service):
        for operation, admission in table(service).items():
            for caller in everybody[-1:] if admission.open else everybody:
                answer = await asked(world, service, operation, caller.credential, idempotency_key="with a space")
                found[operation, caller.name] = refusal(answer)
                expected[operation, caller.name] = caller.refusal(operation[0], admission)
    assert {case: code for case, code in found.items() if code != expected[case]} == {}


@contextmanager
def streams_ended(world: World, service: str) -> Iterator[None]:
    """End every event stream after its first page."""
    ended = asyncio.Event()
    ended.set()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.instances[service], "draining", ended)
        yield


@each_service
async def test_a_token_or_key_that_is_not_valid_opens_nothing(world: World, service: str) -> None:
    for caller in await strangers(world, service):
        for operation in (("GET", "/events"), ("GET", "/events/stream"), ("POST", "/v1/api-keys")):
            answer = await asked(world, service, operation, caller.credential, idempotency_key="k")
            assert refusal(answer) == "unauthenticated", (caller.name, operation)


@each_service
async def test_no_path_answers_a_method_that_the_table_does_not_name(world: World, service: str) -> None:
    admitted = table(service)
    credential = world.token("city-supervisor-1")
    for path in {path for _, path in admitted}:
        for method in METHODS:
            if (method, path) not in admitted:
                answer = await asked(world, service, (method, path), credential)
                assert answer.status_code == 405, (method, path)


@each_service
async def test_every_post_of_a_signed_in_caller_needs_an_idempotency_key(world: World, service: str) -> None:
    known = await callers(world, service)
    for operation, admission in table(service).items():
        if operation[0] != "POST" or admission.open or operation in WITHOUT_A_KEY:
            continue
        caller = next(each for each in known if each.refusal("POST", admission) is None)
        answer = await asked(world, service, operation, caller.credential)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing"), operation


async def test_a_read_only_key_is_told_so_by_each_method_that_a_writing_key_may_use(world: World) -> None:
    known: dict[str, Caller] = {caller.name: caller for caller in await callers(world, "intake")}
    for operation in (("PUT", "/v1/resources/{district}/{external_id}"), ("POST", "/v1/resources:batchUpsert")):
        found = []
        for name in ("read-only key", "writing key"):
            answer = await asked(world, "intake", operation, known[name].credential, idempotency_key="k")
            found.append((answer.status_code, answer.json()["detail"]))
        assert found[0][0] == 403
        assert "write:resources" in found[0][1]
        assert found[1][0] == 422


@each_service
async def test_the_served_roles_are_those_of_the_table(world: World, service: str) -> None:
    page = (await world.call(service, "GET", "/v1/duties?limit=200", None, status=200)).json()
    served = {
        (each["method"], each["path"]): (frozenset(role["code"] for role in each["roles"]), not each["signed_in"])
        for each in page["items"]
    }
    undocumented = {"/clock", "/docs", "/docs/events", "/asyncapi.json", "/openapi.json"}
    assert served == {key: tuple(each) for key, each in table(service).items() if key[1] not in undocumented}
