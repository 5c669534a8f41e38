"""Tests of assessments: decision records, replay, editions, rounds, lists. 二, 三（二）"""

from datetime import date

import pytest
from sqlalchemy import text

from shared.actors import system_actor
from shared.contracts.base import Hand
from shared.contracts.intake import CorrectionReason, DeclarationReturned, DeclarationWithdrawn
from tests.eligibility.fixtures import (
    OPEN,
    PASS,
    SETTLE,
    USCC,
    act,
    announce,
    case_path,
    facts,
    forward,
    read_case,
    receive,
    with_component,
)
from tests.world import World

pytestmark = pytest.mark.clause("二")


async def test_a_forwarded_declaration_is_assessed(world: World) -> None:
    declaration_id = await forward(world, facts())
    case = await read_case(world, declaration_id)
    assert (case["decision"], case["stage"], case["current"]["occasion"]) == ("eligible", "in_review", "forwarded")
    assert case["current"]["as_of_kind"] == "district_acceptance"
    assert case["current"]["amounts"]["investment_grant"]["award_yuan"] == "30000000.00"
    (assessed,) = await world.events("eligibility", "eligibility.declaration_assessed.v1")
    assert assessed["data"]["ruleset"] == case["current"]["ruleset"]
    assert "：申报条件 = 符合" in assessed["data"]["summary"]


@pytest.mark.clause("二（一）1")
async def test_a_building_below_the_threshold_is_refused_with_its_clause(world: World) -> None:
    declaration_id = await forward(world, with_component(facts(), renovated_area_m2="20000"))
    case = await read_case(world, declaration_id)
    assert (case["decision"], case["current"]["unmet"]) == ("ineligible", ["二（一）1"])


