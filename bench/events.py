"""Latency from commit to handler on the in-process bus, at a steady rate of events."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvloop
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.local.postgres import start
from deploy.local.settings import passwords_from
from services import load_all
from shared.actors import system_actor
from shared.clock import Clock
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Bus
from shared.events.bus.inprocess import InProcessBus
from shared.events.inbox import Consumer
from shared.events.outbox import emit
from shared.runtime import Instance, Service
from shared.settings import Settings
from shared.storage.migrate import upgrade

RATE_PER_SECOND = 200
SECONDS = 10
WARM_UP_SECONDS = 2
"""Excluded from the figures: connections are opened and statements prepared."""


async def commit_to_handler(settings: Settings, bus_for: Callable[[str], Bus]) -> dict[str, Any]:
    """Return the milliseconds from the return of COMMIT to the handler, over the bus that `bus_for` gives."""
    from services.intake.main import service as intake
    from services.monitoring.main import service as monitoring

    committed: dict[UUID, float] = {}
    arrived: dict[UUID, float] = {}

    async def record_arrival(_session: AsyncSession, event: DeclarationWithdrawn) -> None:
        arrived[event.declaration_id] = time.perf_counter()

    clock, bus = Clock(), bus_for("monitoring")
    sender = Instance(
        Service("intake", intake.title, intake.metadata, intake.router), settings, clock, bus_for("intake")
    )
    receiver = Instance(
        Service("monitoring", monitoring.title, monitoring.metadata, monitoring.router), settings, clock, bus
    )
    bus.subscribe("intake.events", Consumer(receiver.database, {DeclarationWithdrawn: record_arrival}).deliver)
    await sender.start()
    await receiver.start()
    while bus.outage():  # noqa: ASYNC110 - a broker offers no event for it
        await asyncio.sleep(0.05)

    async def emit_one() -> None:
        key = uuid4()
        async with sender.database.session(system_actor("bench")) as session:
            await emit(session, DeclarationWithdrawn(declaration_id=key, district="110105", reason="measure"))
        committed[key] = time.perf_counter()

    tasks = []
    began = time.perf_counter()
    for number in range(RATE_PER_SECOND * (WARM_UP_SECONDS + SECONDS)):
        await asyncio.sleep(max(0.0, began + number / RATE_PER_SECOND - time.perf_counter()))
        tasks.append(asyncio.create_task(emit_one()))
    await asyncio.gather(*tasks)
    async with asyncio.timeout(10):
        while len(arrived) < len(committed):  # noqa: ASYNC110 - end of the measurement
            await asyncio.sleep(0.01)
    steady = list(committed)[RATE_PER_SECOND * WARM_UP_SECONDS :]
    waited = sorted(max(0.0, arrived[key] - committed[key]) for key in steady)
    await sender.stop()
    await receiver.stop()
    return {
        "events": len(waited),
        "rate_per_second": RATE_PER_SECOND,
        "p50_ms": round(statistics.median(waited) * 1000, 2),
        "p99_ms": round(waited[int(len(waited) * 0.99)] * 1000, 2),
    }


async def _measure(settings: Settings) -> dict[str, Any]:
    await upgrade(settings, load_all())
    bus = InProcessBus()
    return {**await commit_to_handler(settings, lambda service: bus), "target_p99_ms": 20}


def measure() -> dict[str, Any]:
    """Return the latency from the return of COMMIT to the handler in ms, at 200 events per second."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            settings = Settings(database_url=server.dsn(), role_passwords=passwords_from("bench"))
            return uvloop.run(_measure(settings))
        finally:
            server.stop()
