"""The sealer: each version of each record becomes a leaf once, and what no act explains does not."""

from services import SERVICES
from tests.funding import case as funding_case
from tests.journeys.populate import populate
from tests.sealing import found, seal, verify
from tests.world import World


async def test_every_record_of_every_service_is_sealed_once_and_none_is_reported(world: World) -> None:
    await seal(world)
    for name in SERVICES:
        await populate(world, name)
    await world.settle()

    first = await seal(world)
    again = await seal(world)

    assert {name: done.faults for name, done in first.items()} == {name: [] for name in SERVICES}
    assert all(done.leaves > 40 for done in first.values())
    # Sealing announces checkpoints, which add neither act nor event.
    assert {name: (done.leaves, done.faults) for name, done in again.items()} == {name: (0, []) for name in SERVICES}
    for name in SERVICES:
        report = await verify(world, name)
        assert (report.faults, report.pending) == ([], 0)
        assert report.records <= report.leaves == first[name].size


async def test_a_changed_record_gets_another_leaf_and_keeps_the_first(world: World) -> None:
    await seal(world)
    application = await funding_case.enter_pool(world)
    await world.settle()
    await seal(world, "funding")
    await funding_case.draft(world, application)
    await world.settle()
    assert (await verify(world, "funding")).pending > 0
    await seal(world, "funding")

    leaves = await world.database.admin.fetch(
        "SELECT rests_on FROM funding.seal_leaf JOIN funding.seal_layout l ON l.id = layout"
        " WHERE l.kind = 'funding.application' AND key = $1 ORDER BY tree_index",
        str(application),
    )
    assert [row["rests_on"].partition("/")[0] for row in leaves] == ["act", "act"]
    assert leaves[0] != leaves[1]
    report = await verify(world, "funding")
    assert (report.faults, report.pending) == ([], 0)


async def test_a_record_inserted_by_hand_is_reported_and_not_sealed(world: World) -> None:
    await seal(world)
    application = await funding_case.enter_pool(world)
    await world.settle()
    await seal(world, "funding")
    await world.database.admin.execute(
        "INSERT INTO funding.hold SELECT gen_random_uuid(), $1, district, applicant_uscc, 'person:x', 'g', 'c', 'stop',"
        " 'r', 'p', now() FROM funding.application WHERE id = $1",
        application,
    )
    done = (await seal(world, "funding"))["funding"]
    assert [(fault.kind, fault.fault) for fault in done.faults] == [("funding.hold", "unexplained")]
    assert len(found(await verify(world, "funding"))) == 1
