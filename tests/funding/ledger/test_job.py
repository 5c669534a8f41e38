"""The verification of the ledger in the background: in turn, in bounded time, at its interval, on one snapshot."""

import asyncio
import time

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from services.funding.ledger import job
from services.funding.ledger.reconciliation import CHECKS, reconcile_snapshot
from services.funding.main import service
from shared.metrics import REGISTRY
from tests.funding.case import released
from tests.world import World

TURN = "pg_advisory_lock(hashtextextended('ledger verification', 7))"


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"tenghuan_{name}", {"service": "funding", **labels})


@pytest.mark.planted
async def test_the_gauges_count_the_contradictions_of_each_invariant(world: World) -> None:
    await released(world)
    funding = world.instances["funding"]
    assert await job.verify_ledger(funding) == []
    assert [shown("ledger_discrepancies", invariant=name) for name in CHECKS] == [0.0] * len(CHECKS)
    await world.database.admin.execute("UPDATE funding.application SET released_yuan = released_yuan + 1")
    await job.verify_ledger(funding)
    found = {name: shown("ledger_discrepancies", invariant=name) for name in CHECKS}
    assert {name for name, count in found.items() if count} == {"each_case_equals_its_accounts"}


async def test_it_runs_at_its_interval_beside_the_tick(world: World) -> None:
    (own,) = service.jobs
    assert own.every_seconds(world.settings) == world.settings.ledger_verify_seconds
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert {"ledger verification funding", "tick funding"} <= names


async def test_one_at_a_time_verifies_and_none_waits_longer_than_the_limit(world: World) -> None:
    engine = world.instances["funding"].background.engine
    other = await asyncpg.connect(world.settings.database_url)
    try:
        await other.execute(f"SELECT {TURN}")
        began = time.perf_counter()
        with pytest.raises(DBAPIError):
            await reconcile_snapshot(engine, 0.2)
        assert time.perf_counter() - began < 10
    finally:
        await other.close()
    assert await reconcile_snapshot(engine, 10) == []


async def test_it_waits_for_no_lock_of_an_act_and_writes_nothing(world: World) -> None:
    await released(world)
    other = await asyncpg.connect(world.settings.database_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT FROM funding.application FOR UPDATE")
        await other.execute("SELECT FROM funding_ledger.account FOR UPDATE")
        await other.execute("UPDATE funding.application SET released_yuan = released_yuan + 1")
        assert await reconcile_snapshot(world.instances["funding"].background.engine, 10) == []
        await transaction.rollback()
    finally:
        await other.close()
