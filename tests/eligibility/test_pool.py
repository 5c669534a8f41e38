"""Tests of the pool-entry assessment 入库评估: conflicts, blind scores, investment, ranks. 三（二）"""

from typing import Any

import pytest

from shared.contracts.base import Hand
from tests.eligibility.fixtures import (
    INVESTMENT,
    NO_CONFLICT,
    assessed_project,
    case_path,
    facts,
    forward,
    passed_review,
    score,
    score_sheet,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

ENTER = {"reason": "同意入库"}
CONFLICT = {"position": "conflict", "statement": "曾为该单位提供咨询"}


async def act(world: World, declaration_id: Any, name: str, who: str, body: Any, status: int = 201) -> Any:
    return await world.post("eligibility", case_path(declaration_id, name), who, body, status)


async def pool(world: World, who: str = "city-officer-1", query: str = "year=2024") -> Any:
    return await world.get("eligibility", f"/v1/pool?{query}", who)


async def test_a_reviewer_with_a_conflict_cannot_score(world: World) -> None:
    declaration_id = await passed_review(world)
    refusal = await act(world, declaration_id, "scores", "city-officer-3", score_sheet(), 403)
    assert refusal["code"] == "conflict_of_interest"
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", CONFLICT)
    assert (await act(world, declaration_id, "scores", "city-officer-3", score_sheet(), 403))[
        "code"
    ] == "conflict_of_interest"
    refusal = await act(world, declaration_id, "investment", "city-officer-3", INVESTMENT, 403)
    assert refusal["code"] == "conflict_of_interest"
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT, 409)


async def test_a_reviewer_may_declare_a_conflict_before_scoring_only(world: World) -> None:
    declaration_id = await passed_review(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT, 409)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", CONFLICT)
    await score(world, declaration_id, "city-officer-4")
    await act(world, declaration_id, "conflict-declaration", "city-officer-4", CONFLICT, 409)


async def test_scores_stay_closed_until_all_are_in(world: World) -> None:
    declaration_id = await passed_review(world)
    for who in ("city-officer-3", "city-officer-4"):
        await act(world, declaration_id, "conflict-declaration", who, NO_CONFLICT)
    first = {**score_sheet(90), "opinion": "第一名评审意见"}
    await act(world, declaration_id, "scores", "city-officer-3", first)
    seen = await world.get("eligibility", case_path(declaration_id, "scores"), "city-officer-4")
    assert (seen["received"], seen["complete"], seen["sheets"], seen["score"]) == (1, False, [], None)
    assert (
        "第一名评审意见"
        not in (await world.call("eligibility", "GET", f"/v1/acts/{declaration_id}", "city-officer-4")).text
    )
    own = await world.get("eligibility", case_path(declaration_id, "scores"), "city-officer-3")
    assert [one["score"] for one in own["sheets"]] == ["90.00"]
    await act(world, declaration_id, "scores", "city-officer-4", score_sheet(81))
    seen = await world.get("eligibility", case_path(declaration_id, "scores"), "city-officer-4")
    assert (seen["complete"], len(seen["sheets"]), seen["score"]) == (True, 2, "85.50")
    joining = await act(world, declaration_id, "conflict-declaration", "city-officer-1", NO_CONFLICT, 409)
    assert joining["code"] == "panel_complete"


