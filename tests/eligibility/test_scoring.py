"""The panel while it scores: who sees which sheets, counts, roundings, the pass score, answers of the acts. 三（二）"""

from typing import Any

import pytest

from tests.eligibility.fixtures import INVESTMENT, NO_CONFLICT, act, case_path, passed_review, score, score_sheet
from tests.eligibility.telling_case import sheet
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
CONFLICT = {"position": "conflict", "statement": "曾为该单位提供咨询"}
ENTER = {"reason": "同意入库"}
NOW = "2024-03-01T02:00:00Z"


async def panel(world: World, case: Any, who: str) -> Any:
    return await world.get("eligibility", case_path(case, "scores"), who)


async def declare(world: World, case: Any, who: str, body: Any = NO_CONFLICT, status: int = 201) -> Any:
    return await act(world, case, "conflict-declaration", who, body, status)


async def test_the_panel_counts_sheets_and_outstanding_reviewers_and_hides_others(world: World) -> None:
    case = await passed_review(world)
    await declare(world, case, "city-officer-6", CONFLICT)
    for who in ("city-officer-1", "city-officer-3", "city-officer-4", "city-officer-7"):
        await declare(world, case, who)
    await declare(world, case, "city-officer-7", CONFLICT)
    await act(world, case, "scores", "city-officer-3", score_sheet(90), 201)
    seen = await panel(world, case, "city-officer-1")
    assert (seen["required"], seen["received"], seen["outstanding"], seen["complete"]) == (2, 1, 2, False)
    assert (seen["sheets"], seen["score"]) == ([], None)
    assert [one["reviewer"] for one in (await panel(world, case, "city-officer-3"))["sheets"]] == ["city-officer-3"]
    await act(world, case, "scores", "city-officer-4", score_sheet(81), 201)
    for who in ("city-officer-1", "city-officer-4", "city-supervisor-1", "auditor-1"):
        seen = await panel(world, case, who)
        own = [who] if who == "city-officer-4" else []
        assert (seen["received"], seen["outstanding"], seen["complete"], seen["score"]) == (2, 1, False, None), who
        assert [one["reviewer"] for one in seen["sheets"]] == own, who
    entry = await act(world, case, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert entry["detail"].startswith("尚未审定投资")
    await act(world, case, "investment", "city-officer-3", INVESTMENT, 201)
    path = case_path(case, "enter-pool")
    answer = await world.call("eligibility", "POST", path, "city-supervisor-1", ENTER, status=201)
    assert answer.headers["location"] == "/v1/pool?year=2024"
    acts = (await world.get("eligibility", f"/v1/acts/{case}?act=enter_pool", "city-officer-1"))["items"]
    assert [one["detail"] for one in acts] == [{"score": "85.50", "outstanding": ["city-officer-1"], "exceptions": {}}]
    acts = (await world.get("eligibility", f"/v1/acts/{case}?act=declare_conflict", "city-officer-1"))["items"]
    assert [(one["actor"][-1], one["detail"]["position"], one["reason"]) for one in acts] == [
        ("6", "conflict", CONFLICT["statement"]), *((n, "none", NO_CONFLICT["statement"]) for n in "1347"),
        ("7", "conflict", CONFLICT["statement"]),
    ]  # fmt: skip


async def test_the_required_number_of_reviewers_is_a_setting(world: World) -> None:
    world.settings.pool_reviewers_min = 3
    case = await passed_review(world)
    for who in ("city-officer-3", "city-officer-4"):
        await score(world, case, who, 80)
    await act(world, case, "investment", "city-officer-3", INVESTMENT, 201)
    seen = await panel(world, case, "city-officer-3")
    assert (seen["required"], seen["received"], seen["outstanding"], seen["complete"]) == (3, 2, 0, False)
    refusal = await act(world, case, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert refusal["detail"] == "已评分 2 人，至少须 3 人，请先完成评分"
    await score(world, case, "city-officer-6", 71)
    assert (await panel(world, case, "city-officer-1"))["score"] == "77.00"
    assert (await declare(world, case, "city-officer-8", status=409))["code"] == "panel_complete"


# 30, 20, 20, 15 and 15 points of a hundred: 0.15 more for one point of the last criterion.
@pytest.mark.parametrize(
    ("first", "second", "score_of_both", "enters"),
    [
        ((60, 60, 60, 60, 60), (60, 60, 60, 60, 60), "60.00", True),
        ((60, 60, 60, 60, 60), (60, 60, 60, 60, 59), "59.93", False),  # 60 and 59.85: 59.925
        ((60, 60, 60, 60, 60), (60, 60, 60, 59, 61), "60.00", True),
        ((61, 60, 60, 60, 58), (60, 60, 60, 60, 60), "60.00", True),
        ((60, 61, 60, 60, 58), (60, 60, 60, 60, 60), "59.95", False),  # 59.9
    ],
)
async def test_the_mean_of_the_weighted_scores_is_compared_with_the_pass_score(
    world: World, first: tuple[int, ...], second: tuple[int, ...], score_of_both: str, enters: bool
) -> None:
    case = await passed_review(world)
    names = ("industry", "green", "readiness", "investment", "surroundings")
    for who, points in (("city-officer-3", first), ("city-officer-4", second)):
        await declare(world, case, who)
        await act(world, case, "scores", who, sheet(**dict(zip(names, points, strict=True))), 201)
    await act(world, case, "investment", "city-officer-3", INVESTMENT, 201)
    answer = await act(world, case, "enter-pool", "city-supervisor-1", ENTER, 201 if enters else 409)
    if enters:
        assert answer["score"] == score_of_both
    else:
        assert answer["detail"] == f"评估得分 {score_of_both}，低于通过分 60，请按不予入库办理"


async def test_each_act_of_scoring_answers_what_it_stored(world: World) -> None:
    case = await passed_review(world)
    path = case_path(case, "conflict-declaration")
    answer = await world.call("eligibility", "POST", path, "city-officer-3", NO_CONFLICT, status=201)
    reviewer = {"reviewer": "city-officer-3", "reviewer_name": "市级经办丙（示例）"}
    assert answer.json() == {**NO_CONFLICT, **reviewer, "declared_at": NOW}
    assert answer.headers["location"] == case_path(case, "scores")
    body = sheet(industry=90, green=81, readiness=72, investment=63, surroundings=54)
    answer = await world.call("eligibility", "POST", case_path(case, "scores"), "city-officer-3", body, status=201)
    assert answer.json() == {**body, **reviewer, "scored_at": NOW, "score": "75.15"}
    assert answer.headers["location"] == case_path(case, "scores")
    path = case_path(case, "investment")
    answer = await world.call("eligibility", "POST", path, "city-officer-3", INVESTMENT, status=201)
    assert answer.headers["location"] == path
    assert answer.json() == await world.get("eligibility", path, "110105-officer-1")


async def test_the_investment_is_judged_on_the_facts_by_the_chosen_readings(world: World) -> None:
    world.settings.interpretations = {"excluded_costs": "include_all"}
    case = await passed_review(world)
    await declare(world, case, "city-officer-3")
    part = {**INVESTMENT["components"][0], "excluded": [{"kind": "rent", "amount_yuan": "1.00"}], "reason": "x"}
    refusal = await act(world, case, "investment", "city-officer-3", {**INVESTMENT, "components": [part]}, 422)
    assert refusal["errors"][0]["pointer"] == "/body/components/0/excluded"
    kept = await act(world, case, "investment", "city-officer-3", INVESTMENT, 201)
    assert kept["readings"] == {"investment_base": "assessed", "excluded_costs": "include_all"}
