"""Two cases in the same round beside each other: each reads and counts its own rows only. 二, 三（二）"""

from typing import Any
from uuid import UUID

import pytest

from tests.eligibility.fixtures import (
    INVESTMENT,
    NO_CONFLICT,
    OPEN,
    PASS,
    SETTLE,
    act,
    case_path,
    facts,
    forward,
    receive,
    score,
)
from tests.world import World

pytestmark = pytest.mark.clause("二", "三（二）")
CONFLICT = {"position": "conflict", "statement": "曾提供咨询"}


async def get(world: World, case: UUID, name: str) -> Any:
    return await world.get("eligibility", case_path(case, name), "city-officer-8")


async def assess_both(world: World) -> tuple[UUID, UUID]:
    """Settle, conclude, score and recognise two cases, turn by turn."""
    first, second = await forward(world, facts(drop=OPEN)), await forward(world, facts(drop=OPEN))
    for case, officer, reason in ((first, 1, "甲认定"), (second, 2, "乙认定")):
        await act(world, case, "settle", f"city-officer-{officer}", {**SETTLE, "reason": reason})
        await receive(world, case)
    for case, officer in ((second, 1), (first, 2)):
        await act(world, case, "conclude", f"city-officer-{officer}", PASS)
    await act(world, second, "conflict-declaration", "city-officer-4", CONFLICT, 201)
    for case, officer, points in ((first, 3, 90), (second, 3, 70), (first, 4, 80), (second, 6, 60)):
        await score(world, case, f"city-officer-{officer}", points)
    less = {"index": 0, "assessed_investment_yuan": "200000000.00", "reason": "核减"}
    await act(world, first, "investment", "city-officer-3", INVESTMENT, 201)
    await act(world, second, "investment", "city-officer-6", {"components": [less], "opinion": "核减"}, 201)
    return first, second


async def test_each_case_has_rows_numbers_scores_and_figures_of_its_own(world: World) -> None:
    first, second = await assess_both(world)
    await forward(world, facts(other_municipal_funds=True))
    shown = []
    for case in (first, second):
        detail, panel, investment = [await get(world, case, name) for name in ("", "scores", "investment")]
        records = (await get(world, case, "records"))["items"]
        (settlement,) = [one["settlement"] for one in detail["current"]["findings"] if one["settlement"]]
        assert detail["current"]["assessment_id"] == records[-1]["assessment_id"]
        for record in records:
            replayed = await get(world, case, f"replay?number={record['number']}")
            assert (replayed["assessment_id"], replayed["equal"]) == (record["assessment_id"], True)
        shown.append(
            {
                "records": [record["number"] for record in records],
                "settlement": (settlement["number"], settlement["reason"]),
                "panel": (panel["received"], panel["outstanding"], panel["score"]),
                "sheets": [sheet["score"] for sheet in panel["sheets"]],
                "investment": (investment["number"], investment["assessed_total_yuan"]),
            }
        )
    assert shown == [
        {
            "records": [1, 2], "settlement": (1, "甲认定"), "panel": (2, 0, "85.00"), "sheets": ["90.00", "80.00"],
            "investment": (1, "300000000.00"),
        },
        {
            "records": [1, 2], "settlement": (1, "乙认定"), "panel": (2, 0, "65.00"), "sheets": ["70.00", "60.00"],
            "investment": (1, "200000000.00"),
        },
    ]  # fmt: skip
    for case, rank, points in ((second, 1, "65.00"), (first, 1, "85.00")):
        entry = await act(world, case, "enter-pool", "city-supervisor-1", {"reason": "同意"}, 201)
        assert (entry["rank"], entry["score"]) == (rank, points)


async def test_a_conflict_in_one_case_is_none_in_another(world: World) -> None:
    first, second = await forward(world, facts()), await forward(world, facts())
    for case in (first, second):
        await receive(world, case)
        await act(world, case, "conclude", "city-officer-2", PASS)
    await act(world, first, "conflict-declaration", "city-officer-3", CONFLICT, 201)
    refusal = await act(world, second, "investment", "city-officer-3", INVESTMENT, 403)
    assert refusal["code"] == "conflict_of_interest"
    await act(world, second, "conflict-declaration", "city-officer-3", NO_CONFLICT, 201)
    await act(world, second, "investment", "city-officer-3", INVESTMENT, 201)
    refusal = await act(world, first, "investment", "city-officer-3", INVESTMENT, 403)
    assert refusal["code"] == "conflict_of_interest"
