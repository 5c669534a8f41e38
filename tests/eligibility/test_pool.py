"""Pool-entry assessment 入库评估: conflicts of interest, blind scores, investment, places by score. 三（二）"""

import asyncio
from typing import Any

import pytest

from shared.contracts.intake import DeclarationWithdrawn
from tests.eligibility.cases import (
    INVESTMENT,
    NO_CONFLICT,
    USCC,
    announce,
    assessed,
    at,
    facts,
    forward,
    passed,
    score,
    sheet,
)
from tests.world import World

ENTER = {"reason": "同意入库"}
CONFLICT = {"position": "conflict", "statement": "曾为该单位提供咨询"}


async def act(world: World, declaration_id: Any, name: str, who: str, body: Any, status: int = 201) -> Any:
    return await world.post("eligibility", at(declaration_id, name), who, body, status)


async def pool(world: World, who: str = "city-officer-1", query: str = "year=2024") -> Any:
    return await world.get("eligibility", f"/v1/pool?{query}", who)


async def test_a_reviewer_with_a_conflict_does_not_score(world: World) -> None:
    declaration_id = await passed(world)
    refusal = await act(world, declaration_id, "scores", "city-officer-3", sheet(), 403)
    assert refusal["code"] == "conflict_of_interest"
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", CONFLICT)
    assert (await act(world, declaration_id, "scores", "city-officer-3", sheet(), 403))[
        "code"
    ] == "conflict_of_interest"
    refusal = await act(world, declaration_id, "investment", "city-officer-3", INVESTMENT, 403)
    assert refusal["code"] == "conflict_of_interest"
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT, 409)


async def test_a_reviewer_may_step_back_before_scoring_and_not_after(world: World) -> None:
    declaration_id = await passed(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT, 409)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", CONFLICT)
    await score(world, declaration_id, "city-officer-4")
    await act(world, declaration_id, "conflict-declaration", "city-officer-4", CONFLICT, 409)


async def test_scores_stay_closed_until_all_are_in(world: World) -> None:
    declaration_id = await passed(world)
    for who in ("city-officer-3", "city-officer-4"):
        await act(world, declaration_id, "conflict-declaration", who, NO_CONFLICT)
    first = {**sheet(90), "opinion": "第一名评审意见"}
    await act(world, declaration_id, "scores", "city-officer-3", first)
    seen = await world.get("eligibility", at(declaration_id, "scores"), "city-officer-4")
    assert (seen["received"], seen["complete"], seen["sheets"], seen["score"]) == (1, False, [], None)
    assert (
        "第一名评审意见"
        not in (await world.call("eligibility", "GET", f"/v1/acts/{declaration_id}", "city-officer-4")).text
    )
    own = await world.get("eligibility", at(declaration_id, "scores"), "city-officer-3")
    assert [one["score"] for one in own["sheets"]] == ["90.00"]
    await act(world, declaration_id, "scores", "city-officer-4", sheet(81))
    seen = await world.get("eligibility", at(declaration_id, "scores"), "city-officer-4")
    assert (seen["complete"], len(seen["sheets"]), seen["score"]) == (True, 2, "85.50")
    joining = await act(world, declaration_id, "conflict-declaration", "city-officer-1", NO_CONFLICT, 409)
    assert joining["code"] == "panel_complete"


