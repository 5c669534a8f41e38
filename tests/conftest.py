"""One PostgreSQL for the session, a freshly migrated database for every test that asks."""

import asyncio
import fcntl
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from deploy.local.postgres import Embedded, start
from services import load_all
from shared.settings import Settings
from shared.storage.migrate import upgrade
from tests.broker.choice import choice
from tests.world import ROLE_PASSWORD, World

if TYPE_CHECKING:
    from tests.containers import ContainedPostgres

_numbers = itertools.count(1)
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def pytest_report_header() -> str:
    return choice().header()


@dataclass(frozen=True)
class Server:
    """The test server, and the migrated database that every test's own is copied from."""

    embedded: "Embedded | ContainedPostgres"
    template: str
    turn: Path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Roles belong to the whole server: two workers that make them at once would collide."""
        with self.turn.open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def settings(self, database: str) -> Settings:
        return Settings(database_url=self.embedded.dsn(database), role_password=ROLE_PASSWORD, pool_size=3)

    async def run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.embedded.dsn("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _contained() -> "ContainedPostgres":
    from tests.containers import postgres

    return postgres(FAST)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    shared_root = tmp_path_factory.getbasetemp().parent if worker != "main" else tmp_path_factory.getbasetemp()
    embedded = _contained() if choice().kind == "containers" else start(shared_root / "postgres", FAST)
    made = Server(embedded, f"template_{worker}", shared_root / "migrating")
    try:
        with made.alone():
            asyncio.run(made.run(f"CREATE DATABASE {made.template}"))
            asyncio.run(upgrade(made.settings(made.template), load_all()))
        yield made
    finally:
        embedded.stop(keep=False)


@pytest.fixture
async def database(server: Server) -> AsyncIterator[str]:
    """The name of a migrated database of the test's own."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_numbers)}"
    await server.run(f"CREATE DATABASE {name} TEMPLATE {server.template} STRATEGY file_copy")
    yield name
    await server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def world(server: Server, database: str, tmp_path: Path) -> AsyncIterator[World]:
    """The four services running on a database of their own, with the story's clock."""
    async with World.running(server.settings(database), tmp_path) as running:
        yield running
