"""Tests of opinions and findings of earlier rounds in a later one (三（一）¶1)."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.intake import sample_declarations
from tests.intake.listed_rows import day, write
from tests.intake.sample_declarations import BUILDING, GOVERNMENT, OFFICER
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

USCC = "91110000600037341L"
ABOUT = {"district": "110105", "applicant_uscc": USCC}
NEW, OLD = BUILDING, BUILDING | {"other_municipal_funds": True}
Opinions = list[tuple[int, str | None]]


def at(world: World, moment: str) -> None:
    """Set the clock to a time in Beijing."""
    world.clock.set(datetime.fromisoformat(f"{moment}+08:00"))


async def in_round(world: World, number: int, filed: list[dict[str, Any]]) -> str:
    """Return the id of an accepted declaration in a round, with the facts of BUILDING; `filed` are earlier facts."""
    case: str = (await sample_declarations.draft(world))["id"]
    statement = "UPDATE intake.declaration SET stage = 'accepted', round = $2 WHERE id = $1"
    await world.database.admin.execute(statement, case, number)
    empty = {"stated": "{}", "simulated": [], "materials": "[]", "undertaking": "{}", "warnings": "[]"}
    for index, facts in enumerate(filed, 1):
        own = {"id": uuid4(), "declaration_id": case, "round": index}
        own |= {"facts": json.dumps(facts), "submitted_by": "x", "submitted_at": world.clock.now()}
        await write(world, "declaration_round", **ABOUT, **empty, **own)
    return case


async def requested(world: World, case: str, number: int, position: str | None, **changed: Any) -> None:
    """Record a request for an opinion, answered if there is a position."""
    asked = {"declaration_id": case, "round": number, "requested_by": "x", "requested_on": day("03-01")}
    given = {"position": position, "text": "意见", "given_by": "x", "given_on": day("03-04")} if position else {}
    when = {"given_at": world.clock.now()} if position else {}
    await write(world, "opinion", **ABOUT, **asked | {"due_on": day("03-15")} | given | when | changed)


COUNTS: list[tuple[int, list[dict[str, Any]], Opinions, str]] = [
    (1, [NEW], [(1, "agree")], "present"),
    (1, [NEW], [(1, "agree"), (1, None)], "missing"),
    (1, [NEW], [(1, None), (1, "disagree")], "present"),
    (2, [NEW, NEW], [(1, "agree")], "present"),
    (2, [OLD, NEW], [(1, "agree")], "missing"),
    (2, [OLD, NEW], [(1, "agree"), (2, "agree")], "present"),
    (2, [NEW, NEW], [(1, "agree"), (2, None)], "missing"),
    (2, [NEW, OLD], [(2, "agree")], "present"),
    (3, [NEW, OLD, NEW], [(1, "agree")], "present"),
    (3, [NEW, OLD, NEW], [(1, "agree"), (2, "agree")], "missing"),
    (3, [OLD, NEW, NEW], [(1, "disagree"), (2, "agree")], "present"),
    (1, [NEW], [], "missing"),
]
"""Round, facts of each round so far, rounds and positions of the opinions, state of the government's opinion."""


async def test_an_opinion_counts_in_its_round_and_on_the_same_facts(world: World) -> None:
    found = []
    for number, filed, opinions, _ in COUNTS:
        case = await in_round(world, number, filed)
        for round_no, position in opinions:
            await requested(world, case, round_no, position)
        lines = (await world.get("intake", f"/v1/declarations/{case}/checklist", OFFICER))["items"]
        state = next(line["state"] for line in lines if line["code"] == "government_opinion")
        found.append((number, filed, opinions, state))
    assert found == COUNTS


