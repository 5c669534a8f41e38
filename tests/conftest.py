"""One PostgreSQL for the session, a freshly migrated database for every test that asks."""

import asyncio
import fcntl
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from sqlalchemy import make_url

from deploy.local.postgres import Embedded, start
from services import load_all
from shared.settings import Settings
from shared.storage.migrate import upgrade
from tests.broker.choice import choice
from tests.world import ROLE_PASSWORD, World

if TYPE_CHECKING:
    from tests.containers import ContainedPostgres

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
TEMPLATE = "migrated"
_numbers = itertools.count(1)
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "autovacuum": "off",
    "scram_iterations": "1",
}
"""Server parameters for data that may be lost; asyncpg spends 14 ms on the default 4096 rounds of a SCRAM login."""


def pytest_report_header() -> str:
    return choice().header()


@dataclass(frozen=True)
class Server:
    """The PostgreSQL server of the test run, shared by its workers, and a migrated template database."""

    embedded: "Embedded | ContainedPostgres"
    lock_file: Path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lock out the other workers. Roles belong to the whole server, so concurrent provisioning would collide."""
        with self.lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def settings(self, database: str) -> Settings:
        return Settings(database_url=self.embedded.dsn(database), role_password=ROLE_PASSWORD, pool_size=3)

    async def run(self, statement: str) -> Any:
        """Execute one statement as the superuser and return its first value."""
        connection = await asyncpg.connect(self.embedded.dsn("postgres"))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    async def prepare(self) -> None:
        """Create and migrate the template database unless another worker has. Call under `alone`."""
        if await self.run(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            return
        # Stored again with the few rounds of `scram_iterations`: initdb stores it with the default.
        password = make_url(self.embedded.dsn()).password
        await self.run(f"ALTER ROLE CURRENT_USER PASSWORD '{password}'")
        await self.run("CREATE DATABASE migrating")
        await upgrade(self.settings("migrating"), load_all())
        await self.run(f"ALTER DATABASE migrating RENAME TO {TEMPLATE}")


def _contained() -> "ContainedPostgres":
    from tests.containers import postgres

    return postgres(FAST)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    shared_root = tmp_path_factory.getbasetemp() if WORKER == "main" else tmp_path_factory.getbasetemp().parent
    embedded = _contained() if choice().kind == "containers" else start(shared_root / "postgres", FAST)
    started = Server(embedded, shared_root / "migrating")
    try:
        with started.alone():
            asyncio.run(started.prepare())
        yield started
    finally:
        embedded.stop(keep=False)


@pytest.fixture
async def database(server: Server) -> AsyncIterator[str]:
    """The name of a migrated database of the test's own."""
    name = f"test_{WORKER}_{next(_numbers)}"
    await server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield name
    await server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def world(server: Server, database: str, tmp_path: Path) -> AsyncIterator[World]:
    """The four services running on a database of their own, with the story's clock."""
    async with World.running(server.settings(database), tmp_path) as running:
        yield running
