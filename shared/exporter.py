"""Prometheus exporter: serves the process's metrics on an internal port and reads the gauges of the database.

A scrape never reaches the database: a task per service reads it every METRICS_SECONDS, each time within a limit.
"""

import asyncio
import contextlib
import platform
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import start_http_server
from sqlalchemy import text

from shared import logs, metrics
from shared.actors import system_actor
from shared.clock import Clock
from shared.metrics import TableGauge
from shared.policy import Ruleset, resolve
from shared.policy.errors import NoEditionInForce
from shared.runtime import Instance
from shared.settings import Settings

log = structlog.get_logger()
_LIMIT_SECONDS = 5.0
_OUTBOX = text("""
SELECT count(*) AS waiting, min(occurred_at) AS oldest_at
FROM (SELECT occurred_at FROM outbox ORDER BY id LIMIT 100000) AS oldest
""")
_DELIVERY = text("""
SELECT (SELECT count(*) FROM parked) AS parked,
       (SELECT count(*) FROM dead_letter WHERE settled_at IS NULL) AS dead_letters,
       (SELECT count(*) FROM event_log WHERE position IS NULL) AS unplaced,
       (SELECT count(*) FROM foreign_checkpoint WHERE fault IS NOT NULL) AS forks
""")


@asynccontextmanager
async def exporting(settings: Settings, instances: Iterable[Instance]) -> AsyncIterator[None]:
    """Serve metrics while the block runs, if TENGHUAN_METRICS_PORT is set. Exits where it cannot be listened on."""
    if not settings.metrics_port:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, metrics.REGISTRY)
    except OSError as error:
        raise SystemExit(f"TENGHUAN_METRICS_PORT: cannot listen on port {settings.metrics_port}: {error}") from None
    readers = [asyncio.create_task(_read_forever(Reader(each), settings.metrics_seconds)) for each in instances]
    try:
        yield
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()


async def _read_forever(reader: "Reader", pause_seconds: float) -> None:
    logs.set_context(logs.Context(service=reader.service, route="metrics"))
    while True:
        await reader.read()
        await asyncio.sleep(pause_seconds)


class Reader:
    """Reads the gauges of one instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self.service = instance, instance.service.name
        self._rulesets: set[tuple[str, str]] = set()
        build = instance.settings.build
        metrics.STREAMS.labels(self.service)  # a series begins at 0, not at its first change
        metrics.CHECKPOINTS_REFUSED.labels(self.service)
        for verdict in ("handle", "skip", "park", "bury"):
            metrics.MESSAGES.labels(self.service, verdict)
        metrics.BUILD.labels(self.service, build, platform.python_version()).set(1)

    async def read(self) -> None:
        """Read all that is due. A failure is logged and shows in `tenghuan_database_up`."""
        self._read_pools()
        self.instance.sealer.report()
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                await self._read_outbox()
                await self._read_delivery()
                for gauge in self.instance.service.gauges:
                    await self._read_table(gauge)
            metrics.READY.labels(self.service).set(1)
        except Exception as error:
            metrics.READY.labels(self.service).set(0)
            log.warning("gauges not read", error=logs.describe(error))
        self._read_ruleset()
        await self._read_lag()

    def _read_pools(self) -> None:
        for name, database in (("requests", self.instance.database), ("background", self.instance.background)):
            pool = database.engine.pool
            limit = database.settings.pool_size + database.settings.pool_overflow
            metrics.POOL.labels(self.service, name, "in_use").set(pool.checkedout())  # type: ignore[attr-defined]
            metrics.POOL.labels(self.service, name, "limit").set(limit)

    async def _read_outbox(self) -> None:
        async with self.instance.relay.engine.connect() as connection:
            row = (await connection.execute(_OUTBOX)).one()
        waited = (self.instance.clock.now() - row.oldest_at).total_seconds() if row.oldest_at else 0.0
        metrics.OUTBOX_ROWS.labels(self.service).set(row.waiting)
        metrics.OUTBOX_AGE.labels(self.service).set(max(waited, 0.0))
        self._note("outbox")

    async def _read_delivery(self) -> None:
        async with self.instance.background.session(system_actor(self.service)) as session:
            row = (await session.execute(_DELIVERY)).one()
        metrics.PARKED.labels(self.service).set(row.parked)
        metrics.DEAD_LETTERS.labels(self.service).set(row.dead_letters)
        metrics.UNPLACED.labels(self.service).set(row.unplaced)
        metrics.FORKS.labels(self.service).set(row.forks)
        self._note("delivery")

    async def _read_table(self, gauge: TableGauge) -> None:
        async with self.instance.background.session(system_actor(self.service)) as session:
            gauge.set(self.service, await gauge.read(session))
        self._note(gauge.name)

    def _read_ruleset(self) -> None:
        settings = self.instance.settings
        with contextlib.suppress(NoEditionInForce):
            self._note_ruleset(resolve(self.instance.clock.today(), interpretations=settings.interpretations or None))

    def _note_ruleset(self, ruleset: Ruleset) -> None:
        for edition, digest in self._rulesets - {(ruleset.edition, ruleset.hash)}:
            metrics.RULESET.labels(self.service, edition, digest).set(0)
        self._rulesets = {(ruleset.edition, ruleset.hash)}
        metrics.RULESET.labels(self.service, ruleset.edition, ruleset.hash).set(1)

    async def _read_lag(self) -> None:
        if self.instance.bus is None:
            return
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                for topic, waiting in (await self.instance.bus.lag()).items():
                    metrics.LAG.labels(self.service, topic).set(waiting)
        except Exception as error:
            log.warning("consumer lag not read", error=logs.describe(error))

    def _note(self, gauge: str) -> None:
        metrics.READ_AT.labels(self.service, gauge).set(Clock().now().timestamp())
