"""Ranks of the pool by year: other years, projects that left or came back, scores that fall. 三（二）"""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from services.eligibility.models import PoolEntry, RecognisedInvestment, Review
from services.eligibility.pool import add_to_pool, remove_from_pool
from shared.actors import system_actor
from tests.eligibility.fixtures import (
    INVESTMENT,
    USCC,
    act,
    announce,
    assessed_project,
    facts,
    forward,
    receive,
    returned,
    score,
    withdrawn,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
ENTER = {"reason": "同意入库"}
NEW_YEARS_EVE = datetime(2024, 12, 31, 15, 59, 59, tzinfo=UTC)
"""One second before midnight in Beijing."""


def key(row: int) -> UUID:
    return UUID(int=row)


async def enter(world: World, row: int, points: str, investment: tuple[int, int] = (1, 1)) -> None:
    """Add a project of the given score to the pool at the world's time, without the acts that lead there."""
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        case = await session.get(Review, key(row))
        if case is None:
            case = Review(
                declaration_id=key(row), district="110105", applicant_uscc=USCC, declaration_no=f"N{row}",
                project_name="P", applicant_name="A", project={}, facts={}, exceptions={}, round=1, stage="passed",
                accepted_on=date(2024, 1, 1), decision="eligible",
            )  # fmt: skip
            session.add(case)
            await session.flush()
        declared, assessed = map(Decimal, investment)
        money = RecognisedInvestment(declared_total_yuan=declared, assessed_total_yuan=assessed)
        await add_to_pool(session, case, Decimal(points), money)


async def leave(world: World, row: int, stage: str = "closed") -> None:
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        case = await session.get_one(Review, key(row))
        await remove_from_pool(session, case)
        case.leave(stage)


async def standing(world: World, year: int = 2024) -> dict[int, int]:
    """Return the rank of each project of a year's pool."""
    rows = (await world.get("eligibility", f"/v1/pool?year={year}", "city-officer-1"))["items"]
    return {UUID(row["declaration_id"]).int: row["rank"] for row in rows}


async def left(world: World) -> dict[int, date | None]:
    async with world.instances["eligibility"].database.session(system_actor("test")) as session:
        return {entry.declaration_id.int: entry.left_on for entry in await session.scalars(select(PoolEntry))}


async def test_a_rank_counts_the_projects_of_the_year_that_are_in_the_pool(world: World) -> None:
    for row, points in ((1, "80.00"), (2, "90.00"), (3, "70.00")):
        await enter(world, row, points)
    assert await standing(world) == {2: 1, 1: 2, 3: 3}
    await leave(world, 2)
    assert await standing(world) == {1: 1, 3: 2}
    await enter(world, 4, "80.00")
    assert await standing(world) == {1: 1, 4: 2, 3: 3}
    await enter(world, 5, "80.01")
    assert await standing(world) == {5: 1, 1: 2, 4: 3, 3: 4}
    await enter(world, 6, "69.99")
    await leave(world, 4)
    assert await standing(world) == {5: 1, 1: 2, 3: 3, 6: 4}


async def test_the_year_of_the_pool_begins_at_midnight_in_beijing(world: World) -> None:
    await enter(world, 1, "80.00")
    world.clock.set(NEW_YEARS_EVE)
    await enter(world, 2, "90.00")
    world.clock.set(datetime(2024, 12, 31, 16, 0, tzinfo=UTC))
    await enter(world, 3, "70.00")
    await enter(world, 4, "75.00")
    assert (await standing(world), await standing(world, 2025)) == ({2: 1, 1: 2}, {4: 1, 3: 2})
    await leave(world, 4)
    await leave(world, 2)
    assert (await standing(world), await standing(world, 2025)) == ({1: 1}, {3: 1})
    assert await left(world) == {1: None, 2: date(2025, 1, 1), 3: None, 4: date(2025, 1, 1)}


async def test_a_project_that_comes_back_is_ranked_by_its_new_score_and_year(world: World) -> None:
    for row, points in ((1, "90.00"), (2, "80.00"), (3, "70.00")):
        await enter(world, row, points)
    await leave(world, 1, "returned")
    assert await standing(world) == {2: 1, 3: 2}
    await enter(world, 1, "75.00")
    assert await standing(world) == {2: 1, 1: 2, 3: 3}
    await leave(world, 1, "returned")
    world.clock.set(datetime(2025, 1, 2, tzinfo=UTC))
    await enter(world, 1, "60.00")
    assert (await standing(world), await standing(world, 2025)) == ({2: 1, 3: 2}, {1: 1})
    assert await left(world) == {1: None, 2: None, 3: None}


async def test_an_entry_shows_the_declaration_of_its_last_round(world: World) -> None:
    await enter(world, 1, "90.00")
    await leave(world, 1, "returned")
    renamed = {"project_name": "新名", "applicant_name": "新单位"}
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        case = await session.get_one(Review, key(1))
        fixed = {name: getattr(case, name) for name in ("declaration_no", "district", "applicant_uscc")}
        for name, value in renamed.items():
            setattr(case, name, value)
    world.clock.set(datetime(2024, 3, 9, tzinfo=UTC))
    await enter(world, 1, "91.00", investment=(7, 5))
    (row,) = (await world.get("eligibility", "/v1/pool?year=2024", "city-officer-1"))["items"]
    assert row == {
        **renamed, **fixed, "declaration_id": str(key(1)), "year": 2024, "rank": 1, "score": "91.00",
        "declared_investment_yuan": "7.00", "assessed_investment_yuan": "5.00", "entered_on": "2024-03-09",
    }  # fmt: skip


async def test_only_a_project_in_the_pool_leaves_it(world: World) -> None:
    await enter(world, 1, "90.00")
    await enter(world, 2, "80.00")
    await leave(world, 1)
    world.clock.set(datetime(2024, 3, 2, tzinfo=UTC))
    await leave(world, 1)
    assert (await standing(world), (await left(world))[1]) == ({2: 1}, date(2024, 3, 1))


async def test_the_second_round_is_scored_and_recognised_anew(world: World) -> None:
    first = await assessed_project(world, 90)
    await act(world, first, "enter-pool", "city-supervisor-1", ENTER, 201)
    await announce(world, returned(first))
    await forward(world, facts(), first, round=2)
    await receive(world, first)
    await act(world, first, "conclude", "city-officer-2", {"outcome": "pass", "reason": "同意"})
    panel = await world.get("eligibility", f"/v1/assessments/{first}/scores", "city-officer-3")
    assert (panel["received"], panel["outstanding"], panel["complete"], panel["sheets"]) == (0, 0, False, [])
    await world.get("eligibility", f"/v1/assessments/{first}/investment", "city-officer-3", status=404)
    await act(world, first, "scores", "city-officer-3", {"marks": [], "opinion": "x"}, 422)
    refusal = await act(world, first, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert refusal["detail"] == "已评分 0 人，至少须 2 人，请先完成评分"
    await score(world, first, "city-officer-3", 70)
    await score(world, first, "city-officer-6", 71)
    refusal = await act(world, first, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert refusal["detail"].startswith("尚未审定投资")
    less = {
        "components": [{**INVESTMENT["components"][0], "assessed_investment_yuan": "200000000.00", "reason": "核减"}]
    }
    again = await act(world, first, "investment", "city-officer-6", {**INVESTMENT, **less}, 201)
    assert again["number"] == 2
    entry = await act(world, first, "enter-pool", "city-supervisor-1", ENTER, 201)
    assert (entry["score"], entry["rank"], entry["assessed_investment_yuan"]) == ("70.50", 1, "200000000.00")
    panel = await world.get("eligibility", f"/v1/assessments/{first}/scores", "city-officer-3")
    assert [sheet["score"] for sheet in panel["sheets"]] == ["70.00", "71.00"]


async def test_a_conflict_of_an_earlier_round_does_not_bind_the_next(world: World) -> None:
    first = await assessed_project(world, 90)
    await announce(world, returned(first))
    await forward(world, facts(), first, round=2)
    await receive(world, first)
    await act(world, first, "conclude", "city-officer-2", {"outcome": "pass", "reason": "同意"})
    conflict = {"position": "conflict", "statement": "曾提供咨询"}
    await act(world, first, "conflict-declaration", "city-officer-3", conflict, 201)
    await score(world, first, "city-officer-4", 70)
    await announce(world, withdrawn(first))
    refusal = await act(world, first, "enter-pool", "city-supervisor-1", ENTER, 409)
    assert refusal["code"] == "wrong_status"
