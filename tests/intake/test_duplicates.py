"""Tests of exclusions: duplicates, completed projects, entities rated D (二（五）, 四（一）3)."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.actors import system_actor
from shared.contracts.base import Event
from shared.contracts.funding import FundsApproved
from shared.contracts.intake import Project
from shared.contracts.monitoring import CreditRated
from shared.events.outbox import emit
from tests.intake import sample_declarations
from tests.intake.sample_declarations import BUILDING, DRAFT, OFFICER
from tests.world import World

pytestmark = pytest.mark.clause("二（五）")

OTHER_CODE = "2401-110105-04-01-000002"


async def submit(world: World, case: str, owner: Any = None) -> httpx.Response:
    return await world.call("intake", "POST", f"/v1/declarations/{case}/submit", owner or world.owner())


async def announce(world: World, service: str, *events: Event) -> None:
    async with world.instances[service].database.session(system_actor(service)) as session:
        await emit(session, *events)
    await world.settle()


def rated(grade: str, repaired: bool = False) -> CreditRated:
    return CreditRated(
        district="110000",
        entity_id=uuid4(),
        uscc=DRAFT["applicant_uscc"],
        name=DRAFT["applicant_name"],
        grade=grade,
        points=0,
        grounds=("G2",),
        decided_on=date(2024, 2, 1),
        repaired=repaired,
    )


async def test_a_completed_project_is_not_submitted(world: World) -> None:
    case = await sample_declarations.ready(world, facts=BUILDING | {"construction_status": "completed"})
    answer = await submit(world, case)
    assert (answer.status_code, answer.json()["code"]) == (409, "project_completed")
    assert answer.json()["clause"] == "二（五）"
    assert answer.json()["errors"][0]["pointer"] == "/facts/construction_status"


@pytest.mark.clause("四（一）3")
async def test_an_entity_rated_d_does_not_file_until_repaired(world: World) -> None:
    case = await sample_declarations.ready(world)
    await announce(world, "monitoring", rated("D"))
    assert (await submit(world, case)).json()["code"] == "credit_grade_d"
    await announce(world, "monitoring", rated("B", repaired=True))
    assert (await submit(world, case)).status_code == 200


async def test_a_live_declaration_of_the_same_code_bars_another(world: World) -> None:
    await sample_declarations.submitted(world)
    stranger = world.owner("91110105MA0000007L", "另一家")
    case = await sample_declarations.ready(world, stranger)
    answer = await submit(world, case, stranger)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_funding")
    assert answer.json()["detail"].startswith("项目代码已用于其他单位的项目。请核对")


async def test_a_stranger_learns_nothing_of_the_project_whose_code_it_gives(world: World) -> None:
    await sample_declarations.submitted(world)
    stranger = world.owner("91110105MA0000007L", "另一家")
    empty = (await sample_declarations.draft(world, stranger, facts={}))["id"]
    answers = [await submit(world, empty, stranger)]
    unused = (await sample_declarations.draft(world, stranger, facts={}, project_code=OTHER_CODE))["id"]
    answers.append(await submit(world, unused, stranger))
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(422, "incomplete")] * 2
    assert answers[0].json()["missing"] == answers[1].json()["missing"]
    complete = await submit(world, await sample_declarations.ready(world, stranger), stranger)
    assert (complete.json()["code"], complete.json()["matches"]) == ("duplicate_funding", [])
    assert "SB-" not in complete.text


async def test_the_same_entity_at_the_same_place_is_the_same_project(world: World) -> None:
    first = await sample_declarations.submitted(world)
    case = await sample_declarations.ready(world, project_code=OTHER_CODE, address="朝阳区 示例路１号")
    answer = await submit(world, case)
    assert [each["basis"] for each in answer.json()["matches"]] == ["entity_address_and_name"]
    await world.post("intake", f"/v1/declarations/{first}/withdraw", world.owner(), {"reason": "重报"})
    assert (await submit(world, case)).status_code == 200


async def test_a_second_phase_at_one_place_is_filed_and_shown_to_the_officer(world: World) -> None:
    await sample_declarations.submitted(world)
    name = "示例大厦改造项目二期"
    case = await sample_declarations.submitted(world, project_code=OTHER_CODE, project_name=name)
    (match,) = (await world.get("intake", f"/v1/declarations/{case}/matches", OFFICER))["items"]
    assert (match["source"], match["basis"], match["bars"]) == ("declaration", "entity_and_address", False)


async def test_another_spelling_does_not_evade_the_search(world: World) -> None:
    await sample_declarations.submitted(world, address="朝阳区示例大街10号")
    case = await sample_declarations.ready(world, project_code=OTHER_CODE, address="朝阳区示例大街1-0号")
    key, change = (
        "SELECT entity_place FROM intake.project_identity",
        "UPDATE intake.declaration SET address = $1 WHERE id = $2",
    )
    stored = await world.database.admin.fetchval(key)
    assert stored.endswith("|朝阳区示例大街10号")
    places = ["示例大街10号", "示例大街\u200b10号", "示例大街010号", "示例大街10號", "示例大街十号", "示例大街１０号"]
    for place in places:
        await world.database.admin.execute(change, f"朝阳区{place}", case)
        answer = await submit(world, case)
        assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_funding"), place
    await world.database.admin.execute(
        "UPDATE intake.declaration SET address = $1 WHERE id = $2", "示例大街1-0号", case
    )
    assert (await submit(world, case)).status_code == 200


async def test_another_place_is_another_project(world: World) -> None:
    await sample_declarations.submitted(world)
    case = await sample_declarations.ready(world, project_code=OTHER_CODE, address="北京市朝阳区示例路11号")
    assert (await submit(world, case)).status_code == 200


@pytest.mark.parametrize(
    ("uscc", "said"),
    [
        (DRAFT["applicant_uscc"], "项目代码相同：已获本方案资金支持（京发改（投资）〔2023〕1号）。请核对"),
        ("91110105MA0000007L", "项目代码已用于其他单位的项目。请核对"),
    ],
    ids=["its own", "another's"],
)
async def test_a_funded_project_is_not_supported_again(world: World, uscc: str, said: str) -> None:
    project = Project(
        declaration_id=uuid4(),
        declaration_no="SB-110105-2023-0009",
        project_name="旧项目",
        project_code=DRAFT["project_code"],
        address=None,
        applicant_name="旧单位",
        applicant_uscc=uscc,
        district="110105",
    )
    approved = FundsApproved(
        district="110105",
        applicant_uscc=project.applicant_uscc,
        declaration_id=project.declaration_id,
        project=project,
        approval_no="京发改（投资）〔2023〕1号",
        mode="investment_grant",
        award_yuan=Decimal("1000000.00"),
        base_yuan=Decimal("10000000.00"),
        derivation="10000000.00 × 10%",
        clause="二（四）1",
        approved_on=date(2023, 12, 1),
    )
    await announce(world, "funding", approved)
    answer = await submit(world, await sample_declarations.ready(world))
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_funding")
    assert answer.json()["detail"].startswith(said)


async def programme(world: World) -> str:
    return await first_programme(world)


def funding_record(programme_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "programme_id": programme_id,
        "district": "110105",
        "entity_uscc": DRAFT["applicant_uscc"],
        "entity_name": DRAFT["applicant_name"],
        "amount_yuan": "300000.00",
        "funded_on": "2022-06-01",
        "source": "主管部门公示",
        **changed,
    }


async def test_other_city_money_for_the_same_code_never_refuses_a_filing(world: World) -> None:
    body = funding_record(await programme(world), project_code=DRAFT["project_code"])
    await world.post("intake", "/v1/municipal-funding-records", OFFICER, body, status=201)
    case = await sample_declarations.submitted(world)
    (match,) = (await world.get("intake", f"/v1/declarations/{case}/matches", OFFICER))["items"]
    assert (match["source"], match["basis"], match["bars"]) == ("municipal_record", "project_code", False)


async def test_other_city_money_at_the_same_place_warns_the_officer(world: World) -> None:
    body = funding_record(await programme(world), address=DRAFT["address"])
    await world.post("intake", "/v1/municipal-funding-records", "city-officer-1", body, status=201)
    case = await sample_declarations.submitted(world)
    matches = (await world.get("intake", f"/v1/declarations/{case}/matches", OFFICER))["items"]
    assert [(each["source"], each["bars"]) for each in matches] == [("municipal_record", False)]


async def test_a_record_without_project_code_and_address_is_refused(world: World) -> None:
    path = "/v1/municipal-funding-records"
    answer = await world.call("intake", "POST", path, OFFICER, funding_record(await programme(world)))
    assert answer.status_code == 422
    foreign = funding_record(await first_programme(world), district="110106", project_code=OTHER_CODE)
    answer = await world.call("intake", "POST", path, OFFICER, foreign)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "/body/district")


async def first_programme(world: World) -> str:
    return str((await world.get("intake", "/v1/municipal-fund-programmes", OFFICER))["items"][0]["id"])


async def test_of_two_owners_who_concurrently_file_one_project_one_is_refused(world: World) -> None:
    owners = [world.owner(), world.owner("91110105MA0000007L", "另一家")]
    cases = [await sample_declarations.ready(world, owner) for owner in owners]
    answers = await asyncio.gather(*(submit(world, case, owner) for case, owner in zip(cases, owners, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "duplicate_funding"}


async def test_by_setting_money_of_an_entity_is_shown_elsewhere_too(world: World) -> None:
    body = funding_record(await programme(world), project_code=OTHER_CODE)
    await world.post("intake", "/v1/municipal-funding-records", OFFICER, body, status=201)
    case = await sample_declarations.ready(world)
    world.instances["intake"].settings.interpretations["other_funds_scope"] = "entity"
    assert (await submit(world, case)).status_code == 200
    matches = (await world.get("intake", f"/v1/declarations/{case}/matches", OFFICER))["items"]
    assert [(each["basis"], each["bars"]) for each in matches] == [("entity", False)]


async def test_by_setting_completion_is_checked_later(world: World) -> None:
    world.instances["intake"].settings.interpretations["completed_check"] = "plan_issue"
    case = await sample_declarations.ready(world, facts=BUILDING | {"construction_status": "completed"})
    assert (await submit(world, case)).status_code == 200