async def test_a_redelivered_event_changes_nothing(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await receive(world, declaration_id)
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    await world.settle()
    before = await world.snapshot()
    await world.redeliver_all()
    assert await world.snapshot() == before
    assert await world.parked() == {}


async def test_the_application_cannot_rewrite_a_decision_record(world: World) -> None:
    await forward(world, facts())
    for statement in (
        "UPDATE assessment SET decision = 'x'",
        "DELETE FROM ruleset",
        "UPDATE settlement SET holds = true",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
                await session.execute(text(statement))


async def test_every_record_replays_equal(world: World) -> None:
    declaration_id = await forward(world, facts("area", drop=OPEN))
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    for number in (1, 2):
        answer = await world.get(
            "eligibility", case_path(declaration_id, f"replay?number={number}"), "110105-officer-1"
        )
        assert (answer["equal"], answer["differs_in"]) == (True, [])
    await world.get("eligibility", case_path(declaration_id, "replay?number=3"), "city-officer-1", status=404)


async def test_a_rule_set_is_stored_once_and_read_by_hash(world: World) -> None:
    first, second = await forward(world, facts()), await forward(world, facts())
    hashes = {(await read_case(world, key))["current"]["ruleset"] for key in (first, second)}
    assert len(hashes) == 1
    kept = await world.get("eligibility", f"/v1/rulesets/{hashes.pop()}", "110105-officer-1")
    assert kept["content"]["parameters"]["building_renovated_area_m2"]["value"] == "20000"
    assert (await world.get("eligibility", f"/v1/rulesets/{'0' * 64}", "110105-officer-1", status=404))[
        "code"
    ] == "not_found"


async def test_a_date_between_editions_is_undetermined_until_a_supervisor_chooses(world: World) -> None:
    declaration_id = await forward(world, facts(accepted_on="2023-07-15"))
    case = await read_case(world, declaration_id)
    assert (case["decision"], case["current"]["edition"], case["current"]["unmet"]) == ("undetermined", "", [])
    assert case["current"]["missing"][0]["field"] == "edition"
    assert (await world.get("eligibility", case_path(declaration_id, "replay"), "city-officer-1"))["equal"] is True
    choice = {"edition": "2023", "reason": "新文件已公开征求意见，按从新适用"}
    await act(world, declaration_id, "choose-edition", "city-officer-1", choice, 403)
    await act(world, declaration_id, "choose-edition", "city-supervisor-1", {**choice, "edition": "1999"}, 422)
    await act(world, declaration_id, "choose-edition", "city-supervisor-1", {"edition": "2023"}, 422)
    case = await act(world, declaration_id, "choose-edition", "city-supervisor-1", choice)
    assert (case["decision"], case["chosen_edition"], case["current"]["as_of"]) == ("eligible", "2023", "2023-08-31")
    assert case["current"]["as_of_kind"] == "chosen_edition"


async def test_a_later_round_is_reassessed_and_the_earlier_record_kept(world: World) -> None:
    declaration_id = await forward(world, facts(other_municipal_funds=True))
    reason = CorrectionReason(code="x", subject="y", clause="二（五）", explanation="z", how_to_fix="w")
    returned = DeclarationReturned(
        declaration_id=declaration_id, district="110105", applicant_uscc=USCC, round=1, reasons=(reason,),
        correct_by=date(2024, 4, 1),
    )  # fmt: skip
    await announce(world, returned)
    assert (await read_case(world, declaration_id))["stage"] == "returned"
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE, 409)
    await forward(world, facts(), declaration_id, round=2)
    case = await read_case(world, declaration_id)
    assert (case["round"], case["stage"], case["decision"], case["current"]["number"]) == (
        2,
        "in_review",
        "eligible",
        2,
    )
    records = (await world.get("eligibility", case_path(declaration_id, "records"), "city-officer-1"))["items"]
    assert [(one["round"], one["decision"]) for one in records] == [(1, "ineligible"), (2, "eligible")]


async def test_a_settlement_of_an_earlier_round_does_not_count(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    await forward(world, facts(drop=OPEN), declaration_id, round=2)
    assert (await read_case(world, declaration_id))["decision"] == "undetermined"


async def test_a_withdrawn_declaration_is_closed(world: World) -> None:
    declaration_id = await forward(world, facts())
    await announce(
        world,
        DeclarationWithdrawn(declaration_id=declaration_id, district="110105", applicant_uscc=USCC, reason="撤回"),
    )
    assert (await read_case(world, declaration_id))["stage"] == "closed"
    await act(world, declaration_id, "conclude", "city-officer-2", PASS, 409)


async def test_district_duties_stay_bound(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN), hands=(Hand(actor="city-officer-1", duty="apply"),))
    assert (await act(world, declaration_id, "settle", "city-officer-1", SETTLE, 403))["code"] == "same_officer"


async def test_each_caller_sees_its_own_cases(world: World) -> None:
    mine, theirs = await forward(world, facts()), await forward(world, facts(), district="110106")
    listed = await world.get("eligibility", "/v1/assessments", "110106-officer-1")
    assert [row["declaration_id"] for row in listed["items"]] == [str(theirs)]
    for act_name in ("", "records", "replay", "investment"):
        await world.get("eligibility", case_path(mine, act_name), "110106-officer-1", status=404)
    assert (await read_case(world, mine, "110105-officer-2"))["decision"] == "eligible"
    owner, stranger = world.owner(USCC), world.owner("91110108551385082Q")
    assert len((await world.get("eligibility", "/v1/assessments", owner))["items"]) == 2
    assert (await world.get("eligibility", "/v1/assessments", stranger))["items"] == []


async def test_the_case_carries_its_version(world: World) -> None:
    declaration_id = await forward(world, facts())
    answer = await world.call("eligibility", "GET", case_path(declaration_id), "city-officer-1", status=200)
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'


async def test_an_act_without_a_key_is_refused(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    client, token = world.clients["eligibility"], world.token("city-officer-1")
    answer = await client.post(
        case_path(declaration_id, "settle"), json=SETTLE, headers={"authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
