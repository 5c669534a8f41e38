"""`tenghuan privacy list|runs`: what is held of persons, and what retention erased."""

from datetime import timedelta

import pytest

from services import SERVICES
from tests.deploy.operator_commands import rows_of
from tests.world import World


async def test_the_list_names_columns_with_purpose_and_period(world: World) -> None:
    rows = await rows_of(world, "privacy", "list", "--service", "intake")
    by_place = {(row["service"], row["table"], row["column"]): row for row in rows}
    name = by_place["intake", "person", "name"]
    assert name["kind"] == "directory"
    assert "TENGHUAN_KEEP_PEOPLE_DAYS" in name["kept"]
    assert by_place["intake", "material", "filename"]["kind"] == "file"
    assert all(row["purpose"] and row["then"] for row in rows)
    assert {row["service"] for row in await rows_of(world, "privacy", "list")} == set(SERVICES)


@pytest.mark.parametrize("limit", [1, 2])
async def test_the_runs_are_shown_newest_first(world: World, limit: int) -> None:
    instance = world.instances["funding"]
    for _ in range(2):
        await instance.retain()
        world.clock.set(world.clock.now() + timedelta(days=1))
    rows = await rows_of(world, "privacy", "runs", "--service", "funding", "--limit", limit)
    answers = [row for row in rows if row["rule"] == "answers"]
    assert len(answers) == limit
    assert [row["erased"] for row in answers] == [0] * limit
    moments = [row["at"] for row in answers]
    assert moments == sorted(moments, reverse=True)
