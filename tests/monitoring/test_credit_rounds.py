"""Tests of credit beyond the first round: grounds outside a proposal, other entities, re-rating, repair, dates."""

from typing import Any
from uuid import uuid4

import pytest

from tests.monitoring.fixtures import OTHER, OWNER, funded_project, set_date
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")
CREDIT = f"/v1/entities/{OWNER}/credit"
NAME = "示例置业有限公司"


async def raise_ground(world: World, uscc: str = OWNER, status: int = 201, **changes: Any) -> Any:
    usual = {"code": "G4", "detail": "停工", "evidence": ["照片-1"], "occurred_on": "2024-02-20"}
    path = f"/v1/entities/{uscc}/credit/grounds"
    return await world.post("monitoring", path, "city-officer-1", usual | changes, status=status)


async def shown(world: World, uscc: str = OWNER) -> dict[str, Any]:
    credit: dict[str, Any] = await world.get("monitoring", f"/v1/entities/{uscc}/credit", "auditor-1")
    return credit


async def notify(world: World, uscc: str = OWNER, who: str = "city-officer-1", status: int = 201) -> Any:
    path, body = f"/v1/entities/{uscc}/credit/notice", {"reason": "年度评价"}
    return await world.post("monitoring", path, who, body, status=status)


async def decide(world: World, grade: str, status: int = 200, who: str = "city-supervisor-1", **changes: Any) -> Any:
    body = {"grade": grade, "reason": f"定为 {grade}"} | changes
    return await world.post("monitoring", f"{CREDIT}/decide", who, body, status=status)


async def repaired(world: World, *grounds: str, accepted: bool = True, uscc: str = OWNER) -> Any:
    asked = {"ground_ids": list(grounds), "text": "已整改", "evidence": ["整改-7"]}
    owner = world.owner(uscc, NAME)
    repair = await world.post("monitoring", f"/v1/entities/{uscc}/credit/repair", owner, asked, status=201)
    verdict = {"accepted": accepted, "reason": "现场核实"}
    path = f"/v1/credit-repairs/{repair['id']}/decide"
    return await world.post("monitoring", path, "city-supervisor-2", verdict)


def cost(ground: dict[str, Any], points: int) -> dict[str, Any]:
    """Return what a ground costs, as a proposal and a decision show it."""
    names = ("code", "label", "grave", "occurred_on", "detail", "declaration_id")
    return {"ground_id": ground["id"], "points": points, **{name: ground[name] for name in names}}


async def test_an_officers_ground_has_each_field_that_was_stated(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 3, 4)
    await raise_ground(world, declaration_id=str(project), evidence=["照片-1", "笔录-2"], occurred_on="2023-12-31")
    await raise_ground(world, code="G10", detail="列入名单", occurred_on="2024-03-04")
    fields = {"evidence": ["照片-1"], "raised_by": "city-officer-1", "state": "standing", "ended_on": None}
    stopped, listed = (await shown(world))["grounds"]  # by the day on which they occurred
    stored = await world.database.admin.fetch("SELECT code, district FROM monitoring.credit_ground")
    assert {tuple(row) for row in stored} == {("G4", "110105"), ("G10", "110000")}
    assert {name: listed[name] for name in listed if name != "id"} == fields | {
        "code": "G10",
        "label": "列入失信被执行人或严重失信名单",
        "declaration_id": None,
        "grave": True,
        "detail": "列入名单",
        "occurred_on": "2024-03-04",
    }
    assert {name: stopped[name] for name in stopped if name != "id"} == fields | {
        "code": "G4",
        "label": "无正当理由未开工或停工",
        "declaration_id": str(project),
        "grave": False,
        "detail": "停工",
        "evidence": ["照片-1", "笔录-2"],
        "occurred_on": "2023-12-31",
    }