async def test_enough_scores_stay_closed_while_a_declared_reviewer_is_to_score(world: World) -> None:
    declaration_id = await passed(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-1", NO_CONFLICT)
    for who in ("city-officer-3", "city-officer-4"):
        await score(world, declaration_id, who)
    seen = await world.get("eligibility", at(declaration_id, "scores"), "city-officer-1")
    assert (seen["received"], seen["outstanding"], seen["sheets"]) == (2, 1, [])


async def test_scores_are_weighted(world: World) -> None:
    declaration_id = await passed(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    marks = [{**mark, "points": 100 if mark["criterion"] == "industry" else 0} for mark in sheet()["marks"]]
    found = await act(world, declaration_id, "scores", "city-officer-3", {"marks": marks, "opinion": "一般"})
    assert found["score"] == "30.00"


async def test_every_criterion_is_scored_once_and_by_each_reviewer_once(world: World) -> None:
    declaration_id = await passed(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    marks = sheet()["marks"]
    for wrong in (marks[:4], [*marks, marks[0]], [*marks[:4], marks[0]]):
        body = {"marks": wrong, "opinion": "同意"}
        refusal = await act(world, declaration_id, "scores", "city-officer-3", body, 422)
        assert refusal["errors"][0]["pointer"] == "/body/marks"
    await act(world, declaration_id, "scores", "city-officer-3", sheet())
    assert (await act(world, declaration_id, "scores", "city-officer-3", sheet(), 409))["code"] == "duplicate"


async def test_who_concluded_does_not_score(world: World) -> None:
    declaration_id = await passed(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-2", NO_CONFLICT)
    assert (await act(world, declaration_id, "scores", "city-officer-2", sheet(), 403))["code"] == "same_officer"


async def test_scores_are_for_the_city_to_read(world: World) -> None:
    declaration_id = await passed(world)
    await world.get("eligibility", at(declaration_id, "scores"), "110105-officer-1", status=403)


async def test_no_scores_before_the_conditions_are_passed(world: World) -> None:
    declaration_id = await forward(world, facts())
    refusal = await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT, 409)
    assert refusal["code"] == "wrong_status"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"assessed_investment_yuan": "300000000.01"}, "/body/components/0/assessed_investment_yuan"),
        ({"assessed_investment_yuan": "299999999.99"}, "/body/components/0/reason"),
        (
            {"excluded": [{"kind": "rent", "amount_yuan": "1.00"}], "reason": "剔除租金"},
            "/body/components/0/assessed_investment_yuan",
        ),
        ({"index": 1}, "/body/components"),
        ({"assessed_investment_yuan": 1}, "/body/components/0/assessed_investment_yuan"),
    ],
)
async def test_investment_is_recognised_within_what_was_declared(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    declaration_id = await passed(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    body = {"components": [{**INVESTMENT["components"][0], **change}], "opinion": "审定"}
    refusal = await act(world, declaration_id, "investment", "city-officer-3", body, 422)
    assert refusal["errors"][0]["pointer"] == pointer


async def test_a_lower_investment_is_recognised_with_its_reason_and_the_latest_counts(world: World) -> None:
    declaration_id = await assessed(world)
    part = {
        "index": 0, "assessed_investment_yuan": "250000000.00", "reason": "剔除购置费用",
        "excluded": [{"kind": "purchase", "amount_yuan": "50000000.00"}],
    }  # fmt: skip
    await act(world, declaration_id, "investment", "city-officer-4", {"components": [part], "opinion": "核减"})
    kept = await world.get("eligibility", at(declaration_id, "investment"), "110105-officer-1")
    assert (kept["number"], kept["assessed_total_yuan"], kept["declared_total_yuan"]) == (
        2, "250000000.00", "300000000.00",
    )  # fmt: skip
    assert kept["components"][0]["excluded"][0]["label"] == "购置"
    await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER)
    await world.settle()
    (entered,) = await world.events("eligibility", "eligibility.pool_entered.v1")
    assert entered["data"]["components"][0]["assessed_investment_yuan"] == "250000000.00"
    assert entered["data"]["components"][0]["declared_investment_yuan"] == "300000000.00"


async def test_no_entry_without_enough_scores_or_without_investment(world: World) -> None:
    declaration_id = await passed(world)
    await score(world, declaration_id, "city-officer-3")
    refusal = await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert (refusal["code"], refusal["detail"]) == ("not_ready_for_pool", "已评分 1 人，至少须 2 人")
    await score(world, declaration_id, "city-officer-4")
    refusal = await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert refusal["detail"] == "尚未审定投资"


async def test_no_entry_below_the_pass_score(world: World) -> None:
    below, on = await assessed(world, 59), await assessed(world, 60)
    refusal = await act(world, below, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert refusal["code"] == "not_ready_for_pool"
    await act(world, on, "enter-pool", "city-supervisor-1", ENTER)


async def test_entry_is_a_supervisors(world: World) -> None:
    declaration_id = await assessed(world)
    await act(world, declaration_id, "enter-pool", "city-officer-1", ENTER, 403)
    await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER)
    refusal = await act(world, declaration_id, "enter-pool", "city-supervisor-2", ENTER, 409)
    assert refusal["code"] == "wrong_status"


async def test_places_follow_the_score_and_then_the_entry(world: World) -> None:
    for points in (70, 90, 70, 80):
        await act(world, await assessed(world, points), "enter-pool", "city-supervisor-1", ENTER)
    rows = (await pool(world))["items"]
    assert [(row["rank"], row["score"]) for row in rows] == [(1, "90.00"), (2, "80.00"), (3, "70.00"), (4, "70.00")]
    await world.settle()
    ranks = [event["data"]["rank"] for event in await world.events("eligibility", "eligibility.pool_entered.v1")]
    assert ranks == [1, 1, 3, 2]
    page = await pool(world, query="year=2024&limit=3")
    rest = await pool(world, query=f"year=2024&limit=3&cursor={page['next_cursor']}")
    assert [row["rank"] for row in rest["items"]] == [4]
    assert (await pool(world, query="year=2025"))["items"] == []


async def test_a_district_sees_its_own_projects_at_their_place_in_the_city(world: World) -> None:
    await act(world, await assessed(world, 90), "enter-pool", "city-supervisor-1", ENTER)
    theirs = await assessed(world, 70, district="110106")
    await act(world, theirs, "enter-pool", "city-supervisor-1", ENTER)
    rows = (await pool(world, "110106-officer-1"))["items"]
    assert [(row["declaration_id"], row["rank"]) for row in rows] == [(str(theirs), 2)]


async def test_two_entries_at_once_take_two_places(world: World) -> None:
    cases = [await assessed(world, 80), await assessed(world, 80)]
    answers = await asyncio.gather(
        *(
            world.call("eligibility", "POST", at(key, "enter-pool"), f"city-supervisor-{n}", ENTER)
            for n, key in enumerate(cases, 1)
        )
    )
    assert sorted(answer.json()["rank"] for answer in answers) == [1, 2]


async def test_a_withdrawal_frees_the_place(world: World) -> None:
    first, second = await assessed(world, 90), await assessed(world, 80)
    for key in (first, second):
        await act(world, key, "enter-pool", "city-supervisor-1", ENTER)
    withdrawn = DeclarationWithdrawn(declaration_id=first, district="110105", applicant_uscc=USCC, reason="撤回")
    await announce(world, withdrawn)
    assert [(row["declaration_id"], row["rank"]) for row in (await pool(world))["items"]] == [(str(second), 1)]


async def test_a_project_is_kept_out_with_a_reason(world: World) -> None:
    declaration_id = await assessed(world)
    await act(world, declaration_id, "keep-out", "city-supervisor-1", {"reason": ""}, 422)
    await act(world, declaration_id, "keep-out", "city-supervisor-1", {"reason": "年度安排已满"}, 204)
    case = await world.get("eligibility", at(declaration_id), "110105-officer-1")
    assert (case["stage"], case["conclusion_reason"]) == ("kept_out", "年度安排已满")
    await world.settle()
    (rejected,) = await world.events("eligibility", "eligibility.review_rejected.v1")
    assert rejected["data"]["clauses"] == ["三（二）"]


async def test_redelivery_leaves_the_pool_as_it_is(world: World) -> None:
    await act(world, await assessed(world), "enter-pool", "city-supervisor-1", ENTER)
    await world.settle()
    before = await world.snapshot()
    await world.redeliver_all()
    assert await world.snapshot() == before
