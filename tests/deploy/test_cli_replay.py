"""`tenghuan events replay`: logged events again, to one service or through the bus."""

from uuid import UUID

from shared.events.bus import Message
from tests.deploy.operator_commands import WithdrawalLog, announced, forgotten, record, rows_of, tenghuan
from tests.world import World


async def test_a_service_handles_replayed_events_that_it_had_not_handled(
    world: World, withdrawals: WithdrawalLog
) -> None:
    other = (await announced(world, 3), await announced(world, 1))[1]
    await world.settle()
    assert withdrawals.reasons == ["第1次", "第2次", "第3次", "第1次"]
    withdrawals.reasons.clear()
    replay = ("events", "replay", "--from", 1, "--service", "intake", "--consumer", "monitoring")
    (row,) = await rows_of(world, *replay)
    assert (row["events"], row["handled"], row["parked"], withdrawals.reasons) == (4, 0, 0, [])
    await forgotten(world)
    (row,) = await rows_of(world, *replay, "--to", 2)
    assert (row["events"], row["handled"], withdrawals.reasons) == (2, 2, ["第1次", "第2次"])
    (row,) = await rows_of(world, *replay, "--aggregate", other)
    assert (row["events"], row["handled"]) == (1, 1)
    (row,) = await rows_of(world, *replay, "--dry-run")
    assert (row["events"], row.get("handled")) == (4, None)
    instants = ("--from", "2024-02-29T10:00", "--to", "2024-03-01T02:00:00+00:00")
    rows = await rows_of(world, "events", "replay", *instants, "--consumer", "monitoring")
    assert {row["service"]: row["events"] for row in rows}["intake"] == 4
    assert withdrawals.reasons == ["第1次", "第2次", "第1次", "第3次"]
    changes = [each for each in await record(world, "monitoring") if each[0] == "events replay"]
    assert changes.count(("events replay", "done")) == 5


async def test_replayed_events_after_a_gap_are_parked_and_reported(world: World, withdrawals: WithdrawalLog) -> None:
    await announced(world, 3)
    await world.settle()
    await forgotten(world)
    replay = ("events", "replay", "--service", "intake", "--consumer", "monitoring")
    (row,) = await rows_of(world, *replay, "--from", 3, code=5)
    assert (row["handled"], row["parked"]) == (0, 1)
    (row,) = await rows_of(world, *replay, "--from", 1)
    assert (row["handled"], row["parked"]) == (3, 0)
    assert await world.parked() == {}


def carried(world: World) -> dict[UUID, Message]:
    """Return intake's events; a relay may send one again that it could not delete."""
    return {each.id: each for topic, messages in world.bus.carried if topic == "intake.events" for each in messages}


async def test_a_replay_to_all_consumers_goes_through_the_outbox_with_the_same_ids(
    world: World, withdrawals: WithdrawalLog
) -> None:
    await announced(world, 600)
    await world.settle()
    withdrawals.reasons.clear()
    before = carried(world)
    world.bus.carried.clear()
    (row,) = await rows_of(world, "events", "replay", "--from", "2024-02-01", "--service", "intake")
    assert (row["events"], row["requeued"]) == (600, 600)
    await world.settle()
    assert carried(world) == before
    assert (withdrawals.reasons, await world.parked()) == ([], {})


async def test_a_lost_brokers_events_reach_who_never_had_them(world: World, withdrawals: WithdrawalLog) -> None:
    """Events sent to a broker that lost them are in no outbox and at no consumer; newer ones arrive first."""
    await announced(world, 5)
    await world.settle()
    await forgotten(world)
    withdrawals.reasons.clear()
    assert (await tenghuan(world, "events", "replay", "--from", 0)).exit_code == 0
    await world.settle()
    assert (withdrawals.reasons, await world.parked()) == ([f"第{number}次" for number in range(1, 6)], {})