SAME_AND_OTHER: list[tuple[dict[str, Any], int]] = [
    ({}, 409),
    ({"evidence": ["照片-9"]}, 409),
    ({"code": "G9"}, 201),
    ({"occurred_on": "2024-02-21"}, 201),
    ({"detail": "停工。"}, 201),
    ({"detail": "停" * 99 + "工二"}, 201),
    ({"detail": "停" * 99 + "工一"}, 409),
    ({"occurred_on": "2024-03-02"}, 422),
    ({"occurred_on": "2024-03-01"}, 201),
    ({"evidence": []}, 422),
    ({"declaration_id": str(uuid4())}, 404),
    ({"declaration_id": "first"}, 409),
    ({"declaration_id": "second"}, 201),
]


async def test_a_ground_is_the_same_by_code_project_day_and_facts_together(world: World) -> None:
    projects = {word: str(await funded_project(world)) for word in ("first", "second")}
    await raise_ground(world)
    await raise_ground(world, declaration_id=projects["first"])
    await raise_ground(world, detail="停" * 99 + "工一")
    for changes, status in SAME_AND_OTHER:
        of = changes.get("declaration_id")
        named = {"declaration_id": projects.get(of, of)} if of else {}
        await raise_ground(world, status=status, **changes | named)


async def test_grounds_of_two_entities_are_apart_even_when_alike(world: World) -> None:
    await funded_project(world)
    foreign = await funded_project(world, applicant_uscc=OTHER)
    refused = await raise_ground(world, declaration_id=str(foreign), status=422)
    assert refused["errors"][0]["pointer"] == "/body/declaration_id"
    await raise_ground(world)
    await raise_ground(world, OTHER)
    own, theirs = await shown(world), await shown(world, OTHER)
    assert [len(each["grounds"]) for each in (own, theirs)] == [1, 1]
    assert own["grounds"][0]["id"] != theirs["grounds"][0]["id"]
    assert [each["proposal"]["points"] for each in (own, theirs)] == [80, 80]
    await notify(world, OTHER)
    assert (await shown(world))["rating"] is None
    await notify(world)
    # The other entity's ground is neither withdrawn here nor repaired here.
    set_date(world, 2024, 3, 17)
    await decide(world, "B", 422, withdrawn_grounds=[theirs["grounds"][0]["id"]])
    body = {"ground_ids": [theirs["grounds"][0]["id"]], "text": "已改", "evidence": ["1"]}
    await world.post("monitoring", f"{CREDIT}/repair", world.owner(), body, status=422)
    await decide(world, "B")
    await repaired(world, own["grounds"][0]["id"])
    stored = await world.database.admin.fetch(
        "SELECT code, district, source FROM monitoring.credit_ground ORDER BY applicant_uscc"
    )
    assert [tuple(row) for row in stored] == [("G4", "110000", "officer:2024-02-20:停工")] * 2
    other = await shown(world, OTHER)
    assert (other["grade"], other["grounds"], other["decisions"], other["repairs"]) == (None, theirs["grounds"], [], [])
    assert other["rating"]["state"] == "noticed"
    verdict = {"grade": "B", "reason": "属实"}
    await world.post("monitoring", f"/v1/entities/{OTHER}/credit/decide", "city-supervisor-1", verdict)
    numbers = await world.database.admin.fetch(
        "SELECT applicant_uscc, number FROM monitoring.credit_decision ORDER BY id"
    )
    assert [tuple(row) for row in numbers] == [(OWNER, 1), (OWNER, 2), (OTHER, 1)]


