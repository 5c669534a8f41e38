"""The PostgreSQL server of the test run, a migrated database, and the running suite, for each test that asks."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, LoadScopeScheduling

from deploy.local.postgres import start
from tests.broker.choice import choice
from tests.postgres import FAST, KEPT_SERVER, WORKER, Server
from tests.world import World

if TYPE_CHECKING:
    from tests.containers import ContainedPostgres


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-answers", action="store_true", help="store the answers that tests compare, for review")


def pytest_report_header() -> str:
    return choice().header()


class FilesToWorkers(LoadFileScheduling):  # type: ignore[misc]
    """Give each file to one worker, and tests/broker, which mostly waits for its node, to a single one."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/broker" if nodeid.startswith("tests/broker/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    return FilesToWorkers(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Exclude modules and collected tests from garbage collection: they stay until the end."""
    gc.collect()
    gc.freeze()


def _contained() -> "ContainedPostgres":
    from tests.containers import postgres

    return postgres(FAST)


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    shared_root = tmp_path_factory.getbasetemp() if WORKER == "main" else tmp_path_factory.getbasetemp().parent
    embedded = (
        _contained() if choice().kind == "containers" else start(Path(KEPT_SERVER or shared_root / "postgres"), FAST)
    )
    started = Server(embedded, shared_root / "migrating")
    try:
        with started.alone():
            await started.prepare()
        yield started
        await started.close()
    finally:
        embedded.stop(keep=False)


@pytest.fixture
async def database(server: Server) -> AsyncIterator[str]:
    """Return the name of a migrated, empty database that nothing else uses during the test."""
    async with server.database() as lent:
        yield lent.name


class LastingWorld:
    """A world that many tests use in turn: reset after each, and started anew when a reset fails."""

    def __init__(self, server: Server, folders: pytest.TempPathFactory) -> None:
        self.server, self.folders = server, folders
        self.started = AsyncExitStack()
        self.world: World | None = None

    async def lend(self) -> World:
        if self.world is None:
            folder = self.folders.mktemp("world")
            self.world = await self.started.enter_async_context(World.running(self.server, folder))
        self.world.attach()
        return self.world

    async def take_back(self) -> None:
        if self.world is not None and not await self.world.reset():
            await self.stop()

    async def stop(self) -> None:
        self.world = None
        await self.started.aclose()


@pytest.fixture(scope="session")
async def lasting_world(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LastingWorld]:
    lasting = LastingWorld(server, tmp_path_factory)
    yield lasting
    await lasting.stop()


@pytest.fixture
async def world(lasting_world: LastingWorld) -> AsyncIterator[World]:
    """Run the four services on an empty database at the start of the story; a reset hands them to the next test."""
    yield await lasting_world.lend()
    await lasting_world.take_back()


@pytest.fixture
async def fresh_world(server: Server, tmp_path: Path) -> AsyncIterator[World]:
    """Start a `world` for this test alone, which may kill, stop or patch what a reset does not restore."""
    async with World.running(server, tmp_path) as running:
        yield running
