"""Each act on a case in each stage, and by an officer who holds each excluding duty on it. 二, 三（二）"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.eligibility.rules.code_lists import STAGES
from shared.segregation import DUTIES, SEGREGATION
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
    passed_review,
    receive,
    score,
    score_sheet,
)
from tests.eligibility.stored_rows import key, review, store
from tests.enumeration import operations
from tests.interleaving import other_session
from tests.world import World

pytestmark = pytest.mark.clause("二", "三（二）")
REASON = {"reason": "同意"}
# Act: the stage that it needs, who does it, its body, its duty.
ACTS: Mapping[str, tuple[str, str, Any, str | None]] = {
    "settle": ("in_review", "city-officer-1", SETTLE, "settle"),
    "withdraw-settlement": ("in_review", "city-officer-1", {"rule": SETTLE["rule"], "reason": "认定有误"}, "settle"),
    "choose-edition": ("in_review", "city-supervisor-1", {"edition": "2023", "reason": "从新"}, "choose_edition"),
    "reassess": ("in_review", "city-officer-1", REASON, None),
    "conclude": ("in_review", "city-officer-1", PASS, "conclude"),
    "conflict-declaration": ("passed", "city-officer-1", NO_CONFLICT, None),
    "scores": ("passed", "city-officer-1", score_sheet(), "score"),
    "investment": ("passed", "city-officer-1", INVESTMENT, "score"),
    "enter-pool": ("passed", "city-supervisor-1", REASON, "enter_pool"),
    "keep-out": ("passed", "city-supervisor-1", REASON, "enter_pool"),
}
WITH_DUTY = {name: duty for name, (_, _, _, duty) in ACTS.items() if duty}


def test_every_act_on_a_case_is_in_the_table() -> None:
    posts = [route for route in operations("eligibility").values() if "POST" in (route.methods or ())]
    assert {route.path_format.rpartition("/")[2] for route in posts if "{declaration_id}" in route.path_format} == set(
        ACTS
    )


async def test_each_act_is_refused_in_every_other_stage(world: World) -> None:
    await store(world, *(review(number, stage=stage) for number, stage in enumerate(STAGES, 1)))
    for number, stage in enumerate(STAGES, 1):
        for name, (needed, who, body, _) in ACTS.items():
            if stage != needed:
                path = case_path(key(number), name)
                refusal = await world.call("eligibility", "POST", path, who, body, status=409, if_match='"1"')
                detail = f"本事项当前为“{STAGES[stage]}”，须为“{STAGES[needed]}”方可办理"
                assert (refusal.json()["code"], refusal.json()["detail"]) == ("wrong_status", detail), (name, stage)


async def hold(officers: asyncpg.Connection, case: UUID, actor: str, duty: str) -> None:
    """Let an officer hold a duty on a case, and no other."""
    await officers.execute("DELETE FROM eligibility.duty WHERE case_id = $1 AND actor = $2", case, actor)
    await officers.execute(
        "INSERT INTO eligibility.duty (case_id, actor, duty, taken_at) VALUES ($1, $2, $3, now()) "
        "ON CONFLICT DO NOTHING",
        *(case, actor, duty),
    )


async def test_nobody_does_an_act_who_holds_an_excluding_duty_on_the_case(world: World) -> None:
    reviewed = await forward(world, facts(drop=OPEN))
    await act(world, reviewed, "settle", "city-officer-2", SETTLE)
    passed = await passed_review(world)
    await act(world, passed, "conflict-declaration", "city-officer-1", NO_CONFLICT, 201)
    ready = await passed_review(world)
    for officer in ("city-officer-3", "city-officer-4"):
        await score(world, ready, officer)
    await act(world, ready, "investment", "city-officer-3", INVESTMENT, 201)
    concluded = await forward(world, facts())
    await receive(world, concluded)
    case_of = {
        "settle": reviewed,
        "withdraw-settlement": reviewed,
        "choose-edition": reviewed,
        "conclude": concluded,
        "scores": passed,
        "investment": passed,
    }
    async with other_session(world) as officers:
        for name, own in WITH_DUTY.items():
            _, who, body, _ = ACTS[name]
            case = case_of.get(name, ready)
            for duty, exclusion in SEGREGATION.excluding(own, world.clock.today()).items():
                await hold(officers, case, who, duty)
                refusal = await act(world, case, name, who, body, 403)
                detail = f"您已在本事项中承担“{DUTIES[duty]}”，不得再承担“{DUTIES[own]}”：{exclusion.reason}"
                assert (refusal["code"], detail in refusal["detail"]) == ("same_officer", True), (name, duty)
        for name in (
            "settle",
            "withdraw-settlement",
            "choose-edition",
            "conclude",
            "scores",
            "investment",
            "enter-pool",
        ):
            _, who, body, _ = ACTS[name]
            case = case_of.get(name, ready)
            await hold(officers, case, who, WITH_DUTY[name])
            created = name in ("scores", "investment", "enter-pool")
            await act(world, case, name, who, body, 201 if created else 200)


@pytest.mark.parametrize("name", ["reassess", "conflict-declaration"])
async def test_an_act_without_a_duty_binds_nobody(world: World, name: str) -> None:
    case = await passed_review(world) if name == "conflict-declaration" else await forward(world, facts())
    _, who, body, _ = ACTS[name]
    await act(world, case, name, who, body, 201 if name == "conflict-declaration" else 200)
    async with other_session(world) as connection:
        assert await connection.fetchval("SELECT count(*) FROM eligibility.duty WHERE actor = $1", who) == 0
    assert (await world.get("eligibility", case_path(case), "city-officer-1"))["declaration_id"] == str(case)
