"""The acts of a case, health and the clock of a demonstration: each field, filter, limit and condition."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest

from shared.actors import Actor
from shared.events.bus.inprocess import InProcessBus
from shared.storage.audit import Case, record_act
from tests.enumeration import CONVENTION, filters_of
from tests.world import START, World

SUPERVISOR = "city-supervisor-1"
HOUR = timedelta(hours=1)


def at(later: float) -> str:
    return (START + later * HOUR).isoformat()


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


def test_every_parameter_of_the_list_is_asked() -> None:
    used = {parameter for query, _ in ASKED_ACTS for parameter in query} - CONVENTION
    assert {parameter for listed, parameter in filters_of("intake") if listed == "list_acts"} == used


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
