"""Every list of every service keeps the convention: pages, sorts, totals, filters; unknown parameters are refused."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.routing import APIRoute

from services import SERVICES
from shared.web.parameters import query_parameters
from tests.enumeration import CONVENTION, lists_of, operations
from tests.journeys.populate import known_ids, populate
from tests.world import World

READERS = ("auditor-1", "city-supervisor-1", "city-officer-1", "110105-officer-1")
OWN_PARAMETERS: dict[str, dict[str, Any]] = {"list_pool": {"year": 2024}, "list_figures": {"kind": "factor"}}
each_service = pytest.mark.parametrize("service", SERVICES)


def paths(route: APIRoute, known: dict[str, list[str]]) -> Iterator[str]:
    """Addresses of a list for known records; of several path parameters, the combinations of their first values."""
    names = list(route.param_convertors)
    found = [""] if not names else known.get(names[0], [])
    for value in found[:4]:
        path = route.path_format.replace(f"{{{names[0]}}}", value) if names else route.path_format
        for name in names[1:]:
            path = path.replace(f"{{{name}}}", known.get(name, ["0"])[0])
        yield path


async def ask(world: World, service: str, path: str, **query: Any) -> Any:
    """Return the answer to the first reader who is admitted; None where nothing is found."""
    for who in READERS:
        answer = await world.call(service, "GET", f"{path}?{urlencode(query, doseq=True)}", who)
        if answer.status_code == 200:
            return answer.json()
        assert answer.status_code in (403, 404), (path, query, answer.text)
    return None


async def walked(world: World, service: str, path: str, limit: int, **query: Any) -> list[Any]:
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await ask(world, service, path, limit=limit, **query, **cursor)
        seen += page["items"]
        if page["next_cursor"] is None:
            return seen
        cursor = {"cursor": page["next_cursor"]}


def sorts_of(route: APIRoute, document: Any) -> list[str]:
    parameters = document["paths"][route.path_format]["get"]["parameters"]
    (sort,) = (parameter for parameter in parameters if parameter["name"] == "sort")
    found: list[str] = sort["schema"]["enum"]
    return found


@each_service
async def test_every_list_keeps_the_convention(world: World, service: str) -> None:
    await populate(world, service)
    known, met = await known_ids(world, service), set()
    document = world.apps[service].openapi()
    for route in lists_of(service).values():
        own = OWN_PARAMETERS.get(route.name, {})
        for path in paths(route, known):
            whole = await ask(world, service, path, limit=200, include_total="true", **own)
            if whole is None:
                continue
            assert (whole["total"], whole["limit"], whole["next_cursor"]) == (len(whole["items"]), 200, None), path
            for sort in sorts_of(route, document):
                ordered = (await ask(world, service, path, limit=200, sort=sort, **own))["items"]
                limit = 1 if len(ordered) < 20 else 7
                assert await walked(world, service, path, limit, sort=sort, **own) == ordered, (path, sort)
                check_order(ordered, sort)
                assert sorted(map(str, ordered)) == sorted(map(str, whole["items"])), (path, sort)
            await check_filters(world, service, route, path, whole["items"], own)
            met |= {route.name} if whole["items"] else set()
    assert met >= {"list_api_keys", "list_acts"}
    assert len(met) > len(lists_of(service)) / 2, met


COMPARABLE = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d\d-\d\d(T[\d:.]+Z)?")
"""Texts whose order does not depend on a collation: numbers, dates and moments."""


def check_order(items: list[Any], sort: str) -> None:
    """Check that rows follow the field that bears the sort's name, those without a value last."""
    found = [item.get(sort.removeprefix("-"), "") for item in items]
    known = [value for value in found if value is not None]
    assert found[: len(known)] == known, (sort, found)
    if all(isinstance(value, int) or COMPARABLE.fullmatch(value) for value in known if isinstance(value, int | str)):
        in_order = sorted(known, key=rank, reverse=sort.startswith("-"))
        assert list(map(rank, known)) == list(map(rank, in_order)), (sort, found)


def rank(value: Any) -> tuple[Decimal, str]:
    """Return the place of a value: of a number by size, of other texts by their characters."""
    text = str(value)
    return (Decimal(text), "") if re.fullmatch(r"-?\d+(\.\d+)?", text) else (Decimal(0), text)


async def check_filters(
    world: World, service: str, route: APIRoute, path: str, items: list[Any], own: dict[str, Any]
) -> None:
    """Compare each filter that bears a field's name with the same choice among all rows."""
    for name in set(query_parameters(route)) - CONVENTION - set(own):
        if name == "q":
            assert (await ask(world, service, path, q="查无此文字", **own))["items"] == [], path
            continue
        field, _, bound = name.rpartition("_") if name.endswith(("_from", "_to")) else (name, "", "")
        for value in {str(item[field]) for item in items if isinstance(item.get(field), str | int | bool)}:
            asked = value.lower() if value in ("True", "False") else value
            found = (await ask(world, service, path, limit=200, **{name: asked}, **own))["items"]
            assert len(found) == sum(passes(item.get(field), value, bound) for item in items), (path, name, value)


def passes(said: Any, value: str, bound: str) -> bool:
    if bound == "":
        return str(said) == value
    return said is not None and (said >= value if bound == "from" else said <= value)


@each_service
async def test_an_unknown_parameter_is_refused_by_every_endpoint(world: World, service: str) -> None:
    assert len(operations(service)) > 20
    for route in operations(service).values():
        path = route.path_format.replace("{", "0").replace("}", "0")
        admitted = world.signed_in(service, route.name)
        for method in route.methods or ():
            answer = await world.clients[service].request(method, f"{path}?nonsense=1", headers=admitted)
            body = answer.json()
            assert (answer.status_code, body["code"]) == (422, "unknown_parameter"), (method, path, body)
            assert body["errors"][0]["pointer"] == "/query/nonsense"
            for name in query_parameters(route):
                assert name in body["detail"], (path, name)


@each_service
async def test_no_read_answers_a_bare_list(world: World, service: str) -> None:
    for path, item in world.apps[service].openapi()["paths"].items():
        if "get" not in item:
            continue
        content = item["get"]["responses"]["200"].get("content", {})
        for media in content.values():
            assert media.get("schema", {}).get("type") != "array", path