async def test_an_opinion_without_request_is_null_and_the_newest_is_shown(world: World) -> None:
    case, other = await in_round(world, 2, [NEW, NEW]), await in_round(world, 2, [NEW, NEW])
    path = f"/v1/declarations/{case}/opinion"
    await requested(world, other, 2, "agree")
    assert await world.get("intake", path, OFFICER) is None
    await requested(world, case, 1, "agree")
    await requested(world, case, 2, None, requested_on=day("03-05"), due_on=day("03-19"))
    unanswered = {"position": None, "text": None, "material_id": None, "given_on": None, "late": False}
    asked = {"round": 2, "requested_on": "2024-03-05", "due_on": "2024-03-19"}
    for moment, overdue in (("2024-03-19T23:59:59", False), ("2024-03-20T00:00:00", True)):
        at(world, moment)
        assert await world.get("intake", path, OFFICER) == asked | unanswered | {"overdue": overdue}
    await world.database.admin.execute("UPDATE intake.declaration SET stage = 'opinion_requested'")
    given = await world.post("intake", path, GOVERNMENT, {"position": "agree", "text": "同意"})
    answer = {"position": "agree", "text": "同意", "material_id": None, "given_on": "2024-03-20", "late": True}
    assert given == asked | answer | {"overdue": False}
    assert await world.get("intake", path, OFFICER) == given


@pytest.mark.parametrize(
    ("moment", "late"), [("2024-03-15T23:59:59", False), ("2024-03-16T00:00:00", True)], ids=["last second", "too late"]
)
async def test_an_opinion_is_late_from_midnight_in_beijing(world: World, moment: str, late: bool) -> None:
    case = await in_round(world, 1, [NEW])
    await requested(world, case, 1, None)
    await world.database.admin.execute("UPDATE intake.declaration SET stage = 'opinion_requested'")
    at(world, moment)
    body = {"position": "agree", "text": "同意"}
    assert (await world.post("intake", f"/v1/declarations/{case}/opinion", GOVERNMENT, body))["late"] is late
    assert (await world.events("intake", "intake.opinion_given.v1"))[0]["data"]["late"] is late


async def test_a_document_of_the_opinion_belongs_to_the_declaration_and_is_the_governments(world: World) -> None:
    cases = [await in_round(world, 1, [NEW]) for _ in range(2)]
    await world.database.admin.execute("UPDATE intake.declaration SET stage = 'opinion_requested'")
    letters = []
    for case in cases:
        await requested(world, case, 1, None)
        letters.append((await sample_declarations.upload(world, case, "government_opinion", GOVERNMENT)).json())
    path = f"/v1/declarations/{cases[0]}"
    admin = world.database.admin
    body = {"position": "agree", "text": "同意"}
    await admin.execute("UPDATE intake.material SET kind = 'request_letter' WHERE id = $1", letters[0]["id"])
    for wrong in letters:
        refused = await world.call("intake", "POST", f"{path}/opinion", GOVERNMENT, body | {"material_id": wrong["id"]})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/material_id")
    await admin.execute("UPDATE intake.material SET kind = 'government_opinion' WHERE id = $1", letters[0]["id"])
    own = {"material_id": letters[0]["id"]}
    assert (await world.post("intake", f"{path}/opinion", GOVERNMENT, body | own))["material_id"] == letters[0]["id"]


async def test_the_newest_finding_of_the_round_counts(world: World) -> None:
    case, other = await in_round(world, 2, [NEW, NEW]), await in_round(world, 2, [NEW, NEW])
    for declaration, round_no, thing, outcome, evidence in (
        (case, 1, "truthfulness", "pass", "第一轮"),
        (case, 2, "materials", "fail", "先"),
        (case, 2, "compliance", "pass", "合规"),
        (case, 2, "materials", "correct", "后"),
        (other, 2, "truthfulness", "pass", "另一项"),
    ):
        said = {"thing": thing, "outcome": outcome, "evidence": evidence, "found_by": "x"}
        own = {"declaration_id": declaration, "round": round_no, "found_at": world.clock.now()}
        await write(world, "review_finding", **ABOUT, **own, **said)
    found = (await world.get("intake", f"/v1/declarations/{case}/first-review", OFFICER))["items"]
    assert [(each["thing"], each["outcome"], each["evidence"], each["round"]) for each in found] == [
        ("materials", "correct", "后", 2),
        ("compliance", "pass", "合规", 2),
    ]
