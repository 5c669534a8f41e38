"""An administrator who alters a record and its seals with it: what remains to convict him."""

from typing import Any

import pytest

from services import SERVICES
from shared.sealing.verify import Held
from tests.funding import case as funding_case
from tests.sealing import found, seal, verify
from tests.shared.sealing.rebuilding import forge_leaf, rebuild_tree
from tests.world import World

AMOUNT = "UPDATE funding.approval SET award_yuan = award_yuan - 1 WHERE application_id = $1"


@pytest.fixture
async def case(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the id of an application whose approval is sealed, announced and then altered together with its leaf."""
    for instance in world.instances.values():
        monkeypatch.setattr(instance.background.settings, "seal_announce_seconds", 0)
    await seal(world)
    await funding_case.appropriate(world)
    application = str(await funding_case.approved(world))
    await world.settle()
    await seal(world)
    await world.settle()
    await world.database.admin.execute(AMOUNT, application)
    await forge_leaf(world, "funding.approval", application)
    return application


async def _held(world: World) -> list[Held]:
    rows = await world.database.admin.fetch(
        "SELECT note FROM intake.foreign_checkpoint WHERE origin = 'tenghuan/funding' ORDER BY size"
    )
    return [Held("intake", row["note"]) for row in rows]


async def test_a_forged_leaf_contradicts_the_signed_root(world: World, case: str) -> None:
    report = await verify(world, "funding")
    ((fault, checkpoint),) = report.faults
    assert (fault.kind, fault.fault) == ("seal_leaf", "altered")
    assert "funding." in fault.detail
    assert checkpoint == report.leaves


async def test_a_tree_signed_by_another_key_is_not_the_service_s(world: World, case: str) -> None:
    intruder = world.settings.seal_keys
    others = "\n".join(line for line in intruder.get_secret_value().splitlines() if "/funding+" not in line)
    await rebuild_tree(world, "funding")
    world.settings.seal_keys = type(intruder)(others)
    assert {kind for kind, _, _ in found(await verify(world, "funding"))} >= {"seal_checkpoint"}


async def test_a_whole_tree_rebuilt_with_the_service_s_key_is_found_by_what_others_hold(
    world: World, case: str
) -> None:
    exported = [Held("the exported file", each.note) for each in await _held(world)][-1:]
    await rebuild_tree(world, "funding")
    assert (await verify(world, "funding")).faults == []
    for held in (await _held(world), exported):
        ((fault, _),) = (await verify(world, "funding", held)).faults
        assert (fault.kind, fault.fault) == ("seal_leaf", "altered")
        assert held[0].holder in fault.detail


async def test_the_others_notice_the_rebuilt_tree_with_its_next_announcement(world: World, case: str) -> None:
    await rebuild_tree(world, "funding")
    await funding_case.enter_pool(world)
    await world.settle()
    await seal(world, "funding")
    await world.settle()
    for name in SERVICES:
        faults: list[Any] = await world.database.admin.fetch(
            f"SELECT fault FROM {name}.foreign_checkpoint WHERE fault IS NOT NULL"
        )
        assert ["fork" in row["fault"] for row in faults] == [True]
