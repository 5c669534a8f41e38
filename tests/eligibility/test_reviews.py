"""Tests of the review of conditions: settlements, conclusion, segregation of duties. 二, 三（二）"""

from typing import Any

import pytest

from services.eligibility.api.pool import NotReadyForPool
from services.eligibility.api.scoring import InConflict, PanelComplete
from services.eligibility.api.settlements import MachineFound, OwnSettlement
from services.eligibility.rules.reviews import NotMet, NotReceived, StillOpen
from shared.errors import DomainError
from tests.eligibility.fixtures import (
    OPEN,
    PASS,
    SETTLE,
    act,
    case_path,
    facts,
    forward,
    passed_review,
    read_case,
    receive,
)
from tests.world import World

pytestmark = pytest.mark.clause("二", "三（二）")


async def test_a_settlement_keeps_the_machine_finding(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    case = await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    finding = next(one for one in case["current"]["findings"] if one["rule"] == "surroundings")
    assert (finding["outcome"], finding["effective"]) == (None, True)
    assert finding["settlement"]["settled_by"] == "city-officer-1"
    assert finding["settlement"]["reason"] == SETTLE["reason"]
    assert case["decision"] == "eligible"
    records = (await world.get("eligibility", case_path(declaration_id, "records"), "city-officer-1"))["items"]
    assert [(one["number"], one["decision"]) for one in records] == [(1, "undetermined"), (2, "eligible")]
    (settled,) = await world.events("eligibility", "eligibility.finding_settled.v1")
    assert (settled["data"]["clause"], settled["data"]["settled_by"]) == ("二（二）3", "city-officer-1")


async def test_a_settlement_against_the_project_makes_it_ineligible(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    case = await act(world, declaration_id, "settle", "city-officer-1", {**SETTLE, "holds": False})
    assert (case["decision"], case["current"]["unmet"]) == ("ineligible", ["二（二）3"])


async def test_a_finding_with_an_outcome_cannot_be_settled(world: World) -> None:
    declaration_id = await forward(world, facts(other_municipal_funds=True))
    body = {**SETTLE, "rule": "no_other_municipal_funds"}
    assert (await act(world, declaration_id, "settle", "city-officer-1", body, 409))["code"] == "machine_found"
    body = {**SETTLE, "rule": "no_such_rule"}
    assert (await act(world, declaration_id, "settle", "city-officer-1", body, 422))["code"] == "invalid"


async def test_a_refused_settlement_says_what_was_found_and_what_is_open(world: World) -> None:
    declaration_id = await forward(world, facts(drop=(*OPEN, "title_clear"), other_municipal_funds=True))
    found = (await read_case(world, declaration_id))["current"]["findings"]
    sentence = next(one["sentence"] for one in found if one["rule"] == "no_other_municipal_funds")
    body = {**SETTLE, "rule": "no_other_municipal_funds"}
    assert (await act(world, declaration_id, "settle", "city-officer-1", body, 409))["detail"] == sentence
    refusal = await act(world, declaration_id, "settle", "city-officer-1", {**SETTLE, "rule": "no_such_rule"}, 422)
    waiting = "、".join(one["rule"] for one in found if one["outcome"] is None)
    assert waiting == "title_clear、surroundings、heat_pump"
    assert refusal["errors"] == [
        {"pointer": "/body/rule", "code": "invalid", "detail": f"本次判定没有规则 no_such_rule，待定项：{waiting}"}
    ]


@pytest.mark.parametrize(
    ("refusal", "status", "code", "title"),
    [
        (OwnSettlement, 403, "own_settlement", "不得由本人更改本人作出的认定"),
        (MachineFound, 409, "machine_found", "该项机器已有结论，不得人工认定"),
        (NotMet, 409, "conditions_not_met", "存在未满足的条件"),
        (StillOpen, 409, "findings_open", "存在待定事项"),
        (NotReceived, 409, "not_received", "市级尚未接收或项目已完工"),
        (NotReadyForPool, 409, "not_ready_for_pool", "尚不具备入库条件"),
        (InConflict, 403, "conflict_of_interest", "存在利益冲突或尚未作出利益冲突声明"),
        (PanelComplete, 409, "panel_complete", "评分已齐，不得再变更评审人员"),
    ],
)
def test_each_refusal_has_its_status_code_and_title(
    refusal: type[DomainError], status: int, code: str, title: str
) -> None:
    assert (refusal.status, refusal.code, refusal.title) == (status, code, title)


async def test_a_settlement_is_replaced_by_another_officer_only(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    other = {**SETTLE, "holds": False, "reason": "复核后认为未补足"}
    assert (await act(world, declaration_id, "settle", "city-officer-1", other, 403))["code"] == "own_settlement"
    case = await act(world, declaration_id, "settle", "city-officer-2", other)
    assert case["decision"] == "ineligible"
    records = (await world.get("eligibility", case_path(declaration_id, "records"), "city-officer-1"))["items"]
    assert [one["decision"] for one in records] == ["undetermined", "eligible", "ineligible"]
    acts = (await world.get("eligibility", f"/v1/acts/{declaration_id}", "city-officer-1"))["items"]
    assert [(one["actor"], one["detail"]["holds"]) for one in acts if one["act"] == "settle_finding"] == [
        ("city-officer-1", True), ("city-officer-2", False),
    ]  # fmt: skip


async def test_a_settlement_is_withdrawn_by_anybody_and_made_anew_by_another_officer(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    taken_back = {"rule": SETTLE["rule"], "reason": "依据有误"}
    assert (await act(world, declaration_id, "withdraw-settlement", "city-officer-1", taken_back, 409))["detail"] == (
        "规则 surroundings 没有现行的人工认定，无从撤回"
    )
    assert (await act(world, declaration_id, "settle", "city-officer-1", SETTLE))["decision"] == "eligible"
    case = await act(world, declaration_id, "withdraw-settlement", "city-officer-1", taken_back)
    assert (case["decision"], case["current"]["occasion"]) == ("undetermined", "reassessed")
    (found,) = (one for one in case["current"]["findings"] if one["rule"] == SETTLE["rule"])
    assert (found["settlement"], found["effective"]) == (None, None)
    await act(world, declaration_id, "withdraw-settlement", "city-officer-1", taken_back, 409)
    other = {**SETTLE, "holds": False}
    assert (await act(world, declaration_id, "settle", "city-officer-1", other, 403))["code"] == "own_settlement"
    case = await act(world, declaration_id, "settle", "city-officer-2", other)
    (found,) = (one for one in case["current"]["findings"] if one["rule"] == SETTLE["rule"])
    assert (case["decision"], found["settlement"]["number"]) == ("ineligible", 3)
    acts = (await world.get("eligibility", f"/v1/acts/{declaration_id}", "city-officer-1"))["items"]
    (told,) = (one for one in acts if one["act"] == "withdraw_settlement")
    assert (told["reason"], told["detail"]["held"], told["detail"]["settled_by"]) == (
        "依据有误", True, "city-officer-1",
    )  # fmt: skip
    await act(world, declaration_id, "withdraw-settlement", "110105-officer-2", taken_back, 403)


async def test_who_withdraws_anothers_settlement_may_settle_and_its_author_may_not(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    taken_back = {"rule": SETTLE["rule"], "reason": "依据有误"}
    await act(world, declaration_id, "withdraw-settlement", "city-officer-2", taken_back)
    assert (await act(world, declaration_id, "settle", "city-officer-1", SETTLE, 403))["code"] == "own_settlement"
    case = await act(world, declaration_id, "settle", "city-officer-2", {**SETTLE, "holds": False})
    assert case["decision"] == "ineligible"


async def test_a_settlement_needs_a_reason_and_a_city_officer(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await act(world, declaration_id, "settle", "city-officer-1", {**SETTLE, "reason": " "}, 422)
    await act(world, declaration_id, "settle", "110105-officer-2", SETTLE, 403)
    answer = await world.call(
        "eligibility",
        "POST",
        case_path(declaration_id, "settle"),
        "city-officer-1",
        {**SETTLE, "reason": None},
        status=422,
    )
    assert answer.json()["errors"][0]["pointer"] == "/body/reason"


async def test_the_settling_officer_cannot_conclude(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await receive(world, declaration_id)
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    assert (await act(world, declaration_id, "conclude", "city-officer-1", PASS, 403))["code"] == "same_officer"
    await act(world, declaration_id, "conclude", "city-officer-2", PASS)


async def test_the_receiving_officer_may_conclude(world: World) -> None:
    declaration_id = await forward(world, facts())
    await receive(world, declaration_id)
    await act(world, declaration_id, "conclude", "city-officer-5", PASS)


async def test_no_pass_before_the_city_has_received(world: World) -> None:
    declaration_id = await forward(world, facts())
    assert (await act(world, declaration_id, "conclude", "city-officer-2", PASS, 409))["code"] == "not_received"


@pytest.mark.clause("二（五）")
async def test_no_pass_for_a_project_found_completed_on_receipt(world: World) -> None:
    declaration_id = await forward(world, facts())
    await receive(world, declaration_id, "completed")
    case = await read_case(world, declaration_id)
    assert (case["decision"], case["current"]["occasion"], case["current"]["unmet"]) == (
        "ineligible", "received", ["二（五）"],
    )  # fmt: skip
    refusal = await act(world, declaration_id, "conclude", "city-officer-2", PASS, 409)
    assert (refusal["code"], refusal["clauses"]) == ("conditions_not_met", ["二（五）"])


async def test_a_receipt_that_confirms_the_facts_adds_no_record(world: World) -> None:
    declaration_id = await forward(world, facts())
    await receive(world, declaration_id, "under_construction")
    assert len((await world.get("eligibility", case_path(declaration_id, "records"), "city-officer-1"))["items"]) == 1


async def test_no_pass_while_a_finding_is_open(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await receive(world, declaration_id)
    refusal = await act(world, declaration_id, "conclude", "city-officer-2", PASS, 409)
    assert (refusal["code"], refusal["clauses"]) == ("findings_open", ["二（二）3"])


async def test_an_exception_from_a_principle_needs_a_reason(world: World) -> None:
    declaration_id = await forward(world, facts(in_reserve_library=False))
    await receive(world, declaration_id)
    refusal = await act(world, declaration_id, "conclude", "city-officer-2", PASS, 422)
    assert refusal["errors"][0]["pointer"] == "/body/exceptions"
    exceptions = [{"clause": "四（一）2", "reason": "已列入下一季度入库计划"}]
    case = await act(world, declaration_id, "conclude", "city-officer-2", {**PASS, "exceptions": exceptions})
    assert (case["stage"], case["exceptions"]) == ("passed", {"四（一）2": "已列入下一季度入库计划"})


@pytest.mark.clause("四（一）2")
async def test_the_district_reason_for_a_library_exception_counts(world: World) -> None:
    declaration_id = await forward(world, facts(in_reserve_library=False), library_exception_reason="区政府已同意补录")
    await receive(world, declaration_id)
    case = await act(world, declaration_id, "conclude", "city-officer-2", PASS)
    assert case["exceptions"] == {"四（一）2": "区政府已同意补录"}


async def test_an_open_principle_is_answered_before_a_pass(world: World) -> None:
    declaration_id = await forward(world, facts(drop=["in_reserve_library"]))
    await receive(world, declaration_id)
    assert (await act(world, declaration_id, "conclude", "city-officer-2", PASS, 409))["clauses"] == ["四（一）2"]


async def test_a_rejection_names_clauses_that_are_not_met(world: World) -> None:
    declaration_id = await forward(world, facts(other_municipal_funds=True))
    body: dict[str, Any] = {"outcome": "reject", "reason": "已获其他市级资金"}
    for clauses in ([], ["二（一）1"]):
        refusal = await act(world, declaration_id, "conclude", "city-officer-2", {**body, "clauses": clauses}, 422)
        assert refusal["errors"][0]["pointer"] == "/body/clauses"
    case = await act(world, declaration_id, "conclude", "city-officer-2", {**body, "clauses": ["二（五）"]})
    assert case["stage"] == "rejected"
    (rejected,) = await world.events("eligibility", "eligibility.review_rejected.v1")
    assert rejected["data"]["clauses"] == ["二（五）"]


async def test_a_pass_announces_the_duties_of_every_officer(world: World) -> None:
    declaration_id = await passed_review(world)
    (event,) = await world.events("eligibility", "eligibility.review_passed.v1")
    assert event["data"]["project"]["declaration_id"] == str(declaration_id)
    assert {(hand["actor"], hand["duty"]) for hand in event["data"]["hands"]} == {
        ("110105-officer-1", "first_review"), ("city-officer-5", "receipt"), ("city-officer-2", "conclude"),
    }  # fmt: skip


async def test_each_act_answers_the_case_with_its_new_version(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await receive(world, declaration_id)
    versions = [(await read_case(world, declaration_id))["version"]]
    for name, who, body in (
        ("settle", "city-officer-1", SETTLE),
        ("choose-edition", "city-supervisor-1", {"edition": "2023", "reason": "从新"}),
        ("reassess", "city-officer-1", {"reason": "复核"}),
        ("conclude", "city-officer-2", PASS),
    ):
        answer = await world.call("eligibility", "POST", case_path(declaration_id, name), who, body, status=200)
        read = await world.call("eligibility", "GET", case_path(declaration_id), who, status=200)
        assert answer.json() == read.json(), name
        assert answer.headers["etag"] == read.headers["etag"] == f'"{read.json()["version"]}"', name
        versions.append(read.json()["version"])
    assert versions == sorted(versions)
    assert versions[0] < versions[1] < versions[2]
