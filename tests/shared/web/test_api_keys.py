"""API keys: each field, limit and filter, their end, and every operation × every scope."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import insert

from services import SERVICES
from shared.actors import system_actor
from shared.settings import ROOT
from shared.storage.tables import api_key
from shared.web.scopes import scopes_of
from tests.enumeration import CONVENTION, app, filters_of, operations
from tests.journeys.test_admission import asked, streams_ended
from tests.keys import new_key
from tests.world import START, World

SUPERVISOR = "city-supervisor-1"
HOUR = timedelta(hours=1)


def at(later: float) -> str:
    return (START + later * HOUR).isoformat()


def key_row(number: int, name: str, later: int, *scopes: str, revoked: int | None = None) -> dict[str, Any]:
    return {
        "id": f"{number:012x}",
        "secret_hash": bytes([number]),
        "name": name,
        "districts": ["110105" if number == 1 else "110000"],
        "scopes": list(scopes),
        "expires_at": START + (100 - number) * HOUR,
        "created_by": f"supervisor-{number}",
        "created_at": START + later * HOUR,
        "revoked_by": None if revoked is None else f"revoker-{number}",
        "revoked_at": None if revoked is None else START + revoked * HOUR,
        "revoked_reason": None if revoked is None else f"理由{number}",
    }


KEYS = (
    key_row(1, "乙 Board", 1, "read:events", "write:resources"),
    key_row(2, "甲 Feed", 2, "read:events", revoked=9),
    key_row(3, "丙 Board", 2, "read:writers"),
    key_row(4, "甲 Feed", 3, "write:resources", revoked=8),
)


async def insert_keys(world: World) -> None:
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await session.execute(insert(api_key), list(KEYS))


ASKED_KEYS: Sequence[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3, 4]),
    ({"sort": "-created_at"}, [4, 3, 2, 1]),
    ({"sort": "name"}, [3, 1, 2, 4]),
    ({"sort": "-name"}, [4, 2, 1, 3]),
    ({"sort": "revoked_at"}, [4, 2, 1, 3]),
    ({"sort": "-revoked_at"}, [2, 4, 3, 1]),
    ({"revoked": True}, [2, 4]),
    ({"revoked": False}, [1, 3]),
    ({"writes": True}, [1, 4]),
    ({"writes": False}, [2, 3]),
    ({"created_at_from": at(2)}, [2, 3, 4]),
    ({"created_at_from": at(2.01)}, [4]),
    ({"created_at_to": at(2)}, [1, 2, 3]),
    ({"created_at_to": at(1.99)}, [1]),
    ({"q": "board"}, [1, 3]),
    ({"q": "甲"}, [2, 4]),
    ({"q": "supervisor"}, []),
    ({"writes": True, "revoked": True}, [4]),
    ({"sort": "expires_at"}, [4, 3, 2, 1]),
    ({"expires_at_from": at(98)}, [1, 2]),
    ({"expires_at_to": at(97)}, [3, 4]),
]


@pytest.mark.parametrize(("query", "ids"), ASKED_KEYS, ids=str)
async def test_the_list_of_keys(world: World, query: dict[str, Any], ids: list[int]) -> None:
    await insert_keys(world)
    asked = urlencode({name: str(value).lower() if value in (True, False) else value for name, value in query.items()})
    page = await world.get("intake", f"/v1/api-keys?include_total=true&{asked}", SUPERVISOR)
    assert ([int(item["id"], 16) for item in page["items"]], page["total"]) == (ids, len(ids))


def test_every_parameter_of_the_list_is_asked() -> None:
    used = {parameter for query, _ in ASKED_KEYS for parameter in query} - CONVENTION
    assert {parameter for listed, parameter in filters_of("intake") if listed == "list_api_keys"} == used


async def test_a_key_is_shown_with_every_field_but_its_secret(world: World) -> None:
    await insert_keys(world)
    first, second, *_ = (await world.get("intake", "/v1/api-keys", SUPERVISOR))["items"]
    assert first == {
        "id": "000000000001",
        "name": "乙 Board",
        "districts": ["110105"],
        "scopes": ["read:events", "write:resources"],
        "writes": True,
        "created_by": "supervisor-1",
        "created_at": "2024-03-01T03:00:00Z",
        "expires_at": "2024-03-05T05:00:00Z",
        "last_used_on": None,
        "revoked_by": None,
        "revoked_at": None,
        "revoked_reason": None,
    }
    assert (second["revoked_by"], second["revoked_at"], second["revoked_reason"]) == (
        "revoker-2",
        "2024-03-01T11:00:00Z",
        "理由2",
    )


async def test_issuing_and_revoking_a_key_are_acts_on_record_for_that_key_alone(world: World) -> None:
    issued = []
    for name, districts, writes in (("甲", ["BDA", "110105", "BDA"], True), ("乙", ["110000"], False)):
        body = new_key(name=name, districts=districts, writes=writes, reason=f"接入{name}")
        answer = await world.call("intake", "POST", "/v1/api-keys", SUPERVISOR, body, status=201)
        assert answer.headers["location"] == "/v1/api-keys"
        assert answer.json()["key"].startswith(f"th_live_{answer.json()['id']}_")
        issued.append(answer.json()["id"])
    world.clock.set(START + HOUR)
    path = f"/v1/api-keys/{issued[0]}/revoke"
    await world.call("intake", "POST", path, "city-supervisor-2", {"reason": "更换"}, status=204)
    world.clock.set(START + 2 * HOUR)
    await world.call("intake", "POST", path, "city-supervisor-3", {"reason": "再次"}, status=404)
    await world.call("intake", "POST", f"/v1/api-keys/{'0' * 12}/revoke", SUPERVISOR, {"reason": "无"}, status=404)
    items = (await world.get("intake", "/v1/api-keys?sort=-name", SUPERVISOR))["items"]
    kept = {"created_by": SUPERVISOR, "created_at": "2024-03-01T02:00:00Z", "expires_at": "2025-03-01T02:00:00Z"}
    revoked = {"revoked_by": "city-supervisor-2", "revoked_at": "2024-03-01T03:00:00Z", "revoked_reason": "更换"}
    scopes = [new_key(writes=writes)["scopes"] for writes in (True, False)]
    expected = [
        {"id": issued[0], "name": "甲", "districts": ["110105", "BDA"], "scopes": scopes[0], "writes": True, **revoked},
        {"id": issued[1], "name": "乙", "districts": ["110000"], "scopes": scopes[1], "writes": False}
        | dict.fromkeys(revoked),
    ]
    assert items == [{**each, **kept, "last_used_on": None} for each in expected]
    acts = (await world.get("intake", f"/v1/acts/{case_of(issued[0])}", "auditor-1"))["items"]
    assert [(act["act"], act["actor"], act["reason"], act["district"]) for act in acts] == [
        ("issue_api_key", SUPERVISOR, "接入甲", "110000"),
        ("revoke_api_key", "city-supervisor-2", "更换", "110000"),
    ]
    assert acts[0]["detail"]["scopes"] == scopes[0]


def case_of(key_id: str) -> str:
    """Return the case under which the acts on a key are recorded (docs/identity.md)."""
    return f"00000000-0000-0000-0000-{key_id}"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "x" * 100}, None),
        ({"name": "x" * 101}, "/body/name"),
        ({"name": ""}, "/body/name"),
        ({"name": None}, "/body/name"),
        ({"districts": ["110105"] * 18}, None),
        ({"districts": ["110105"] * 19}, "/body/districts"),
        ({"districts": []}, "/body/districts"),
        ({"districts": None}, "/body/districts"),
        ({"districts": ["110105", "999999"]}, "/body/districts/1"),
        ({"districts": ["110000", "110105"]}, None),
        ({"scopes": ["read:events"] * 50}, None),
        ({"scopes": ["read:events"] * 51}, "/body/scopes"),
        ({"scopes": []}, "/body/scopes"),
        ({"scopes": None}, "/body/scopes"),
        ({"scopes": ["read:events", "read:everything"]}, "/body/scopes/1"),
        ({"scopes": ["read:applications"]}, "/body/scopes/0"),
        ({"scopes": ["write:events"]}, "/body/scopes/0"),
        ({"scopes": ["*"]}, "/body/scopes/0"),
        ({"expires_at": (START + timedelta(days=730)).isoformat()}, None),
        ({"expires_at": (START + timedelta(days=730, seconds=1)).isoformat()}, "/body/expires_at"),
        ({"expires_at": (START + timedelta(seconds=1)).isoformat()}, None),
        ({"expires_at": START.isoformat()}, "/body/expires_at"),
        ({"expires_at": "2024-06-01T00:00:00"}, "/body/expires_at"),
        ({"reason": "x" * 200}, None),
        ({"reason": "x" * 201}, "/body/reason"),
        ({"reason": None}, "/body/reason"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_the_limits_of_a_new_key(world: World, changed: dict[str, Any], field: str | None) -> None:
    body = {name: value for name, value in (new_key() | changed).items() if value is not None}
    answer = await world.call("intake", "POST", "/v1/api-keys", SUPERVISOR, body, status=422 if field else 201)
    if field:
        assert answer.json()["errors"][0]["pointer"] == field


async def test_the_days_of_a_key_are_those_of_the_settings(world: World) -> None:
    world.settings.api_key_days, world.settings.api_key_days_max = 30, 10
    await world.post("intake", "/v1/api-keys", SUPERVISOR, new_key(), 201)
    (item,) = (await world.get("intake", "/v1/api-keys", SUPERVISOR))["items"]
    assert item["expires_at"] == "2024-03-11T02:00:00Z"


async def test_a_key_opens_until_the_second_it_expires_and_its_last_use_is_noted_by_the_tick(world: World) -> None:
    issued = await world.post("intake", "/v1/api-keys", SUPERVISOR, new_key(), 201)
    other = await world.post("intake", "/v1/api-keys", SUPERVISOR, new_key(name="另一系统"), 201)
    headers = {"authorization": f"Bearer {issued['key']}"}
    found = []
    for moment in (timedelta(0), timedelta(days=365, seconds=-1), timedelta(days=365)):
        world.clock.set(START + moment)
        found.append((await world.clients["intake"].get("/events", headers=headers)).status_code)
        await world.instances["intake"].tick()
    assert found == [200, 200, 401]
    items = (await world.get("intake", "/v1/api-keys", SUPERVISOR))["items"]
    assert {item["id"]: item["last_used_on"] for item in items} == {issued["id"]: "2025-03-01", other["id"]: None}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_operation_opens_to_a_key_with_its_scope_and_to_no_other(world: World, service: str) -> None:
    """Try each scope on each operation that admits systems; a request that is let in fails for its path or its body."""
    routes = [route for route in operations(service).values() if getattr(route, "key_scope", None)]
    known = scopes_of(world.apps[service].routes)
    wrong = []
    with streams_ended(world, service):
        for scope in known:
            issued = await world.post(service, "/v1/api-keys", SUPERVISOR, new_key(service) | {"scopes": [scope]}, 201)
            for route in routes:
                method = min(route.methods or ())
                answer = await asked(world, service, (method, route.path), issued["key"], idempotency_key="a b")
                if (answer.status_code == 403) == (getattr(route, "key_scope", None) == scope):
                    wrong.append((scope, route.name, answer.status_code))
    assert wrong == []


def test_materials_have_a_scope_of_their_own() -> None:
    """Files of applicants are under no scope of other records."""
    found = {route.name: getattr(route, "key_scope", None) for route in operations("intake").values()}
    assert {name: scope for name, scope in found.items() if scope and "material" in name} == {
        "list_materials": "read:materials",
        "read_material_content": "read:materials",
    }


def test_the_scopes_are_those_of_the_document() -> None:
    text = (ROOT / "docs" / "identity.md").read_text()
    for service in SERVICES:
        (line,) = [line for line in text.splitlines() if line.startswith(f"| {service} |")]
        assert sorted(set(re.findall(r"`((?:read|write):[a-z-]+)`", line))) == scopes_of(app(service).routes)


@pytest.mark.parametrize(
    ("reason", "status"), [("x" * 500, 204), ("x" * 501, 422), ("", 422)], ids=["500", "501", "empty"]
)
async def test_the_limits_of_a_reason(world: World, reason: str, status: int) -> None:
    await insert_keys(world)
    await world.call("intake", "POST", f"/v1/api-keys/{1:012x}/revoke", SUPERVISOR, {"reason": reason}, status=status)