async def test_a_second_rating_counts_what_stands_then_and_keeps_the_first_decision(world: World) -> None:
    project = await funded_project(world)
    await raise_ground(world, declaration_id=str(project))
    await raise_ground(world, code="G7", detail="拒绝检查", occurred_on="2024-02-21")
    stopped, obstructed = (await shown(world))["grounds"]
    first = await notify(world)
    assert (first["proposal"]["points"], first["proposal"]["grade"]) == (55, "D")
    assert first["proposal"]["grounds"] == [cost(stopped, 20), cost(obstructed, 25)]
    # A ground that arises after the notice is not of this proposal, yet counts in the decision.
    await raise_ground(world, code="G6", detail="迟报", occurred_on="2024-03-01")
    (late,) = [row for row in (await shown(world))["grounds"] if row["code"] == "G6"]
    set_date(world, 2024, 3, 17)
    await decide(world, "C", 422, withdrawn_grounds=[late["id"]])
    decision = await decide(world, "C", withdrawn_grounds=[obstructed["id"]])
    assert {name: decision[name] for name in decision if name != "id"} == {
        "grade": "C",
        "points": 75,
        "computed_grade": "B",
        "grounds": [cost(stopped, 20), cost(late, 5)],
        "reason": "定为 C",
        "repaired": False,
        "decided_by": "city-supervisor-1",
        "decided_at": "2024-03-17T02:00:00Z",
    }
    credit = await shown(world)
    assert [credit[name] for name in ("grade", "points", "rated_on")] == ["C", 75, "2024-03-17"]
    assert credit["effects"] == ["增加现场核查频次", "资金拨付前逐笔复核"]
    ended = {row["code"]: (row["state"], row["ended_on"]) for row in credit["grounds"]}
    assert ended == {"G4": ("standing", None), "G7": ("withdrawn", "2024-03-17"), "G6": ("standing", None)}
    set_date(world, 2025, 3, 3)
    second = await notify(world, who="city-officer-2")
    assert (second["noticed_on"], second["objection_due_on"]) == ("2025-03-03", "2025-03-18")
    assert second["proposal"]["points"] == 75
    set_date(world, 2025, 3, 19)
    later = await decide(world, "B", withdrawn_grounds=[late["id"]], who="city-supervisor-2")
    assert (later["points"], later["computed_grade"], later["decided_by"]) == (80, "B", "city-supervisor-2")
    credit = await shown(world)
    assert [row["id"] for row in credit["decisions"]] == [decision["id"], later["id"]]
    assert credit["decisions"][0] == decision
    assert [credit[name] for name in ("grade", "points", "rated_on")] == ["B", 80, "2025-03-19"]


async def test_a_repair_ends_its_grounds_only_and_a_repaired_ground_stays_ended(world: World) -> None:
    await funded_project(world)
    await raise_ground(world)
    await raise_ground(world, code="G7", detail="拒绝检查", occurred_on="2024-02-21")
    stopped, obstructed = (await shown(world))["grounds"]
    set_date(world, 2024, 3, 4)
    asked = {"ground_ids": [obstructed["id"]], "text": "已配合检查", "evidence": ["回执-3"]}
    answer = await world.call("monitoring", "POST", f"{CREDIT}/repair", world.owner(), asked, status=201)
    repair = answer.json()
    assert answer.headers["location"] == f"/v1/credit-repairs/{repair['id']}"
    stated = asked | {"applicant_uscc": OWNER, "requested_on": "2024-03-04"}
    assert {name: repair[name] for name in repair if name != "id"} == stated | {
        "state": "requested",
        "decision_reason": None,
    }
    set_date(world, 2024, 3, 6)
    verdict = {"accepted": True, "reason": "现场核实"}
    path = f"/v1/credit-repairs/{repair['id']}"
    done = await world.post("monitoring", f"{path}/decide", "city-supervisor-2", verdict)
    assert done == repair | {"state": "accepted", "decision_reason": "现场核实"}
    credit = await shown(world)
    assert credit["repairs"] == [done]
    assert [(row["code"], row["state"], row["ended_on"]) for row in credit["grounds"]] == [
        ("G4", "standing", None),
        ("G7", "repaired", "2024-03-06"),
    ]
    (decision,) = credit["decisions"]
    assert {name: decision[name] for name in decision if name != "id"} == {
        "grade": "B",
        "points": 80,
        "computed_grade": "B",
        "grounds": [cost(stopped, 20)],
        "reason": "现场核实",
        "repaired": True,
        "decided_by": "city-supervisor-2",
        "decided_at": "2024-03-06T02:00:00Z",
    }
    # Neither a second repair nor a rating counts the repaired ground again, and its facts are not recorded anew.
    body = asked | {"ground_ids": [stopped["id"], obstructed["id"]]}
    await world.post("monitoring", f"{CREDIT}/repair", world.owner(), body, status=422)
    await raise_ground(world, code="G7", detail="拒绝检查", occurred_on="2024-02-21", status=409)
    assert (await notify(world))["proposal"]["points"] == 80
    # A second repair bears its own day, not that of the rating before it.
    set_date(world, 2024, 3, 8)
    later = await world.post(
        "monitoring", f"{CREDIT}/repair", world.owner(), asked | {"ground_ids": [stopped["id"]]}, 201
    )
    assert later["requested_on"] == "2024-03-08"
    (event,) = await world.events("monitoring", "monitoring.credit_rated.v1")
    assert event["data"] == {
        "district": "110000",
        "applicant_uscc": OWNER,
        "entity_id": credit["entity_id"],
        "uscc": OWNER,
        "name": NAME,
        "grade": "B",
        "points": 80,
        "grounds": ["G4 无正当理由未开工或停工：停工"],
        "decided_on": "2024-03-06",
        "repaired": True,
    }


