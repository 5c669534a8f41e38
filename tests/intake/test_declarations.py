"""Tests of drafts, editing, undertaking, submission and withdrawal (三（一）, 四（一）1)."""

import asyncio
from typing import Any

import pytest

from tests.intake import sample_declarations
from tests.intake.sample_declarations import BUILDING, DRAFT, OFFICER
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")


async def test_a_declaration_goes_from_draft_to_city_receipt(world: World) -> None:
    case = await sample_declarations.received(world)
    kinds = [event["type"] for event in await world.events("intake")]
    assert kinds == [
        "intake.declaration_submitted.v1",
        "intake.opinion_given.v1",
        "intake.declaration_forwarded.v1",
        "intake.declaration_received.v1",
    ]
    forwarded, received = [event["data"] for event in await world.events("intake")][2:]
    assert forwarded["facts"]["accepted_on"] == forwarded["accepted_on"] == "2024-03-01"
    assert (forwarded["facts"]["district"], forwarded["facts"]["in_reserve_library"]) == ("110105", False)
    assert {hand["duty"] for hand in received["hands"]} == {"apply", "first_review", "opinion", "forward", "receipt"}
    declaration = await world.get("intake", f"/v1/declarations/{case}", "city-officer-2")
    assert (declaration["round"], declaration["received_on"]) == (1, "2024-03-01")
    assert await world.parked() == {}


async def test_numbers_follow_each_other_by_district_and_year(world: World) -> None:
    owner = world.owner()
    made = await asyncio.gather(*(sample_declarations.draft(world, owner) for _ in range(4)))
    other = await sample_declarations.draft(world, owner, district="BDA")
    assert sorted(each["declaration_no"] for each in made) == [f"SB-110105-2024-{n:04d}" for n in range(1, 5)]
    assert other["declaration_no"] == "SB-BDA-2024-0001"


