"""Figures of the exporter, each beside rows that it must not count, read without a scrape."""

import platform
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import system_actor
from shared.events.bus.inprocess import InProcessBus
from shared.exporter import Reader
from shared.metrics import REGISTRY, TableGauge
from shared.storage.tables import dead_letter, event_log, outbox, parked
from tests.intake import sample_declarations
from tests.world import START, World


def figure(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"tenghuan_{name}", {"service": "eligibility", **labels})


@pytest.fixture
async def reader(fresh_world: World) -> Reader:
    """Read the gauges of a service whose relay rests, so that its rows stay."""
    instance = fresh_world.instances["eligibility"]
    await instance.relay.stop()
    return Reader(instance)


def message(number: int, *, age: int) -> dict[str, Any]:
    return {
        "event_id": UUID(int=number), "aggregate_type": "x", "aggregate_id": UUID(int=number), "agg_seq": 1,
        "type": "x", "payload": b"", "occurred_at": START - timedelta(seconds=age),
    }  # fmt: skip


async def insert_rows(reader: Reader) -> None:
    """Insert 2 messages in the outbox, 3 parked, 4 open of 6 dead letters, and 5 of 9 events without a position."""
    background = [{"shard": 0, "headers": {}, **message(n, age=10 * n)} for n in (1, 2)]
    log = {"district": "110105", "actor": "x", "role": "x"}
    events = [{**message(n, age=0), **log, "position": n if n < 5 else None} for n in range(1, 10)]
    late = [
        {
            "event_id": UUID(int=n), "source": "intake", "aggregate_id": UUID(int=1), "agg_seq": n, "message": {},
            "error": "x", "attempts": 1, "parked_at": START,
        }
        for n in range(3)
    ]  # fmt: skip
    dead: list[dict[str, Any]] = [
        {
            "id": UUID(int=n), "at": START, "record": {}, "error": "x", "settled_at": START if n > 3 else None,
            "settlement": {4: "replayed", 5: "dropped"}.get(n),
        }
        for n in range(6)
    ]  # fmt: skip
    async with reader.instance.database.session(system_actor("eligibility")) as session:
        for table, rows in ((outbox, background), (event_log, events), (parked, late), (dead_letter, dead)):
            await session.execute(insert(table), rows)


async def test_each_figure_counts_its_own_rows(reader: Reader) -> None:
    await reader.read()
    figures = ("outbox_rows", "outbox_oldest_seconds", "parked_events", "dead_letters", "feed_unplaced_events")
    assert [figure(name) for name in figures] == [0, 0, 0, 0, 0]
    await insert_rows(reader)
    await reader.read()
    assert [figure(name) for name in figures] == [2, 20, 3, 4, 5]
    assert figure("database_up") == 1


async def test_a_message_of_the_future_has_no_age(reader: Reader) -> None:
    row = {"shard": 0, "headers": {}, **message(1, age=-60)}
    async with reader.instance.database.session(system_actor("eligibility")) as session:
        await session.execute(insert(outbox), [row])
    await reader.read()
    assert (figure("outbox_rows"), figure("outbox_oldest_seconds")) == (1, 0)


async def test_pools_and_build_are_shown(reader: Reader) -> None:
    settings = reader.instance.settings
    assert (settings.pool_size, settings.pool_overflow) == (3, 5)
    async with reader.instance.database.engine.connect():
        await reader.read()
        shown = [
            figure("database_connections", pool=pool, state=state)
            for pool in ("requests", "background")
            for state in ("in_use", "limit")
        ]
    assert shown == [1, 8, 0, 4]
    assert figure("build_info", build="development", python=platform.python_version()) == 1
    for verdict in ("handle", "skip", "park", "bury"):
        assert figure("messages_total", verdict=verdict) is not None
    assert figure("event_streams") == 0


async def test_the_rules_in_force_are_one_set_and_the_set_before_is_over(reader: Reader) -> None:
    await reader.read()
    ((edition, before),) = reader._rulesets
    reader.instance.settings.interpretations = {"lpr_date": "period_start"}
    await reader.read()
    ((same, after),) = reader._rulesets
    assert (edition == same, before == after) == (True, False)
    assert (
        figure("ruleset_info", edition=edition, hash=before),
        figure("ruleset_info", edition=edition, hash=after),
    ) == (0, 1)
    await reader.read()
    assert figure("ruleset_info", edition=edition, hash=after) == 1


async def test_a_table_gauge_is_read_each_time_and_every_value_has_a_series(reader: Reader) -> None:
    read: list[int] = []

    async def count(session: AsyncSession) -> dict[str, float]:
        assert session.info["actor"] == system_actor("eligibility")
        read.append(len(read) + 1)
        return {"some": read[-1], "none": 0.0}

    gauge = TableGauge("sample_of_a_test", "Sample", "kind", count)
    for number in (1, 2):
        await reader._read_table(gauge)
        shown = (figure("sample_of_a_test", kind="some"), figure("sample_of_a_test", kind="none"))
        assert shown == (number, 0)
    read_at = figure("gauge_read_timestamp_seconds", gauge="sample_of_a_test")
    assert read_at is not None
    assert read_at > 1.7e9


async def test_a_gauge_that_fails_shows_and_the_figures_before_it_are_kept(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: AsyncSession) -> dict[str, float]:
        raise ValueError

    await insert_rows(reader)
    monkeypatch.setattr(
        reader.instance, "service", SimpleNamespace(gauges=(TableGauge("broken", "x", "x", fail),), name="eligibility")
    )
    await reader.read()
    assert (figure("database_up"), figure("parked_events")) == (0, 3)


async def test_the_lag_is_shown_by_topic_and_its_failure_spoils_nothing(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lag(_: object) -> dict[str, int]:
        return {"intake.events": 7, "funding.events": 0}

    async def away(_: object) -> dict[str, int]:
        raise ConnectionResetError

    monkeypatch.setattr(InProcessBus, "lag", lag)
    await reader.read()
    assert figure("consumer_lag_messages", topic="intake.events") == 7
    assert figure("consumer_lag_messages", topic="funding.events") == 0
    monkeypatch.setattr(InProcessBus, "lag", away)
    await reader.read()
    assert figure("database_up") == 1


@pytest.mark.parametrize(("days", "count"), [(-1, 1), (0, 0), (1, 0), (None, 0)])
async def test_a_declaration_is_overdue_from_the_day_after(world: World, days: int | None, count: int) -> None:
    await sample_declarations.submitted(world)
    due = None if days is None else world.clock.today() + timedelta(days=days)
    await world.database.admin.execute("UPDATE intake.declaration SET due_on = $1", due)
    await Reader(world.instances["intake"]).read()
    shown = {
        kind: REGISTRY.get_sample_value("tenghuan_overdue_cases", {"service": "intake", "kind": kind})
        for kind in ("submitted", "accepted", "returned")
    }
    assert shown == {"submitted": count, "accepted": 0, "returned": 0}
