"""A declaration that was never submitted and that nobody changes is emptied after its period, and only such a one."""

from datetime import timedelta

from tests import sealing
from tests.intake import sample_declarations as sample
from tests.world import START, World

PERIOD = timedelta(days=731)
SECOND = timedelta(seconds=1)


async def _emptied(world: World) -> set[str]:
    rows = await world.database.admin.fetch(
        "SELECT id FROM intake.declaration WHERE facts = '{}' AND address IS NULL AND undertaken_by IS NULL "
        "AND simulated = '{}' AND project_type IS NULL AND loan_bank IS NULL"
    )
    return {str(row["id"]) for row in rows}


async def test_an_abandoned_draft_is_emptied_once_and_can_be_filled_again(world: World) -> None:
    """Submitted declarations of the same age and drafts that got a file since stay; the seals stay sound."""
    owner, instance = world.owner(), world.instances["intake"]
    submitted = await sample.ready(world)
    await world.post("intake", f"/v1/declarations/{submitted}/submit", owner)
    abandoned = await sample.ready(world)
    cared_for = (await sample.draft(world))["id"]
    await sealing.seal(world, "intake")
    for later, emptied in ((PERIOD - timedelta(days=1), set()), (PERIOD, set()), (PERIOD + SECOND, {abandoned})):
        world.clock.set(START + later)
        if not emptied and later < PERIOD:
            assert (await sample.upload(world, cared_for, "business_licence", owner)).status_code == 201
        await instance.retain()
        assert await _emptied(world) == emptied, later
    await instance.retain()
    acts = [act["act"] for act in (await world.get("intake", f"/v1/acts/{abandoned}", "auditor-1"))["items"]]
    assert acts.count("clear_draft") == 1
    path = f"/v1/declarations/{abandoned}"
    shown = await world.get("intake", path, owner)
    assert (shown["stage"], shown["project_name"], shown["applicant_name"]) == (
        "draft",
        sample.DRAFT["project_name"],
        sample.DRAFT["applicant_name"],
    )
    filled = await world.call("intake", "PATCH", path, owner, {"address": "示例路1号"}, status=200)
    assert filled.json()["address"] == "示例路1号"
    await sealing.seal(world, "intake")
    assert sealing.found(await sealing.verify(world, "intake")) == set()