async def test_scores_stay_closed_while_a_declared_reviewer_is_outstanding(world: World) -> None:
    declaration_id = await passed_review(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-1", NO_CONFLICT)
    for who in ("city-officer-3", "city-officer-4"):
        await score(world, declaration_id, who)
    seen = await world.get("eligibility", case_path(declaration_id, "scores"), "city-officer-1")
    assert (seen["received"], seen["outstanding"], seen["sheets"]) == (2, 1, [])


async def test_scores_are_weighted(world: World) -> None:
    declaration_id = await passed_review(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    marks = [{**mark, "points": 100 if mark["criterion"] == "industry" else 0} for mark in score_sheet()["marks"]]
    found = await act(world, declaration_id, "scores", "city-officer-3", {"marks": marks, "opinion": "一般"})
    assert found["score"] == "30.00"


async def test_every_criterion_is_scored_once_and_by_each_reviewer_once(world: World) -> None:
    declaration_id = await passed_review(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    marks = score_sheet()["marks"]
    for wrong in (marks[:4], [*marks, marks[0]], [*marks[:4], marks[0]]):
        body = {"marks": wrong, "opinion": "同意"}
        refusal = await act(world, declaration_id, "scores", "city-officer-3", body, 422)
        assert refusal["errors"][0]["pointer"] == "/body/marks"
    await act(world, declaration_id, "scores", "city-officer-3", score_sheet())
    assert (await act(world, declaration_id, "scores", "city-officer-3", score_sheet(), 409))["code"] == "duplicate"


async def test_the_concluding_officer_may_score_and_the_district_reviewer_may_not(world: World) -> None:
    declaration_id = await passed_review(world, hands=(Hand(actor="city-officer-3", duty="first_review"),))
    for officer in ("city-officer-2", "city-officer-3"):
        await act(world, declaration_id, "conflict-declaration", officer, NO_CONFLICT)
    await act(world, declaration_id, "scores", "city-officer-2", score_sheet())
    assert (await act(world, declaration_id, "scores", "city-officer-3", score_sheet(), 403))["code"] == "same_officer"


async def test_only_the_city_reads_scores(world: World) -> None:
    declaration_id = await passed_review(world)
    await world.get("eligibility", case_path(declaration_id, "scores"), "110105-officer-1", status=403)


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
async def test_recognised_investment_is_at_most_the_declared(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    declaration_id = await passed_review(world)
    await act(world, declaration_id, "conflict-declaration", "city-officer-3", NO_CONFLICT)
    body = {"components": [{**INVESTMENT["components"][0], **change}], "opinion": "审定"}
    refusal = await act(world, declaration_id, "investment", "city-officer-3", body, 422)
    assert refusal["errors"][0]["pointer"] == pointer


async def test_a_lower_investment_is_recognised_with_its_reason_and_the_latest_counts(world: World) -> None:
    declaration_id = await assessed_project(world)
    part = {
        "index": 0, "assessed_investment_yuan": "250000000.00", "reason": "剔除购置费用",
        "excluded": [{"kind": "purchase", "amount_yuan": "50000000.00"}],
    }  # fmt: skip
    await act(world, declaration_id, "investment", "city-officer-4", {"components": [part], "opinion": "核减"})
    kept = await world.get("eligibility", case_path(declaration_id, "investment"), "110105-officer-1")
    assert (kept["number"], kept["assessed_total_yuan"], kept["declared_total_yuan"]) == (
        2, "250000000.00", "300000000.00",
    )  # fmt: skip
    assert kept["components"][0]["excluded"][0]["label"] == "购置"
    await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER)
    (entered,) = await world.events("eligibility", "eligibility.pool_entered.v1")
    assert entered["data"]["components"][0]["assessed_investment_yuan"] == "250000000.00"
    assert entered["data"]["components"][0]["declared_investment_yuan"] == "300000000.00"


async def test_no_entry_without_enough_scores_or_without_investment(world: World) -> None:
    declaration_id = await passed_review(world)
    await score(world, declaration_id, "city-officer-3")
    refusal = await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert (refusal["code"], refusal["detail"]) == ("not_ready_for_pool", "已评分 1 人，至少须 2 人，请先完成评分")
    await score(world, declaration_id, "city-officer-4")
    refusal = await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert refusal["detail"].startswith("尚未审定投资")


async def test_only_a_supervisor_enters_a_project(world: World) -> None:
    declaration_id = await assessed_project(world)
    await act(world, declaration_id, "enter-pool", "city-officer-1", ENTER, 403)
    await act(world, declaration_id, "enter-pool", "city-supervisor-1", ENTER)
    refusal = await act(world, declaration_id, "enter-pool", "city-supervisor-2", ENTER, 409)
    assert refusal["code"] == "wrong_status"


async def test_ranks_follow_score_and_then_entry(world: World) -> None:
    for points in (70, 90, 70, 80):
        await act(world, await assessed_project(world, points), "enter-pool", "city-supervisor-1", ENTER)
    rows = (await pool(world))["items"]
    assert [(row["rank"], row["score"]) for row in rows] == [(1, "90.00"), (2, "80.00"), (3, "70.00"), (4, "70.00")]
    ranks = [event["data"]["rank"] for event in await world.events("eligibility", "eligibility.pool_entered.v1")]
    assert ranks == [1, 1, 3, 2]
    page = await pool(world, query="year=2024&limit=3")
    rest = await pool(world, query=f"year=2024&limit=3&cursor={page['next_cursor']}")
    assert [row["rank"] for row in rest["items"]] == [4]
    assert (await pool(world, query="year=2025"))["items"] == []


async def test_a_district_sees_its_own_projects_with_city_ranks(world: World) -> None:
    await act(world, await assessed_project(world, 90), "enter-pool", "city-supervisor-1", ENTER)
    theirs = await assessed_project(world, 70, district="110106")
    await act(world, theirs, "enter-pool", "city-supervisor-1", ENTER)
    rows = (await pool(world, "110106-officer-1"))["items"]
    assert [(row["declaration_id"], row["rank"]) for row in rows] == [(str(theirs), 2)]


async def test_a_project_is_kept_out_with_a_reason(world: World) -> None:
    declaration_id = await assessed_project(world)
    await act(world, declaration_id, "keep-out", "city-supervisor-1", {"reason": ""}, 422)
    await act(world, declaration_id, "keep-out", "city-supervisor-1", {"reason": "年度安排已满"}, 204)
    case = await world.get("eligibility", case_path(declaration_id), "110105-officer-1")
    assert (case["stage"], case["conclusion_reason"]) == ("kept_out", "年度安排已满")
    (rejected,) = await world.events("eligibility", "eligibility.review_rejected.v1")
    assert rejected["data"]["clauses"] == ["三（二）"]


async def test_a_redelivered_event_leaves_the_pool_unchanged(world: World) -> None:
    await act(world, await assessed_project(world), "enter-pool", "city-supervisor-1", ENTER)
    await world.settle()
    before = await world.snapshot()
    await world.redeliver_all()
    assert await world.snapshot() == before
