"""Age of an update by the topic: one that is too old, and one sent again after its id was removed."""

import json
from datetime import datetime, timedelta

import pytest

from tests.intake.registers.district_system import System, answers, count, deliver, recorded_versions
from tests.intake.sample_rows import CHAOYANG, resource
from tests.world import START, World


@pytest.mark.parametrize(("seconds", "taken"), [(0, True), (1, False)])
async def test_an_update_of_seven_days_is_recorded_and_an_older_one_becomes_a_dead_letter(
    world: World, seconds: int, *, taken: bool
) -> None:
    system = await System.of(world, CHAOYANG)
    world.clock.set(datetime.fromisoformat("2024-03-08T10:00:00+08:00") + timedelta(seconds=seconds))
    await deliver(world, system.update([resource()]))
    assert await recorded_versions(world) == ([("R-1", 1)] if taken else [])
    assert await count(world, "SELECT count(*) FROM dead_letter WHERE error LIKE '%more than 7 days old%'") == (
        not taken
    )
    assert len(await answers(world)) == taken


@pytest.mark.parametrize(("seconds", "taken"), [(0, True), (1, False)])
async def test_an_update_ten_minutes_ahead_is_recorded_and_one_further_ahead_becomes_a_dead_letter(
    world: World, seconds: int, *, taken: bool
) -> None:
    system = await System.of(world, CHAOYANG)
    world.instances["intake"].background.settings.story_clock = False
    update = json.dumps({"book": "resources", "rows": [resource()]}).encode()
    await deliver(world, system.signed(update, time=f"2024-03-01T10:10:{seconds:02}+08:00"))
    assert await recorded_versions(world) == ([("R-1", 1)] if taken else [])
    assert await count(world, "SELECT count(*) FROM dead_letter WHERE error LIKE '%10 minutes ahead%'") == (not taken)
    assert len(await answers(world)) == taken


async def test_an_update_sent_again_after_its_id_was_removed_is_not_recorded_again(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    record = system.update([resource()])
    await deliver(world, record)
    world.clock.set(START + timedelta(days=31))
    await world.instances["intake"].tick()
    assert await count(world, "SELECT count(*) FROM inbox") == 0
    await deliver(world, record)
    assert await recorded_versions(world) == [("R-1", 1)]
    assert len(await answers(world)) == 1
