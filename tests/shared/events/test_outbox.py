"""Every column of the event log and the outbox, and the shared numbering of concurrent transactions."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared import logs, tracing
from shared.actors import Actor
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.outbox import defer_events, emit, shard_of, write_deferred
from shared.storage.session import Database
from tests.shared.events.test_delivery import ACTOR, SOMEBODY_WAITS, wait_until
from tests.shared.events.test_relay import without_relay
from tests.world import World

OFFICER = Actor("110105-officer-7", "示例", "district_officer", ("110105",))
OWNER = "91110000600037341L"
TRACEPARENT, TRACE_ID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c"


def withdrawn(subject: UUID, reason: str = "示例", uscc: str | None = None) -> DeclarationWithdrawn:
    return DeclarationWithdrawn(declaration_id=subject, district="110105", reason=reason, applicant_uscc=uscc)


async def rows_of(world: World, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of intake, which the application's role may not all read."""
    rows = [dict(row) for row in await world.database.admin.fetch(f"SELECT * FROM intake.{table} ORDER BY id")]
    return [{**row, "headers": json.loads(row["headers"])} if "headers" in row else row for row in rows]


@pytest.fixture
async def intake(world: World) -> Database:
    """Return intake's database, whose relay rests: rows stay in the outbox."""
    await without_relay(world)
    return world.instances["intake"].database


@pytest.mark.parametrize("deferred", [False, True], ids=["at once", "deferred"])
async def test_an_event_is_logged_and_queued_with_every_column(
    world: World, intake: Database, monkeypatch: pytest.MonkeyPatch, deferred: bool
) -> None:
    subject = uuid4()
    first, second = withdrawn(subject, "一", OWNER), withdrawn(subject, "二")
    monkeypatch.setattr(tracing, "current_ids", lambda: (TRACEPARENT, TRACE_ID))
    async with intake.session(OFFICER) as session:
        begun = world.clock.now()
        if deferred:
            defer_events(session)
        with logs.logged_as(request_id="request-7"):
            await emit(session, first)
        world.clock.set(begun + timedelta(hours=1))
        monkeypatch.setattr(tracing, "current_ids", lambda: None)
        await emit(session, second)
        if deferred:
            await write_deferred(session, "SELECT 1")
    logged, queued = await rows_of(world, "event_log"), await rows_of(world, "outbox")
    known = {"aggregate_type": "declaration", "aggregate_id": subject, "type": "intake.declaration_withdrawn.v1"}
    by = {"actor": "110105-officer-7", "role": "district_officer"}
    each: list[dict[str, Any]] = [
        {"agg_seq": 1, "occurred_at": begun, "payload": first.model_dump_json().encode(), **known},
        {
            "agg_seq": 2,
            "occurred_at": begun + timedelta(hours=1),
            "payload": second.model_dump_json().encode(),
            **known,
        },
    ]
    ids = [row.pop("event_id") for row in logged]
    assert [row.pop("event_id") for row in queued] == ids
    assert len(set(ids)) == 2
    assert [int.from_bytes(event_id.bytes[:6]) for event_id in ids] == [
        int(row["occurred_at"].timestamp() * 1000) for row in each
    ]
    for row in (*logged, *queued):
        row.pop("id")
    assert {row.pop("written_in") for row in logged} == {
        await world.database.admin.fetchval("SELECT xmin::text::bigint FROM intake.event_log LIMIT 1")
    }
    assert logged == [
        {**each[0], "applicant_uscc": OWNER, "district": "110105", "position": None, **by},
        {**each[1], "applicant_uscc": None, "district": "110105", "position": None, **by},
    ]
    traced = {"applicantuscc": OWNER, "requestid": "request-7", "traceparent": TRACEPARENT}
    assert queued == [
        {**each[0], "shard": shard_of(subject), "topic": None, "headers": {"district": "110105", **by, **traced}},
        {**each[1], "shard": shard_of(subject), "topic": None, "headers": {"district": "110105", **by}},
    ]


async def test_each_aggregate_counts_for_itself_and_goes_on_where_it_was(world: World, intake: Database) -> None:
    one, two = uuid4(), uuid4()
    for subjects in ((one, one, two, one), (two, one, two)):
        async with intake.session(ACTOR) as session:
            await emit(session, *[withdrawn(subject) for subject in subjects])
    rows = await rows_of(world, "outbox")
    heads = await world.database.admin.fetch("SELECT aggregate_id, seq FROM intake.stream_head")
    assert [(row["aggregate_id"], row["agg_seq"]) for row in rows] == [
        *((one, 1), (one, 2), (two, 1), (one, 3)),
        *((two, 2), (one, 4), (two, 3)),
    ]
    assert {row["aggregate_id"]: row["seq"] for row in heads} == {one: 4, two: 3}


async def test_a_second_transaction_on_an_aggregate_waits_and_gets_later_numbers_and_rows(
    world: World, intake: Database
) -> None:
    """Without the wait a relay could publish number 2 before number 1 is committed."""
    subject, other = uuid4(), uuid4()

    async def later() -> None:
        async with intake.session(ACTOR) as session:
            await emit(session, withdrawn(subject, "二"))

    async with intake.session(ACTOR) as session:
        await emit(session, withdrawn(subject, "一"))
        second = asyncio.create_task(later())
        await wait_until(world, SOMEBODY_WAITS)
        async with intake.session(ACTOR) as beside:
            await emit(beside, withdrawn(other))
    await second
    rows = [row for row in await rows_of(world, "outbox") if row["aggregate_id"] == subject]
    assert [(row["agg_seq"], json.loads(row["payload"])["reason"]) for row in rows] == [(1, "一"), (2, "二")]


@pytest.mark.parametrize("deferred", [False, True], ids=["at once", "deferred"])
async def test_a_commit_with_events_wakes_the_relay_and_another_does_not(intake: Database, deferred: bool) -> None:
    woken: list[int] = []
    intake.wakers.append(lambda: woken.append(1))
    try:
        async with intake.session(ACTOR) as session:
            await session.execute(text("SELECT 1"))
            await emit(session)
        assert woken == []
        async with intake.session(ACTOR) as session:
            if deferred:
                defer_events(session)
            await emit(session, withdrawn(uuid4()))
            if deferred:
                await write_deferred(session, "SELECT 1")
            assert woken == []
        assert woken == [1]
    finally:
        intake.wakers.pop()
