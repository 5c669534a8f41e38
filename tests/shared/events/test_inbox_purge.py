"""Ids of received messages: kept for their days, and as long as the message is parked."""

from datetime import timedelta
from uuid import UUID

from tests.world import START, World

OLD, NEW, PARKED = UUID(int=1), UUID(int=2), UUID(int=3)
_PARK = """
INSERT INTO funding.parked (event_id, source, aggregate_id, agg_seq, message, error, attempts, parked_at)
VALUES ($1, 'intake', $1, 1, '{}', 'x', 5, $2)
"""


async def test_ids_are_removed_after_thirty_days_unless_their_message_is_parked(world: World) -> None:
    admin, funding = world.database.admin, world.instances["funding"]
    for key, received in ((OLD, START), (PARKED, START), (NEW, START + timedelta(seconds=1))):
        await admin.execute("INSERT INTO funding.inbox VALUES ($1, $2)", key, received)
    await admin.execute(_PARK, PARKED, START)
    found = []
    for later in (timedelta(days=30), timedelta(days=30, seconds=1)):
        world.clock.set(START + later)
        await funding.tick()
        found.append({row[0] for row in await admin.fetch("SELECT event_id FROM funding.inbox")})
    assert found == [{OLD, NEW, PARKED}, {NEW, PARKED}]


async def test_ids_are_kept_a_day_longer_than_an_update_may_be_old(world: World) -> None:
    admin, intake = world.database.admin, world.instances["intake"]
    await admin.execute("INSERT INTO intake.inbox VALUES ($1, $2)", OLD, START)
    settings = intake.background.settings
    kept = settings.inbox_keep_days
    settings.inbox_keep_days = 1
    try:
        counts = []
        for later in (timedelta(days=8), timedelta(days=8, seconds=1)):
            world.clock.set(START + later)
            await intake.tick()
            counts.append(await admin.fetchval("SELECT count(*) FROM intake.inbox"))
    finally:
        settings.inbox_keep_days = kept
    assert counts == [1, 0]
