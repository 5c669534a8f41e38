"""The exporter: what a scrape of a process shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import insert

from deploy.local.ports import free_port
from deploy.local.processes import Processes, service_program
from services.funding.ledger.job import verify_ledger
from shared.actors import system_actor
from shared.events.bus import Message
from shared.events.dead_letters import DeadLetter, bury
from shared.events.parking import park
from shared.exporter import exporting
from shared.storage.session import Database
from shared.storage.tables import outbox
from tests.funding import case as funding_case
from tests.intake import sample_declarations
from tests.shared.scraping import scrape, scrape_until, value
from tests.shared.web.test_feed import announce, listening
from tests.world import World


@asynccontextmanager
async def exported(world: World, **settings: object) -> AsyncIterator[int]:
    """Serve the metrics of a world's four services, read ten times a second; yields the port."""
    port = free_port()
    update = {"metrics_port": port, "metrics_seconds": 0.1, **settings}
    async with exporting(world.settings.model_copy(update=update), world.instances.values()):
        yield port


async def test_requests_are_counted_by_route_and_status(world: World) -> None:
    async with exported(world) as port:
        labels = {"service": "intake", "method": "GET", "route": "/v1/declarations/{declaration_id}", "status": "404"}
        before = (await scrape(port)).get(
            ("tenghuan_http_request_duration_seconds_count", frozenset(labels.items())), 0.0
        )
        await world.get("intake", f"/v1/declarations/{uuid4()}", "auditor-1", 404)
        await world.clients["intake"].request("BREW", "/nowhere/at/all")
        samples = await scrape(port)
    assert value(samples, "http_request_duration_seconds_count", **labels) == before + 1
    unmatched = {"service": "intake", "method": "OTHER", "route": "unmatched", "status": "404"}
    assert value(samples, "http_request_duration_seconds_count", **unmatched) >= 1


async def test_what_waits_in_the_outbox_is_counted_with_its_age(world: World) -> None:
    intake = world.instances["intake"]
    async with exported(world) as port:
        await scrape_until(port, "outbox_rows", 0, service="intake")
        await intake.relay.stop()
        row = {
            "event_id": uuid4(), "shard": 0, "aggregate_type": "x", "aggregate_id": uuid4(), "agg_seq": 1, "type": "x",
            "payload": b"", "headers": {}, "occurred_at": world.clock.now() - timedelta(seconds=90),
        }  # fmt: skip
        async with intake.database.session(system_actor("intake")) as session:
            await session.execute(insert(outbox), [row])
        samples = await scrape_until(port, "outbox_rows", 1, service="intake")
        assert value(samples, "outbox_oldest_seconds", service="intake") == 90


async def test_parked_events_and_dead_letters_are_counted(world: World) -> None:
    message = Message(uuid4(), "x.y.v1", "intake", "x", UUID(int=1), 1, world.clock.now(), b"{}", {})
    async with world.instances["funding"].database.session(system_actor("funding")) as session:
        await park(session, [(message, "示例", 5)])
        await bury(session, [DeadLetter.of(message, "示例")])
    async with exported(world) as port:
        samples = await scrape_until(port, "parked_events", 1, service="funding")
        assert value(samples, "dead_letters", service="funding") == 1
        assert value(samples, "parked_events", service="intake") == 0


async def test_overdue_cases_are_counted_by_kind(world: World) -> None:
    await sample_declarations.submitted(world)
    async with exported(world) as port:
        await scrape_until(port, "overdue_cases", 0, service="intake", kind="submitted")
        world.clock.set(world.clock.now() + timedelta(days=60))
        await scrape_until(port, "overdue_cases", 1, service="intake", kind="submitted")


async def test_a_ledger_that_contradicts_itself_shows_by_invariant(world: World) -> None:
    await funding_case.released(world)
    admin = await asyncpg.connect(world.settings.database_url)
    try:
        await admin.execute("UPDATE funding_ledger.account SET debits_posted = debits_posted + 1 WHERE code = 1")
    finally:
        await admin.close()
    async with exported(world) as port:
        started_at = value(await scrape(port), "ledger_verified_timestamp_seconds", service="funding")
        await verify_ledger(world.instances["funding"])
        samples = await scrape(port)
    assert value(samples, "ledger_discrepancies", service="funding", invariant="debits_equal_credits") == 1
    assert value(samples, "ledger_discrepancies", service="funding", invariant="pending_resolved_at_most_once") == 0
    assert value(samples, "ledger_verified_timestamp_seconds", service="funding") > started_at > 1.7e9
    assert value(samples, "ledger_verify_seconds", service="funding") > 0


async def test_pools_streams_build_and_rules_are_there(world: World) -> None:
    async with exported(world) as port, listening(world) as base:
        await announce(world, 1)
        await world.settle()
        headers = {"authorization": f"Bearer {world.token('auditor-1')}"}
        async with (
            httpx.AsyncClient(base_url=base, trust_env=False) as client,
            client.stream("GET", "/events/stream", headers=headers) as answer,
        ):
            lines = answer.aiter_lines()  # a generator that is collected closes the stream
            await anext(lines)
            await scrape_until(port, "event_streams", 1, service="intake")
        samples = await scrape_until(port, "event_streams", 0, service="intake")
        pool = {"service": "intake", "pool": "requests"}
        assert value(samples, "database_connections", **pool, state="limit") == 8
        samples = await scrape_until(port, "database_connections", 0, **pool, state="in_use")
        rulesets = [labels for name, labels in samples if name == "tenghuan_ruleset_info"]
        assert {dict(labels)["service"] for labels in rulesets} == set(world.instances)


async def test_a_database_that_is_away_shows_and_the_scrape_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exported(world) as port:
        await scrape_until(port, "database_up", 1, service="intake")

        def session(*_: object) -> None:
            raise ConnectionRefusedError

        with monkeypatch.context() as patch:
            patch.setattr(Database, "session", session)
            await scrape_until(port, "database_up", 0, service="intake")
        await scrape_until(port, "database_up", 1, service="intake")


async def test_a_port_in_use_is_named(world: World) -> None:
    async with exported(world) as port:
        with pytest.raises(SystemExit, match=f"TENGHUAN_METRICS_PORT: cannot listen on port {port}"):
            async with exported(world, metrics_port=port):
                pass


async def test_a_service_process_serves_its_metrics_where_the_settings_say(world: World, tmp_path: Path) -> None:
    port = free_port()
    settings = world.settings.model_copy(update={"metrics_port": port, "port": 0, "metrics_seconds": 0.1})
    program = service_program("intake", settings)
    async with Processes([program], tmp_path) as processes:
        samples = await scrape_until(port, "database_up", 1, service="intake")
        assert value(samples, "http_request_duration_seconds_count", service="intake", method="GET",
                     route="/readyz", status="200") >= 1  # fmt: skip
        began = asyncio.get_running_loop().time()
        await processes.stop()
        assert asyncio.get_running_loop().time() - began < 5
