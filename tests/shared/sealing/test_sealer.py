"""The sealer: each version of each record becomes a leaf once, and what no act explains does not."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services import SERVICES, load
from shared.actors import system_actor
from shared.events.inbox import Consumer
from shared.sealing.exchange import last_announced
from shared.sealing.sealer import BrokenTree
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

    leaves = await _leaves(world, "funding.application", str(application))
    assert [rests_on.partition("/")[0] for rests_on in leaves] == ["act", "act"]
    assert leaves[0] != leaves[1]
    report = await verify(world, "funding")
    assert (report.faults, report.pending) == ([], 0)


async def _leaves(world: World, kind: str, key: str) -> list[str]:
    """Return what the versions of a record rest on."""
    schema = kind.partition(".")[0]
    rows = await world.database.admin.fetch(
        f"SELECT rests_on FROM {schema}.seal_leaf JOIN {schema}.seal_layout l ON l.id = layout"
        " WHERE l.kind = $1 AND key = $2 ORDER BY tree_index",
        kind,
        key,
    )
    return [row["rests_on"] for row in rows]


async def test_what_the_schedule_changes_rests_on_a_record_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await seal(world)
    await populate(world, "monitoring")
    monitoring = world.instances["monitoring"]
    # Sealed late: the ids that explain are kept.
    monkeypatch.setattr(monitoring.background.settings, "inbox_keep_days", 3660)
    world.clock.set(world.clock.now() + timedelta(days=500))
    await monitoring.tick()
    await world.settle()
    assert (await seal(world, "monitoring"))["monitoring"].faults == []
    ticks = "SELECT count(*) FROM monitoring.operation WHERE command = 'tick'"
    recorded = await world.database.admin.fetchval(ticks)
    assert recorded > 0
    await monitoring.tick()
    assert await world.database.admin.fetchval(ticks) == recorded
    findings = await world.database.admin.fetch(
        "SELECT DISTINCT split_part(rests_on, '/', 1) AS ground FROM monitoring.seal_leaf JOIN monitoring.seal_layout l"
        " ON l.id = layout WHERE l.kind IN ('monitoring.credit_ground', 'monitoring.project_quarter')"
    )
    assert "operation" in {row["ground"] for row in findings}


HOLD = """
INSERT INTO funding.hold (id, application_id, district, applicant_uscc, source, ground, clause, severity, reason,
    placed_by, placed_at)
SELECT $2, id, district, applicant_uscc, 'person:x', 'g', 'c', 'stop', 'r', 'p', now()
FROM funding.application WHERE id = $1
"""


async def _hold_by_hand(world: World) -> UUID:
    await seal(world)
    application = await funding_case.enter_pool(world)
    await world.settle()
    await seal(world, "funding")
    hold = uuid4()
    await world.database.admin.execute(HOLD, application, hold)
    return hold


async def test_a_record_inserted_by_hand_is_reported_at_the_next_pass_and_not_sealed(world: World) -> None:
    hold = await _hold_by_hand(world)
    (fault,) = (await seal(world, "funding"))["funding"].faults
    assert (fault.kind, fault.key, fault.fault) == ("funding.hold", str(hold), "unexplained")
    assert found(await verify(world, "funding")) == {("funding.hold", str(hold), "unexplained")}
    assert await _leaves(world, "funding.hold", str(hold)) == []


async def test_a_full_pass_finds_what_was_removed(world: World) -> None:
    await seal(world)
    application = await funding_case.enter_pool(world)
    await world.settle()
    await seal(world, "funding")
    await world.database.admin.execute("DELETE FROM funding.application WHERE id = $1", application)
    assert (await seal(world, "funding"))["funding"].faults == []
    world.instances["funding"].sealer.forget()
    (fault,) = (await seal(world, "funding"))["funding"].faults
    assert (fault.kind, fault.key, fault.fault) == ("funding.application", str(application), "missing")
    assert len(world.instances["funding"].sealer.faults) == 1


async def test_rows_written_after_a_savepoint_rest_on_their_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handle a batch by halves, each in a savepoint, as its second attempt does."""
    await seal(world)
    run = Consumer._run
    failing = iter([True])

    async def first_fails(consumer: Consumer, session: object, due: object) -> None:
        if consumer.database.service == "funding" and next(failing, False):
            raise ValueError("示例故障")
        await run(consumer, session, due)  # type: ignore[arg-type]

    monkeypatch.setattr(Consumer, "_run", first_fails)
    application = await funding_case.enter_pool(world)
    await world.settle()
    assert next(failing, "failed once") == "failed once"
    assert (await seal(world, "funding"))["funding"].faults == []
    assert await _leaves(world, "funding.application", str(application))
    assert await world.database.admin.fetchval("SELECT count(*) FROM funding.transaction_part") == 0


async def test_nothing_is_sealed_on_top_of_a_broken_tree(world: World) -> None:
    await seal(world)
    await funding_case.enter_pool(world)
    await world.settle()
    await seal(world, "funding")
    await world.database.admin.execute("UPDATE funding.seal_checkpoint SET root = sha256('x')")
    await funding_case.enter_pool(world)
    await world.settle()
    with pytest.raises(BrokenTree):
        await seal(world, "funding")


async def test_the_others_hold_each_checkpoint_that_is_announced(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.instances["funding"].background.settings, "seal_announce_seconds", 0)
    await seal(world)
    sizes = []
    for _ in range(3):
        await funding_case.enter_pool(world)
        await world.settle()
        sizes.append((await seal(world, "funding"))["funding"].size)
        await world.settle()
    for name in SERVICES:
        held = await world.database.admin.fetch(
            f"SELECT size, fault FROM {name}.foreign_checkpoint WHERE origin = 'tenghuan/funding' ORDER BY size"
        )
        assert [(row["size"], row["fault"]) for row in held] == [(size, None) for size in sizes]
    async with world.instances["intake"].database.session(system_actor("test")) as session:
        assert await last_announced(session, "tenghuan/funding") == sizes[-1]


async def test_the_task_of_a_service_seals_by_itself_and_writes_the_day_s_file(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    instance, folder = world.instances["funding"], tmp_path / "checkpoints"
    monkeypatch.setattr(instance.background.settings, "seal_seconds", 0.01)
    monkeypatch.setattr(instance.background.settings, "checkpoints_dir", folder)
    sealer = type(instance.sealer)(instance.background, load("funding").seals)
    task = asyncio.create_task(sealer.run())
    try:
        await funding_case.enter_pool(world)
        await world.settle()
        async with asyncio.timeout(30):
            while not list(folder.glob("*.txt")):  # noqa: ASYNC110 - what is awaited is a file
                await asyncio.sleep(0.01)
        (path,) = folder.iterdir()
        assert path.name == "2024-03-01-funding.txt"
        assert path.read_text("utf-8").startswith("tenghuan/funding\n")
        assert sealer.age_seconds(asyncio.get_running_loop().time()) < 30
    finally:
        sealer.stop()
        await task
