"""A database remembers its bus; a suite with another bus, or a second suite on the data, is refused in one line."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.local.carrier import _LOCK, OtherCarrier, claim
from deploy.local.locks import run_lock
from services import SERVICES
from tests.deploy.operator_commands import announced, record, rows_of, tenghuan
from tests.deploy.test_start import start
from tests.shared.events.test_delivery import ACTOR, wait_until
from tests.world import World

NO_KAFKA = {"TENGHUAN_KAFKA_SERVERS": "127.0.0.1:1"}

BOTH_WAIT = """SELECT count(*) = 2 FROM pg_locks JOIN pg_database ON pg_locks.database = pg_database.oid
WHERE NOT granted AND locktype = 'advisory' AND datname = current_database()"""


async def test_the_first_bus_is_remembered_and_another_refused(world: World) -> None:
    for _ in range(2):
        await claim(world.settings, "inprocess", SERVICES)
    with pytest.raises(OtherCarrier, match="bus use kafka"):
        await claim(world.settings, "kafka", SERVICES)
    assert {row["bus"] for row in await rows_of(world, "bus", "show")} == {"inprocess"}


async def test_of_two_that_claim_at_once_the_second_waits_and_is_refused(world: World) -> None:
    async with world.database.admin.transaction():
        await world.database.admin.execute("SELECT pg_advisory_xact_lock_shared($1)", _LOCK)
        claims = [asyncio.create_task(claim(world.settings, bus, SERVICES)) for bus in ("inprocess", "kafka")]
        await wait_until(world, BOTH_WAIT)
    refused = [fault for fault in await asyncio.gather(*claims, return_exceptions=True) if fault is not None]
    assert [type(fault) for fault in refused] == [OtherCarrier]
    assert len({row["bus"] for row in await rows_of(world, "bus", "show")}) == 1


async def test_changing_over_needs_a_suite_at_rest_and_an_empty_outbox(world: World) -> None:
    await claim(world.settings, "inprocess", SERVICES)
    change = ("bus", "use", "kafka", "--reason", "示例：改用消息系统")
    running = await tenghuan(world, *change)
    assert (running.exit_code, "running" in running.stderr) == (1, True)
    await asyncio.gather(*(instance.rest() for instance in world.instances.values()))
    for instance in world.instances.values():
        await instance.relay.close()
    for service, many in (("intake", 2), ("monitoring", 3)):
        await announced(world, many, service)
    waiting = await tenghuan(world, *change)
    assert (waiting.exit_code, "5 events wait" in waiting.stderr) == (1, True)
    await claim(world.settings, "inprocess", SERVICES)
    assert await record(world, "eligibility") == [("bus use", "begun"), ("bus use", "refused")] * 2


async def test_once_changed_over_the_other_bus_may_start(world: World) -> None:
    await claim(world.settings, "inprocess", SERVICES)
    await asyncio.gather(*(instance.rest() for instance in world.instances.values()))
    for instance in world.instances.values():
        await instance.relay.close()
    result = await tenghuan(world, "bus", "use", "kafka", "--reason", "示例：改用消息系统")
    assert result.exit_code == 0, result.output
    await claim(world.settings, "kafka", SERVICES)
    assert await record(world, "funding") == [("bus use", "begun"), ("bus use", "done")]
    async with world.instances["funding"].database.session(ACTOR) as session:
        rows = (await session.execute(text("SELECT arguments, reason, detail FROM operation"))).all()
    assert [tuple(row) for row in rows] == [({"bus": "kafka"}, "示例：改用消息系统", {})] * 2
    assert await rows_of(world, "bus", "show") == [{"service": name, "bus": "kafka"} for name in SERVICES]


async def test_the_bus_of_each_service_is_shown(world: World) -> None:
    await claim(world.settings, "inprocess", ["intake", "monitoring"])
    await claim(world.settings, "kafka", ["funding"])
    await world.database.admin.execute("COMMENT ON SCHEMA eligibility IS 'something else'")
    shown = dict(zip(SERVICES, ("inprocess", None, "kafka", "inprocess"), strict=True))
    rows = [{"service": service, "bus": bus} for service, bus in shown.items()]
    assert await rows_of(world, "bus", "show") == rows
    assert await rows_of(world, "bus", "show", "--service", "funding") == rows[2:3]
    assert await record(world, "intake") == [("bus show", "done")]
    with pytest.raises(OtherCarrier, match=r"events of funding .* carried by Kafka"):
        await claim(world.settings, "inprocess", SERVICES)
    assert await rows_of(world, "bus", "show") == rows, "a claim that is refused changes nothing"


def test_a_suite_with_another_bus_is_refused_on_the_same_data(tmp_path: Path) -> None:
    first = start(tmp_path, "deploy.all_in_one", "--port", "0", "--once")
    assert first.stdout is not None
    assert any("ready after" in line for line in first.stdout)
    beside, _ = start(tmp_path, "deploy.run_kafka", "--once", **NO_KAFKA).communicate(timeout=240)
    again, _ = start(tmp_path, "deploy.all_in_one", "--once").communicate(timeout=240)
    first.terminate()
    first.communicate(timeout=240)
    after = start(tmp_path, "deploy.run_kafka", "--once", **NO_KAFKA)
    output, _ = after.communicate(timeout=240)
    assert [text.count("Another suite runs on") for text in (beside, again, output)] == [1, 1, 0]
    assert (after.returncode, output.count("bus use kafka"), "Traceback" in output) == (1, 1, False)


def test_a_service_of_its_own_with_another_bus_is_refused(tmp_path: Path) -> None:
    arguments = ("deploy.serve", "intake", "--port", "0")
    first = start(tmp_path, *arguments, TENGHUAN_BUS="kafka", **NO_KAFKA)
    assert first.stdout is not None
    assert any("answers at" in line for line in first.stdout)
    beside, _ = start(tmp_path, "deploy.all_in_one", "--port", "0", "--once").communicate(timeout=240)
    first.terminate()
    first.communicate(timeout=240)
    assert "bus use inprocess" in beside


def test_the_lock_ends_with_its_block(tmp_path: Path) -> None:
    for _ in range(2):
        with run_lock(tmp_path):
            assert (tmp_path / "run.lock").exists()
