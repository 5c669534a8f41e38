"""API keys, the acts of a case, health and the clock of a demonstration: each field, filter, limit and condition."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert

from shared.actors import Actor, system_actor
from shared.events.bus.inprocess import InProcessBus
from shared.storage.audit import Case, record_act
from shared.storage.tables import api_key
from tests.enumeration import CONVENTION, filters_of
from tests.world import START, World

SUPERVISOR = "city-supervisor-1"
HOUR = timedelta(hours=1)


def key_row(number: int, name: str, later: int, *, writes: bool, revoked: int | None = None) -> dict[str, Any]:
    return {
        "id": f"{number:012x}",
        "secret_hash": bytes([number]),
        "name": name,
        "districts": ["110105"] if number == 1 else [],
        "writes": writes,
        "created_by": f"supervisor-{number}",
        "created_at": START + later * HOUR,
        "revoked_by": None if revoked is None else f"revoker-{number}",
        "revoked_at": None if revoked is None else START + revoked * HOUR,
        "revoked_reason": None if revoked is None else f"理由{number}",
    }


KEYS = (
    key_row(1, "乙 Board", 1, writes=True),
    key_row(2, "甲 Feed", 2, writes=False, revoked=9),
    key_row(3, "丙 Board", 2, writes=False),
    key_row(4, "甲 Feed", 3, writes=True, revoked=8),
)


async def insert_keys(world: World) -> None:
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await session.execute(insert(api_key), list(KEYS))


def at(later: float) -> str:
    return (START + later * HOUR).isoformat()


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
]


@pytest.mark.parametrize(("query", "ids"), ASKED_KEYS, ids=str)
async def test_the_list_of_keys(world: World, query: dict[str, Any], ids: list[int]) -> None:
    await insert_keys(world)
    asked = urlencode({name: str(value).lower() if value in (True, False) else value for name, value in query.items()})
    page = await world.get("intake", f"/v1/api-keys?include_total=true&{asked}", SUPERVISOR)
    assert ([int(item["id"], 16) for item in page["items"]], page["total"]) == (ids, len(ids))


def test_every_parameter_of_both_lists_is_asked() -> None:
    for name, asked in (("list_api_keys", ASKED_KEYS), ("list_acts", ASKED_ACTS)):
        used = {parameter for query, _ in asked for parameter in query} - CONVENTION
        assert {parameter for listed, parameter in filters_of("intake") if listed == name} == used


async def test_a_key_is_shown_with_every_field_but_its_secret(world: World) -> None:
    await insert_keys(world)
    first, second, *_ = (await world.get("intake", "/v1/api-keys", SUPERVISOR))["items"]
    assert first == {
        "id": "000000000001",
        "name": "乙 Board",
        "districts": ["110105"],
        "writes": True,
        "created_by": "supervisor-1",
        "created_at": "2024-03-01T03:00:00Z",
        "revoked_by": None,
        "revoked_at": None,
        "revoked_reason": None,
    }
    assert (second["revoked_by"], second["revoked_at"], second["revoked_reason"]) == (
        "revoker-2",
        "2024-03-01T11:00:00Z",
        "理由2",
    )


async def test_issuing_and_revoking_a_key_record_who_and_when_for_that_key_alone(world: World) -> None:
    issued = []
    for name, districts, writes in (("甲", ["110105", "BDA"], True), ("乙", [], False)):
        body = {"name": name, "districts": districts, "writes": writes}
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
    kept = {"created_by": SUPERVISOR, "created_at": "2024-03-01T02:00:00Z"}
    revoked = {"revoked_by": "city-supervisor-2", "revoked_at": "2024-03-01T03:00:00Z", "revoked_reason": "更换"}
    expected = [
        {"id": issued[0], "name": "甲", "districts": ["110105", "BDA"], "writes": True, **kept, **revoked},
        {"id": issued[1], "name": "乙", "districts": [], "writes": False, **kept, **dict.fromkeys(revoked)},
    ]
    assert items == expected


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "x" * 100}, 201),
        ({"name": "x" * 101}, 422),
        ({"name": ""}, 422),
        ({"name": "x", "districts": ["110105"] * 17}, 201),
        ({"name": "x", "districts": ["110105"] * 18}, 422),
        ({"name": "x", "districts": ["110000"]}, 422),
        ({}, 422),
    ],
    ids=["100", "101", "empty", "17 districts", "18 districts", "city", "no name"],
)
async def test_the_limits_of_a_new_key(world: World, body: dict[str, Any], status: int) -> None:
    answer = await world.call("intake", "POST", "/v1/api-keys", SUPERVISOR, body, status=status)
    if body == {"name": "x" * 100}:
        (item,) = (await world.get("intake", "/v1/api-keys", SUPERVISOR))["items"]
        assert (item["districts"], item["writes"], item["id"]) == ([], False, answer.json()["id"])


@pytest.mark.parametrize(
    ("reason", "status"), [("x" * 500, 204), ("x" * 501, 422), ("", 422)], ids=["500", "501", "empty"]
)
async def test_the_limits_of_a_reason(world: World, reason: str, status: int) -> None:
    await insert_keys(world)
    await world.call("intake", "POST", f"/v1/api-keys/{1:012x}/revoke", SUPERVISOR, {"reason": reason}, status=status)


CASE, OTHER = UUID(int=1), UUID(int=2)
OWNER = "91110000600037341L"
ACTS: Sequence[tuple[UUID, str, str, str, str, int]] = (
    (CASE, "accept", "officer-1", "district_officer", "110105", 1),
    (CASE, "forward", "officer-2", "district_supervisor", "110105", 2),
    (OTHER, "accept", "officer-1", "district_officer", "110105", 2),
    (CASE, "return", "officer-1", "city_officer", "110106", 3),
)
ASKED_ACTS: Sequence[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 4]),
    ({"sort": "-id"}, [4, 2, 1]),
    ({"sort": "-at"}, [4, 2, 1]),
    ({"act": "accept"}, [1]),
    ({"act": ["return", "forward"]}, [2, 4]),
    ({"actor": "officer-1"}, [1, 4]),
    ({"role": "district_supervisor"}, [2]),
    ({"at_from": at(2)}, [2, 4]),
    ({"at_from": at(2.01)}, [4]),
    ({"at_to": at(2)}, [1, 2]),
    ({"at_to": at(1.99)}, [1]),
    ({"act": "accept", "actor": "officer-2"}, []),
]


async def record_acts(world: World) -> None:
    for case_id, name, subject, role, district, later in ACTS:
        world.clock.set(START + later * HOUR)
        actor = Actor(subject, f"示例{subject}", role, (district,))
        async with world.instances["intake"].database.session(actor) as session:
            await record_act(session, name, Case(case_id, district, OWNER), reason=f"理由{later}", later=later)


@pytest.mark.parametrize(("query", "ids"), ASKED_ACTS, ids=str)
async def test_the_acts_of_a_case(world: World, query: dict[str, Any], ids: list[int]) -> None:
    await record_acts(world)
    page = await world.get("intake", f"/v1/acts/{CASE}?{urlencode(query, doseq=True)}", "auditor-1")
    assert [item["id"] for item in page["items"]] == ids


async def test_an_act_is_shown_with_every_field_and_only_to_those_of_its_district(world: World) -> None:
    await record_acts(world)
    page = await world.get("intake", f"/v1/acts/{CASE}?limit=1&sort=-id", "110106-officer-1")
    assert page["items"] == [
        {
            "id": 4,
            "case_id": str(CASE),
            "act": "return",
            "actor": "officer-1",
            "actor_name": "示例officer-1",
            "role": "city_officer",
            "district": "110106",
            "applicant_uscc": OWNER,
            "at": "2024-03-01T05:00:00Z",
            "reason": "理由3",
            "detail": {"later": 3},
        }
    ]
    for who, ids in (("110105-officer-1", [1, 2]), ("110107-officer-1", []), ("auditor-1", [1, 2, 4])):
        page = await world.get("intake", f"/v1/acts/{CASE}", who)
        assert [item["id"] for item in page["items"]] == ids
    assert (await world.get("intake", f"/v1/acts/{uuid4()}", "auditor-1"))["items"] == []


async def readiness(world: World) -> tuple[int, str]:
    answer: httpx.Response = await world.call("intake", "GET", "/readyz", None)
    return answer.status_code, answer.json().get("detail") or answer.json()["status"]


async def test_a_service_is_ready_while_it_runs_consumes_and_reaches_the_broker(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = world.instances["intake"]
    assert await readiness(world) == (200, "ok")
    with monkeypatch.context() as patched:
        patched.setattr(intake.consumer, "healthy", False)
        assert await readiness(world) == (503, "正在等待数据库")
    with monkeypatch.context() as patched:
        patched.setattr(InProcessBus, "outage", lambda _: "x")
        assert await readiness(world) == (503, "正在等待消息代理")
    with monkeypatch.context() as patched:
        patched.setattr(intake.draining, "is_set", lambda: True)
        assert await readiness(world) == (503, "正在停止")
        assert (await world.call("intake", "GET", "/livez", None)).json() == {"status": "ok"}
    assert await readiness(world) == (200, "ok")


@pytest.mark.parametrize(("later", "status"), [(-1, 422), (0, 200), (1, 200)])
async def test_the_clock_of_a_demonstration_stands_or_goes_on(world: World, later: int, status: int) -> None:
    moment = START + timedelta(seconds=later)
    answer = await world.call("intake", "PUT", "/clock", SUPERVISOR, {"now": moment.isoformat()}, status=status)
    assert world.clock.now() == max(moment, START)
    if status == 200:
        assert datetime.fromisoformat(answer.json()["now"]) == moment.astimezone(UTC)


async def test_there_is_no_clock_to_set_in_production(world: World) -> None:
    world.settings.story_clock = False
    answer = await world.call("intake", "PUT", "/clock", SUPERVISOR, {"now": at(1)}, status=404)
    assert (answer.json()["code"], world.clock.now()) == ("not_found", START)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        (START + timedelta(days=1830), 200),
        (START + timedelta(days=1830, seconds=1), 422),
        (datetime(2999, 1, 1, tzinfo=UTC), 422),
    ],
)
async def test_the_clock_takes_no_leap_into_a_far_future(world: World, moment: datetime, status: int) -> None:
    answer = await world.call("intake", "PUT", "/clock", SUPERVISOR, {"now": moment.isoformat()}, status=status)
    assert world.clock.now() == (moment if status == 200 else START)
    if status == 422:
        assert "重新启动" in answer.json()["detail"]


async def test_the_clock_ends_in_2050(world: World) -> None:
    world.clock.set(datetime(2049, 12, 31, tzinfo=UTC))
    for moment, status in (("2050-01-01T00:00:01Z", 422), ("2050-01-01T00:00:00Z", 200)):
        await world.call("intake", "PUT", "/clock", SUPERVISOR, {"now": moment}, status=status)


@pytest.mark.parametrize("who", [None, "city-officer-1", "110105-supervisor-1", "auditor-1"])
async def test_nobody_but_a_supervisor_of_the_city_sets_the_clock(world: World, who: str | None) -> None:
    await world.call("intake", "PUT", "/clock", who, {"now": at(1)}, status=403 if who else 401)
    assert world.clock.now() == START


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 404), ("socket", 404)])
async def test_the_clock_is_set_from_this_machine_alone(world: World, address: str, status: int) -> None:
    transport = httpx.ASGITransport(app=world.apps["intake"], client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://intake.test") as client:
        headers = {"authorization": f"Bearer {world.token(SUPERVISOR)}"}
        answer = await client.put("/clock", json={"now": at(1)}, headers=headers)
    assert (answer.status_code, world.clock.now() > START) == (status, status == 200)
