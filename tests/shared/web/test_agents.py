"""Authorised agents: the day before, on and after; what they see and may do; who gives and who ends it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.demo.personas import Persona
from tests.enumeration import CONVENTION, filters_of
from tests.world import START, World

OWNER, FIRM = "91110000600037341L", "91110000802100433B"
PERIOD = {"starts_on": "2024-03-04", "ends_on": "2024-03-06"}
DRAFT = {
    "project_name": "示例项目", "applicant_name": "示例置业有限公司", "applicant_uscc": OWNER, "district": "110105",
    "simulated": ["*"],
}  # fmt: skip


def agent(world: World) -> Any:
    return world.owner(FIRM, "示例咨询有限公司")


async def authorise(world: World, status: int = 201, **changed: Any) -> dict[str, Any]:
    body = {"subject": agent(world).subject, "name": "示例受托人", "reason": "代办申报", **PERIOD, **changed}
    made: dict[str, Any] = await world.post("intake", "/v1/agents", world.owner(), body, status)
    return made


async def file(world: World, day: str, status: int) -> dict[str, Any]:
    """File for the owner as its agent on a day, at noon in Beijing."""
    world.clock.set(datetime.fromisoformat(f"{day}T12:00:00+08:00"))
    answer = await world.call("intake", "POST", "/v1/declarations", agent(world), DRAFT, on_behalf_of=OWNER)
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize(
    ("day", "status"), [("2024-03-03", 403), ("2024-03-04", 201), ("2024-03-06", 201), ("2024-03-07", 403)]
)
async def test_an_agent_acts_from_the_first_day_to_the_last(world: World, day: str, status: int) -> None:
    await authorise(world)
    await file(world, day, status)


async def test_acts_show_the_agent_and_for_whom_and_both_see_the_case(world: World) -> None:
    await authorise(world)
    made = await file(world, "2024-03-05", 201)
    path = f"/v1/declarations/{made['id']}"
    acts = (await world.get("intake", f"/v1/acts/{made['id']}", "auditor-1"))["items"]
    assert [(act["actor"], act["applicant_uscc"], act["detail"]["on_behalf_of"]) for act in acts] == [
        (agent(world).subject, OWNER, OWNER)
    ]
    assert (await world.get("intake", path, world.owner()))["id"] == made["id"]
    await world.call("intake", "GET", path, agent(world), status=404)
    await world.call("intake", "GET", path, agent(world), on_behalf_of=OWNER, status=200)
    await world.call("funding", "GET", "/v1/me", agent(world), on_behalf_of=OWNER, status=403)
    me = (await world.call("intake", "GET", "/v1/me", agent(world), on_behalf_of=OWNER)).json()
    assert (me["subject"], me["uscc"], me["is_agent"]) == (agent(world).subject, OWNER, True)


async def test_nobody_else_acts_for_the_owner(world: World) -> None:
    await authorise(world)
    world.clock.set(datetime.fromisoformat("2024-03-05T12:00:00+08:00"))
    colleague = Persona("colleague-of-the-agent", "示例同事", ("applicant",), uscc=FIRM)
    for who in (colleague, "auditor-1", "110105-officer-1"):
        await world.call("intake", "GET", "/v1/me", who, on_behalf_of=OWNER, status=403)
    await world.call("intake", "GET", "/v1/me", agent(world), on_behalf_of=FIRM, status=403)


async def test_an_agent_passes_nothing_on_and_withdraws_nothing(world: World) -> None:
    made = await authorise(world)
    world.clock.set(datetime.fromisoformat("2024-03-05T12:00:00+08:00"))
    body = {"subject": "x", "name": "x", "reason": "x", "starts_on": "2024-03-05", "ends_on": "2024-03-05"}
    await world.call("intake", "POST", "/v1/agents", agent(world), body, on_behalf_of=OWNER, status=403)
    path = f"/v1/agents/{made['id']}/withdraw"
    await world.call("intake", "POST", path, agent(world), {"reason": "x"}, on_behalf_of=OWNER, status=403)
    await world.call("intake", "POST", path, agent(world), {"reason": "x"}, status=404)


async def test_a_colleague_withdraws_it_at_once_and_it_is_on_record(world: World) -> None:
    made = await authorise(world)
    await file(world, "2024-03-05", 201)
    colleague = Persona("colleague-1", "示例同事", ("applicant",), uscc=OWNER)
    path = f"/v1/agents/{made['id']}/withdraw"
    await world.post("intake", path, colleague, {"reason": "受托人调离"}, 204)
    await world.post("intake", path, colleague, {"reason": "再次"}, 404)
    await world.call("intake", "GET", "/v1/me", agent(world), on_behalf_of=OWNER, status=403)
    acts = (await world.get("intake", f"/v1/acts/{made['id']}", "auditor-1"))["items"]
    assert [(act["act"], act["actor"], act["reason"]) for act in acts] == [
        ("authorise_agent", world.owner().subject, "代办申报"),
        ("withdraw_agent", "colleague-1", "受托人调离"),
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"starts_on": "2024-02-29"}, "/body/starts_on"),
        ({"starts_on": "2024-03-01", "ends_on": "2024-03-01"}, None),
        ({"ends_on": "2024-03-03"}, "/body/ends_on"),
        ({"starts_on": "2024-03-04", "ends_on": "2025-03-04"}, None),
        ({"starts_on": "2024-03-04", "ends_on": "2025-03-05"}, "/body/ends_on"),
        ({"subject": "two words"}, "/body/subject"),
        ({"reason": ""}, "/body/reason"),
    ],
    ids=str,
)
async def test_the_period_of_an_authorisation(world: World, changed: dict[str, Any], field: str | None) -> None:
    answer = await authorise(world, 422 if field else 201, **changed)
    assert field is None or answer["errors"][0]["pointer"] == field


ASKED: list[tuple[str, list[str]]] = [
    ("", ["甲", "乙"]),
    ("sort=-granted_at", ["乙", "甲"]),
    ("withdrawn=true", ["乙"]),
    ("withdrawn=false", ["甲"]),
    ("ends_on_from=2024-03-07", ["乙"]),
    ("ends_on_to=2024-03-06", ["甲"]),
    ("q=甲", ["甲"]),
]


@pytest.mark.parametrize(("query", "names"), ASKED)
async def test_the_list_shows_the_owner_its_own_and_the_city_all(world: World, query: str, names: list[str]) -> None:
    await authorise(world, name="甲")
    world.clock.set(START + timedelta(hours=1))
    second = await authorise(world, name="乙", ends_on="2024-03-07")
    await world.post("intake", f"/v1/agents/{second['id']}/withdraw", world.owner(), {"reason": "x"}, 204)
    for who in (world.owner(), "auditor-1"):
        assert [each["name"] for each in (await world.get("intake", f"/v1/agents?{query}", who))["items"]] == names
    assert (await world.get("intake", f"/v1/agents?{query}", agent(world)))["items"] == []


def test_every_parameter_of_the_list_is_asked() -> None:
    used = {part.split("=")[0] for query, _ in ASKED for part in query.split("&") if part} - CONVENTION
    assert {parameter for name, parameter in filters_of("intake") if name == "list_agents"} == used