async def test_an_applicant_declares_only_for_its_own_entity(world: World) -> None:
    answer = await world.call(
        "intake", "POST", "/v1/declarations", world.owner(), DRAFT | {"applicant_uscc": "91110105MA0000007L"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert answer.json()["errors"][0]["pointer"] == "/body/applicant_uscc"


async def test_an_officer_cannot_declare(world: World) -> None:
    answer = await world.call("intake", "POST", "/v1/declarations", OFFICER, DRAFT)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_facts_known_from_the_procedure_cannot_be_stated(world: World) -> None:
    body = DRAFT | {"facts": BUILDING | {"in_reserve_library": True}}
    answer = await world.call("intake", "POST", "/v1/declarations", world.owner(), body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/facts")


async def test_an_edit_merges_and_null_clears(world: World) -> None:
    owner = world.owner()
    made = await sample_declarations.draft(world, owner)
    patch = {"address": None, "facts": {"title_clear": True, "support_mode": None}}
    path = f"/v1/declarations/{made['id']}"
    edited = await world.call("intake", "PATCH", path, owner, patch, status=200, if_match='"1"')
    facts = edited.json()["facts"]
    assert (facts["title_clear"], facts["support_mode"]) == (True, None)
    assert facts["components"][0]["renovated_area_m2"] == "25000.00"
    assert (edited.json()["address"], edited.headers["etag"]) == (None, '"2"')


async def test_an_edit_of_an_old_version_is_refused(world: World) -> None:
    owner = world.owner()
    path = f"/v1/declarations/{(await sample_declarations.draft(world, owner))['id']}"
    patch = {"project_name": "新名称"}
    without = await world.call("intake", "PATCH", path, owner, patch, if_match="")
    assert without.status_code == 428
    await world.call("intake", "PATCH", path, owner, patch, status=200, if_match='"1"')
    stale = await world.call("intake", "PATCH", path, owner, patch, if_match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


async def test_a_submitted_declaration_is_not_edited(world: World) -> None:
    case = await sample_declarations.submitted(world)
    tag = await sample_declarations.etag(world, case, world.owner())
    answer = await world.call(
        "intake", "PATCH", f"/v1/declarations/{case}", world.owner(), {"project_name": "新"}, if_match=tag
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")
    assert "仅可在“草稿”、“退回补正”时办理" in answer.json()["detail"]


async def test_a_refused_submission_lists_every_gap(world: World) -> None:
    owner = world.owner()
    body: dict[str, Any] = {"project_code": None, "address": None, "operation_mode": None, "facts": {}}
    case = (await sample_declarations.draft(world, owner, **body))["id"]
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/submit", owner)
    assert (answer.status_code, answer.json()["code"]) == (422, "incomplete")
    missing = {each["subject"] for each in answer.json()["missing"]}
    assert {"/project_code", "/address", "/operation_mode", "/facts/project_type", "/facts/components"} <= missing
    assert {"fund_application_report", "project_approval", "undertaking"} <= missing
    assert all(each["clause"] and each["how_to_fix"] for each in answer.json()["missing"])


async def test_a_refused_submission_is_on_record(world: World) -> None:
    owner = world.owner()
    case = (await sample_declarations.draft(world, owner))["id"]
    await world.call("intake", "POST", f"/v1/declarations/{case}/submit", owner, status=422)
    acts = (await world.get("intake", f"/v1/acts/{case}", "auditor-1"))["items"]
    assert [act["act"] for act in acts] == ["create_declaration", "submit_declaration_refused"]
    assert acts[1]["detail"]["code"] == "incomplete"


@pytest.mark.clause("四（一）1")
async def test_an_edit_voids_the_undertaking(world: World) -> None:
    owner = world.owner()
    case = await sample_declarations.ready(world)
    tag = await sample_declarations.etag(world, case, owner)
    patch = {"facts": {"title_clear": True}}
    await world.call("intake", "PATCH", f"/v1/declarations/{case}", owner, patch, status=200, if_match=tag)
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/submit", owner)
    assert [each["subject"] for each in answer.json()["missing"]] == ["undertaking"]


@pytest.mark.clause("四（一）1")
async def test_another_material_voids_the_undertaking(world: World) -> None:
    owner = world.owner()
    case = await sample_declarations.ready(world)
    await sample_declarations.upload(world, case, "site_photos", owner)
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/submit", owner)
    assert [each["subject"] for each in answer.json()["missing"]] == ["undertaking"]


@pytest.mark.clause("四（一）1")
async def test_an_old_version_of_the_undertaking_is_refused(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    body = {"version": "2021-1", "agree": True}
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/undertake", world.owner(), body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/version")


async def test_of_two_concurrent_submissions_one_succeeds(world: World) -> None:
    case = await sample_declarations.ready(world)
    path = f"/v1/declarations/{case}/submit"
    answers = await asyncio.gather(*(world.call("intake", "POST", path, world.owner()) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 412])
    assert len(await world.events("intake", "intake.declaration_submitted.v1")) == 1


async def test_a_submission_without_a_key_is_refused(world: World) -> None:
    case = await sample_declarations.ready(world)
    answer = await world.clients["intake"].post(
        f"/v1/declarations/{case}/submit", headers={"authorization": f"Bearer {world.token(world.owner())}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_only_the_owner_sees_a_draft(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    await world.get("intake", f"/v1/declarations/{case}", OFFICER, status=404)
    assert (await world.get("intake", "/v1/declarations", OFFICER))["items"] == []
    assert len((await world.get("intake", "/v1/declarations", world.owner()))["items"]) == 1


async def test_another_district_and_another_owner_see_nothing(world: World) -> None:
    case = await sample_declarations.submitted(world)
    stranger = world.owner("91110105MA0000007L", "另一家")
    for who in ("110106-officer-1", stranger):
        await world.get("intake", f"/v1/declarations/{case}", who, status=404)
        await world.get("intake", f"/v1/declarations/{case}/rounds", who, status=404)
        await world.get("intake", f"/v1/declarations/{case}/progress", who, status=404)
        assert (await world.get("intake", "/v1/declarations", who))["items"] == []
    withdrawal = await world.call("intake", "POST", f"/v1/declarations/{case}/withdraw", stranger, {"reason": "x"})
    assert withdrawal.status_code == 404


async def test_lists_are_filtered_and_paged(world: World) -> None:
    owner = world.owner()
    made = [(await sample_declarations.draft(world, owner))["id"] for _ in range(3)]
    first = await world.get("intake", "/v1/declarations?limit=2", owner)
    rest = await world.get("intake", f"/v1/declarations?limit=2&cursor={first['next_cursor']}", owner)
    assert sorted(each["id"] for each in first["items"] + rest["items"]) == sorted(made)
    assert rest["next_cursor"] is None
    for query, many in (
        ("stage=draft&stage=submitted&project_type=inefficient_building", 3),
        ("stage=submitted", 0),
        ("district=110106", 0),
        ("updated_since=2024-03-01T00:00:00Z", 3),
        ("updated_since=2025-01-01T00:00:00Z", 0),
    ):
        assert len((await world.get("intake", f"/v1/declarations?{query}", owner))["items"]) == many, query


async def test_a_declaration_can_be_withdrawn_until_the_city_receives_it(world: World) -> None:
    case = await sample_declarations.submitted(world)
    withdrawn = await world.post("intake", f"/v1/declarations/{case}/withdraw", world.owner(), {"reason": "调整方案"})
    assert (withdrawn["stage"], withdrawn["stage_label"]) == ("withdrawn", "已撤回")
    late = await sample_declarations.received(world)
    answer = await world.call("intake", "POST", f"/v1/declarations/{late}/withdraw", world.owner(), {"reason": "晚了"})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")


@pytest.mark.clause("二（一）3")
async def test_a_package_needs_two_parts_and_one_entity(world: World) -> None:
    facts = BUILDING | {"project_type": "area_package"}
    case = (await sample_declarations.draft(world, facts=facts))["id"]
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/submit", world.owner())
    clauses = [each["subject"] for each in answer.json()["missing"] if each["clause"] == "二（一）3"]
    assert clauses == ["/facts/single_entity", "/facts/components"]


async def test_an_interest_subsidy_needs_its_loan(world: World) -> None:
    facts = BUILDING | {"support_mode": "interest_subsidy"}
    case = (await sample_declarations.draft(world, facts=facts))["id"]
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/submit", world.owner())
    missing = {each["subject"] for each in answer.json()["missing"]}
    assert {"/loan_bank", "/loan_amount_yuan", "/loan_term_months", "loan_contract"} <= missing
