"""The sealer of a running service: one process at a time, on a connection and with a role of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared import logs, metrics
from shared.actors import system_actor
from shared.backoff import Backoff
from shared.sealing.declared import Seals
from shared.sealing.exchange import Announcement, announce, last_announced
from shared.sealing.judging import Fault
from shared.sealing.keys import public_keys, signing_key
from shared.sealing.note import SigningKey
from shared.sealing.proofs import Subtrees, consistency
from shared.sealing.reading import Connection
from shared.sealing.sealer import Pass, Sealed
from shared.sealing.verify import Verification
from shared.settings import Settings
from shared.storage.roles import trying_also
from shared.storage.session import Database

log = structlog.get_logger()
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('seal ' || $1, 7))"
"""One process seals, for as long as its connection lives."""
_SHARE = 25
"""A pause is at least this many times as long as the pass before it: sealing takes 4 % of a core at most."""
_LONGEST_PAUSE_SECONDS = 30.0
_STATEMENT_SECONDS = 300.0
_HEAD = "SELECT size, note FROM {schema}.seal_checkpoint ORDER BY size DESC LIMIT 1"


@asynccontextmanager
async def sealer_connection(settings: Settings, service: str) -> AsyncIterator[Connection]:
    """Yield a connection of the sealer's role."""
    engine = create_async_engine(
        settings.service_url(service, "sealer"),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "server_settings": {"search_path": service, "application_name": f"sealer-{service}", "timezone": "UTC"},
            "command_timeout": _STATEMENT_SECONDS,
            **trying_also(settings.next_password(f"sealer_{service}")),
        },
    )
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield (await connection.get_raw_connection()).driver_connection
    finally:
        await engine.dispose()


class Sealer:
    """Seals the records of one service until stopped. `database` is that of the service's own role."""

    def __init__(self, database: Database, seals: Seals) -> None:
        self.service, self.database, self.seals = database.service, database, seals
        self.faults: dict[tuple[str, str], Fault] = {}
        """Faults found by the passes since the last full one, by kind and key."""
        self._stopping = asyncio.Event()
        self._sealed_at: float | None = None
        self._waiting = False
        self.forget()

    def forget(self) -> None:
        """Begin as after a start: the next pass reads all records."""
        self.subtrees = Subtrees(self.service)
        self.faults.clear()
        self._since: int | None = None
        self._full_at = self._announced_at = float("-inf")

    def age_seconds(self, now: float) -> float:
        """Return how long committed records may have been unsealed; 0 in a replica that waits for its turn.

        `now` is the loop's time.
        """
        if self._sealed_at is None:
            self._sealed_at = now
        return 0.0 if self._waiting else now - self._sealed_at

    async def run(self) -> None:
        """Seal until stopped, first after `seal_seconds`; after an error start again on a fresh connection."""
        logs.set_context(logs.Context(service=self.service, route="sealer"))
        backoff = Backoff()
        self._sealed_at = asyncio.get_running_loop().time()
        await self._pause(self.database.settings.seal_seconds)
        while not self._stopping.is_set():
            try:
                await self._run_connected(backoff)
            except Exception as error:
                log.error("sealer starts again", error=logs.describe(error))
                await self._pause(backoff.next_delay())

    async def _run_connected(self, backoff: Backoff) -> None:
        settings = self.database.settings
        key = signing_key(settings, self.service)
        if key is None:
            log.warning("nothing is sealed: TENGHUAN_SEAL_KEYS has no key of this service")
            return await self._pause(_LONGEST_PAUSE_SECONDS)
        async with sealer_connection(settings, self.service) as connection:
            owned = await connection.fetchval(_LOCK, self.service)
            self._waiting = not owned
            while owned and not self._stopping.is_set():
                began = asyncio.get_running_loop().time()
                await self.seal(connection, key)
                backoff.reset()
                lasted = asyncio.get_running_loop().time() - began
                await self._pause(max(settings.seal_seconds, min(_SHARE * lasted, _LONGEST_PAUSE_SECONDS)))
        if not owned:
            await self._pause(settings.seal_seconds)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def seal(self, connection: Connection, key: SigningKey) -> Sealed:
        """Run one pass, announce its checkpoint when one is due, and return its outcome."""
        now, at = asyncio.get_running_loop().time(), self.database.clock.now()
        full = self._since is None or now - self._full_at >= self.database.settings.seal_full_seconds
        async with connection.transaction(isolation="repeatable_read"):
            done = await Pass(connection, self.service, self.seals, key, at, None if full else self._since).run()
        self._since, self._sealed_at = done.next_since, now
        if full:
            self._full_at = now
            self.faults.clear()
            done.faults += await self._verify(connection)
        self._note(done)
        if done.size and now - self._announced_at >= self.database.settings.seal_announce_seconds:
            await self._announce(connection, key)
            self._announced_at = now
        return done

    async def _verify(self, connection: Connection) -> list[Fault]:
        """Return what contradicts the seals; the stored files are left to `tenghuan audit verify`."""
        keys = public_keys(self.database.settings)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            report = await Verification(connection, self.service, self.seals, keys).run()
        return [fault for fault, _ in report.faults]

    def _note(self, done: Sealed) -> None:
        for fault in done.faults:
            if (fault.kind, fault.key) not in self.faults:
                log.error("record altered by hand", kind=fault.kind, key=fault.key, fault=fault.fault)
            self.faults[fault.kind, fault.key] = fault

    async def _announce(self, connection: Connection, key: SigningKey) -> None:
        """Announce the newest checkpoint unless it is announced, and write the day's file."""
        head = await connection.fetchrow(_HEAD.format(schema=self.service))
        async with self.database.session(system_actor(self.service)) as session:
            old = await last_announced(session, key.name)
            if old < head["size"]:
                path = await consistency(connection, self.subtrees, old, head["size"])
                await announce(session, key.name, Announcement(old, tuple(path), head["note"]))
        self._write_daily(head["note"])

    def _write_daily(self, note: str) -> None:
        """Write the first checkpoint of a day to the folder of checkpoints; a file is never written again."""
        folder = self.database.settings.checkpoints_dir
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.database.clock.today().isoformat()}-{self.service}.txt"
        if not path.exists():
            unfinished = Path(f"{path}.part")
            unfinished.write_text(note, "utf-8")
            unfinished.replace(path)

    def stop(self) -> None:
        """Let `run` end after the pass under way."""
        self._stopping.set()

    def report(self) -> None:
        """Set the gauges of this process."""
        metrics.UNSEALED.labels(self.service).set(self.age_seconds(asyncio.get_running_loop().time()))
        metrics.SEAL_FAULTS.labels(self.service).set(len(self.faults))
