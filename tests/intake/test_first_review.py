"""Tests of first review, corrections, opinion, report to the city and receipt (三（一）¶1)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from deploy.demo.personas import Persona
from shared.actors import system_actor
from tests.intake import sample_declarations
from tests.intake.sample_declarations import BUILDING, CITY, FORWARD, GOVERNMENT, OFFICER, RECEIPT, RETURN, SUPERVISOR
from tests.intake.sample_rows import project, push, resource
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")


async def refused(world: World, case: str, act: str, who: str | Persona, body: Any = None) -> tuple[int, str]:
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/{act}", who, body)
    return answer.status_code, answer.json()["code"]


async def test_acceptance_sets_the_day_that_picks_the_edition(world: World) -> None:
    case = await sample_declarations.submitted(world)
    world.clock.set(datetime(2024, 3, 4, 16, 30, tzinfo=UTC))
    accepted = await world.post("intake", f"/v1/declarations/{case}/accept", OFFICER)
    assert (accepted["accepted_on"], accepted["due_on"]) == ("2024-03-05", "2024-03-19")
    assert await refused(world, case, "accept", OFFICER) == (409, "wrong_status")


async def test_only_the_districts_officer_accepts(world: World) -> None:
    case = await sample_declarations.submitted(world)
    assert await refused(world, case, "accept", SUPERVISOR) == (403, "forbidden")
    assert await refused(world, case, "accept", world.owner()) == (403, "forbidden")
    assert await refused(world, case, "accept", "110106-officer-1") == (404, "not_found")


async def test_findings_of_the_round_replace_each_other(world: World) -> None:
    case = await sample_declarations.accepted(world)
    first = await sample_declarations.review(world, case, materials="correct")
    assert {each["thing"]: each["outcome"] for each in first.json()}["materials"] == "correct"
    second = await sample_declarations.review(world, case)
    assert {each["outcome"] for each in second.json()} == {"pass"}
    path = f"/v1/declarations/{case}/first-review"
    assert len(await world.get("intake", path, OFFICER)) == 5
    stale = await world.call("intake", "PUT", path, OFFICER, {"findings": []}, if_match='"1"')
    assert stale.status_code == 422
    body = {"findings": [{"thing": "materials", "outcome": "pass", "evidence": "齐"}]}
    assert (await world.call("intake", "PUT", path, OFFICER, body, if_match='"1"')).status_code == 412
    assert (await world.call("intake", "PUT", path, OFFICER, body, if_match="")).status_code == 428


async def test_a_returned_declaration_comes_back_as_the_next_round(world: World) -> None:
    owner = world.owner()
    case = await sample_declarations.accepted(world)
    returned = await world.post("intake", f"/v1/declarations/{case}/return", OFFICER, sample_declarations.RETURN)
    assert (returned["stage"], returned["due_on"]) == ("returned", "2024-03-29")
    progress = await world.get("intake", f"/v1/declarations/{case}/progress", owner)
    assert progress["open_reasons"] == RETURN["reasons"]
    assert (progress["who"], progress["stage_label"]) == ("项目单位", "退回补正")

    materials = (await world.get("intake", f"/v1/declarations/{case}/materials", owner))["items"]
    old = [material for material in materials if material["kind"] == "area_survey"]
    await sample_declarations.upload(world, case, "area_survey", owner, replaces=old[0]["id"])
    patch = {"facts": {"components": [BUILDING["components"][0] | {"renovated_area_m2": "24000.00"}]}}
    tag = await sample_declarations.etag(world, case, owner)
    await world.call("intake", "PATCH", f"/v1/declarations/{case}", owner, patch, status=200, if_match=tag)
    await sample_declarations.undertake(world, case, owner)
    world.clock.set(datetime(2024, 3, 11, 2, 0, tzinfo=UTC))
    again = await world.post("intake", f"/v1/declarations/{case}/submit", owner)
    assert (again["round"], again["accepted_on"], again["submitted_on"]) == (2, "2024-03-01", "2024-03-11")

    rounds = (await world.get("intake", f"/v1/declarations/{case}/rounds", OFFICER))["items"]
    assert [(each["round"], each["authoritative"]) for each in rounds] == [(1, False), (2, True)]
    changed = {each["pointer"]: (each["before"], each["after"]) for each in rounds[1]["changes"]}
    assert changed["/facts/components/0/renovated_area_m2"] == ("25000.00", "24000.00")
    assert set(changed) == {"/facts/components/0/renovated_area_m2", "/materials/area_survey/0"}
    assert rounds[0]["facts"]["components"][0]["renovated_area_m2"] == "25000.00"
    assert ((await world.get("intake", f"/v1/declarations/{case}/first-review", OFFICER))["items"]) == []


async def test_the_first_acceptance_stands_after_correction(world: World) -> None:
    owner = world.owner()
    case = await sample_declarations.accepted(world)
    await world.post("intake", f"/v1/declarations/{case}/return", OFFICER, RETURN)
    world.clock.set(datetime(2024, 3, 11, 2, 0, tzinfo=UTC))
    await world.post("intake", f"/v1/declarations/{case}/submit", owner)
    accepted = await world.post("intake", f"/v1/declarations/{case}/accept", OFFICER)
    assert accepted["accepted_on"] == "2024-03-01"


async def test_the_day_of_the_declaration_stands_after_correction(world: World) -> None:
    owner = world.owner()
    case = await sample_declarations.accepted(world)
    await world.post("intake", f"/v1/declarations/{case}/return", OFFICER, RETURN)
    world.clock.set(datetime(2024, 3, 11, 2, 0, tzinfo=UTC))
    await world.post("intake", f"/v1/declarations/{case}/submit", owner)
    filed = [event["data"] for event in await world.events("intake") if "submitted_on" in event["data"]]
    assert [each["submitted_on"] for each in filed] == ["2024-03-01", "2024-03-11"]
    assert [each["facts"]["declared_on"] for each in filed] == ["2024-03-01", "2024-03-01"]


async def test_a_filed_round_is_never_rewritten(world: World) -> None:
    await sample_declarations.submitted(world)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with world.instances["intake"].database.session(system_actor("intake")) as session:
            await session.execute(text("UPDATE declaration_round SET facts = '{}'"))


async def test_a_refusal_names_its_clauses_and_frees_the_project(world: World) -> None:
    case = await sample_declarations.accepted(world)
    body = {"clauses": ["二（一）1"], "reason": "改造面积不足"}
    assert (await world.post("intake", f"/v1/declarations/{case}/refuse", OFFICER, body))["stage"] == "refused"
    assert (await world.events("intake", "intake.declaration_refused.v1"))[0]["data"]["clauses"] == ["二（一）1"]
    await sample_declarations.submitted(world)
    assert await refused(world, case, "refuse", OFFICER, body) == (409, "wrong_status")


async def test_a_late_opinion_is_taken_and_shown(world: World) -> None:
    case = await sample_declarations.accepted(world)
    asked = await world.post("intake", f"/v1/declarations/{case}/request-opinion", OFFICER)
    assert (asked["stage"], asked["due_on"]) == ("opinion_requested", "2024-03-15")
    world.clock.set(datetime(2024, 3, 18, 2, 0, tzinfo=UTC))
    assert (await world.get("intake", f"/v1/declarations/{case}/opinion", OFFICER))["overdue"] is True
    assert (await world.get("intake", f"/v1/declarations/{case}/progress", OFFICER))["overdue"] is True
    opinion = await world.post(
        "intake", f"/v1/declarations/{case}/opinion", GOVERNMENT, {"position": "agree", "text": "同意"}
    )
    assert (opinion["late"], opinion["given_on"]) == (True, "2024-03-18")
    assert (await world.events("intake", "intake.opinion_given.v1"))[0]["data"]["late"] is True


async def test_an_opinion_is_given_when_asked_and_by_the_government(world: World) -> None:
    case = await sample_declarations.accepted(world)
    body = {"position": "agree", "text": "同意"}
    assert await refused(world, case, "opinion", GOVERNMENT, body) == (409, "wrong_status")
    await world.post("intake", f"/v1/declarations/{case}/request-opinion", OFFICER)
    assert await refused(world, case, "opinion", OFFICER, body) == (403, "forbidden")
    wrong = {**body, "material_id": "00000000-0000-7000-8000-000000000000"}
    assert await refused(world, case, "opinion", GOVERNMENT, wrong) == (422, "invalid")
    letter = (await sample_declarations.upload(world, case, "government_opinion", GOVERNMENT)).json()
    given = await world.post(
        "intake", f"/v1/declarations/{case}/opinion", GOVERNMENT, {**body, "material_id": letter["id"]}
    )
    assert given["material_id"] == letter["id"]


async def test_a_refused_report_to_the_city_lists_every_gap(world: World) -> None:
    case = await sample_declarations.accepted(world)
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/forward", SUPERVISOR, {"opinion": "可以"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_forwardable")
    lacking = {each["subject"] for each in answer.json()["missing"]}
    assert {f"/first-review/{item}" for item in sample_declarations.REVIEW_ITEMS} <= lacking
    assert {"/opinion", "request_letter", "first_review_opinion", "/body/library_exception_reason"} <= lacking
    acts = (await world.get("intake", f"/v1/acts/{case}", "auditor-1"))["items"]
    assert acts[-1]["act"] == "forward_declaration_refused"


async def test_a_negative_opinion_prevents_the_report_to_the_city(world: World) -> None:
    case = await sample_declarations.accepted(world)
    await sample_declarations.give_materials(world, case, OFFICER, "district_officer")
    await sample_declarations.review(world, case)
    await sample_declarations.give_opinion(world, case, "disagree")
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)
    assert [each["subject"] for each in answer.json()["missing"]] == ["/opinion"]
    await sample_declarations.give_opinion(world, case)
    await world.post("intake", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)


async def test_an_opinion_on_changed_facts_is_not_valid(world: World) -> None:
    owner = world.owner()
    case = await sample_declarations.reviewed(world)
    await world.post("intake", f"/v1/declarations/{case}/return", OFFICER, RETURN)
    tag = await sample_declarations.etag(world, case, owner)
    patch = {"facts": {"title_clear": True}}
    await world.call("intake", "PATCH", f"/v1/declarations/{case}", owner, patch, status=200, if_match=tag)
    await sample_declarations.undertake(world, case, owner)
    await world.post("intake", f"/v1/declarations/{case}/submit", owner)
    await world.post("intake", f"/v1/declarations/{case}/accept", OFFICER)
    await sample_declarations.review(world, case)
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)
    assert [each["subject"] for each in answer.json()["missing"]] == ["/opinion"]


@pytest.mark.clause("四（一）2")
async def test_outside_the_library_a_supervisor_gives_a_reason(world: World) -> None:
    case = await sample_declarations.reviewed(world)
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/forward", SUPERVISOR, {"opinion": "可以"})
    assert [each["clause"] for each in answer.json()["missing"]] == ["四（一）2"]
    await world.post("intake", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)
    event = (await world.events("intake", "intake.declaration_forwarded.v1"))[0]["data"]
    assert event["library_exception_reason"] == FORWARD["library_exception_reason"]


async def test_the_reviewing_officer_cannot_report_to_the_city(world: World) -> None:
    both = Persona("110105-both", "示例", ("district_officer", "district_supervisor"), "110105")
    case = await sample_declarations.submitted(world)
    await world.post("intake", f"/v1/declarations/{case}/accept", both)
    await sample_declarations.give_materials(world, case, OFFICER, "district_officer")
    await sample_declarations.review(world, case)
    await sample_declarations.give_opinion(world, case)
    assert await refused(world, case, "forward", both, FORWARD) == (403, "same_officer")
    await world.post("intake", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)


@pytest.mark.clause("二（五）")
async def test_the_city_does_not_receive_a_completed_project(world: World) -> None:
    case = await sample_declarations.forwarded(world)
    completed = RECEIPT | {"construction_status": "completed"}
    assert await refused(world, case, "receive", CITY, completed) == (409, "project_completed")
    assert (await world.get("intake", f"/v1/declarations/{case}", CITY))["stage"] in ("forwarded",)
    returned = await world.post("intake", f"/v1/declarations/{case}/city-return", CITY, RETURN)
    assert returned["stage"] == "returned"
    corrections = (await world.get("intake", f"/v1/declarations/{case}/corrections", world.owner()))["items"]
    assert [each["by_city"] for each in corrections] == [True]
    assert await refused(world, case, "receive", CITY, RECEIPT) == (409, "wrong_status")


async def test_only_the_city_receives(world: World) -> None:
    case = await sample_declarations.forwarded(world)
    assert await refused(world, case, "receive", OFFICER, RECEIPT) == (403, "forbidden")
    assert await refused(world, case, "city-return", SUPERVISOR, RETURN) == (403, "forbidden")


async def entered(world: World, **said: Any) -> str:
    """Return the id of a new project in the district's reserve library."""
    await push(world, [resource()])
    await push(world, [project(**said)], path="library-entries")
    entries = await world.get("intake", "/v1/library-entries", OFFICER)
    return str(entries["items"][0]["id"])


async def test_a_project_in_the_library_needs_no_exception(world: World) -> None:
    entry = await entered(world)
    case = await sample_declarations.reviewed(world, library_entry_id=entry)
    await world.post("intake", f"/v1/declarations/{case}/forward", SUPERVISOR, {"opinion": "可以"})
    event = (await world.events("intake", "intake.declaration_forwarded.v1"))[0]["data"]
    assert event["facts"]["in_reserve_library"] is True
    assert (event["project"]["library_entry_id"], event["library_exception_reason"]) == (entry, None)


async def test_a_declaration_refers_only_to_its_own_entitys_library_project(world: World) -> None:
    entry = await entered(world, entity_uscc="91110105MA0000007L", entity_name="另一家")
    body = sample_declarations.DRAFT | {"library_entry_id": entry}
    answer = await world.call("intake", "POST", "/v1/declarations", world.owner(), body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/library_entry_id")


@pytest.mark.clause("四（一）2")
async def test_by_setting_the_library_is_mandatory(world: World) -> None:
    world.instances["intake"].settings.interpretations["reserve_library_missing"] = "block"
    case = await sample_declarations.reviewed(world)
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)
    assert [each["subject"] for each in answer.json()["missing"]] == ["/library_entry_id"]