async def test_a_repair_decided_after_a_ground_lapsed_or_was_withdrawn(world: World) -> None:
    await funded_project(world)
    await raise_ground(world, occurred_on="2021-03-10")  # counts until 9 March 2024
    await raise_ground(world, code="G7", detail="拒绝检查")
    lapsing, obstructed = (await shown(world))["grounds"]
    assert (await shown(world))["proposal"]["points"] == 55
    asked = {"ground_ids": [obstructed["id"]], "text": "已改", "evidence": ["1"]}
    repair = await world.post("monitoring", f"{CREDIT}/repair", world.owner(), asked, status=201)
    await notify(world)
    set_date(world, 2024, 3, 9)
    assert (await shown(world))["proposal"]["points"] == 55
    set_date(world, 2024, 3, 18)
    decided = await decide(world, "A", withdrawn_grounds=[obstructed["id"]])
    assert (decided["points"], decided["grounds"]) == (100, [])
    path = f"/v1/credit-repairs/{repair['id']}/decide"
    await world.post("monitoring", path, "city-supervisor-1", {"accepted": True, "reason": "属实"})
    credit = await shown(world)
    states = {row["id"]: (row["state"], row["ended_on"]) for row in credit["grounds"]}
    assert states == {lapsing["id"]: ("standing", None), obstructed["id"]: ("withdrawn", "2024-03-18")}
    assert [(row["grade"], row["points"], row["repaired"]) for row in credit["decisions"]] == [
        ("A", 100, False),
        ("A", 100, True),
    ]


async def test_each_credit_decision_announces_the_grade_that_was_decided(world: World) -> None:
    await funded_project(world)
    await raise_ground(world)
    await raise_ground(world, code="G8", detail="入驻率未达", occurred_on="2024-02-22")
    await notify(world)
    set_date(world, 2024, 3, 18)
    await decide(world, "D")
    (event,) = await world.events("monitoring", "monitoring.credit_rated.v1")
    assert event["data"] | {"entity_id": None} == {
        "district": "110000",
        "applicant_uscc": OWNER,
        "entity_id": None,
        "uscc": OWNER,
        "name": NAME,
        "grade": "D",
        "points": 65,
        "grounds": ["G4 无正当理由未开工或停工：停工", "G8 评价未达改造目标：入驻率未达"],
        "decided_on": "2024-03-18",
        "repaired": False,
    }
