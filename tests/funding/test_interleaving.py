"""Acts of funding that meet another transaction: each waits for it, then judges the state that it left. 三（二）"""

import pytest

from tests.enumeration import operations
from tests.funding import (
    races_changes,
    races_figures,
    races_municipal_money,
    races_plans,
    races_releases,
    races_support,
)
from tests.funding.case import appropriate, enter_pool
from tests.funding.test_statuses import PAYMENTS
from tests.interleaving import after, refuse_other_versions
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
CHAPTERS = (races_support, races_plans, races_releases, races_changes, races_municipal_money, races_figures)
RACES = {name: race for chapter in CHAPTERS for name, race in chapter.RACES.items()}


@pytest.mark.parametrize("name", RACES)
@pytest.mark.planted
async def test_an_act_waits_for_the_other_and_judges_what_it_left(world: World, name: str) -> None:
    race = RACES[name]
    case = await enter_pool(world)
    if name.startswith("issue_plan"):
        await appropriate(world)
    mode = "interest_subsidy" if "_interest_" in name or name == "recalculate_interest" else "investment_grant"
    prepared = f"released_yuan = 10, status = '{race.status}', mode = '{mode}'"
    await world.database.admin.execute(f"UPDATE funding.application SET {prepared}")
    for statement in race.given(case):
        await world.database.admin.execute(statement)
    path = f"/v1/{race.path.format(case=case)}"
    who = world.owner() if race.who == "owner" else race.who
    body = race.body(case) if callable(race.body) else race.body
    await refuse_other_versions(world, "funding", "POST", path, who, body)
    call = world.call("funding", "POST", path, who, body)
    answer = await after(world, race.lock, race.change, call)
    assert (answer.status_code if answer.is_success else answer.json()["code"]) == race.answer, answer.text


def test_every_act_has_its_race() -> None:
    """Compare the acts with those that have a race.

    A new plan meets other plans at an index, payments take turns, two batches of one figure meet when they are
    confirmed.
    """
    acts = {name for name, route in operations("funding").items() if "POST" in (route.methods or ())}
    assert acts - {name.split(",")[0] for name in RACES} == {
        "draft_plan", "preview_interest", "register_municipal_money", "issue_api_key", "revoke_api_key",
        "issue_stream_ticket", "add_attachment", "withdraw_attachment", "close_person", "authorise_agent",
        "withdraw_agent", "enter_figures", "preview_figures", *PAYMENTS,
    }  # fmt: skip
