"""The suite of one run: a fresh database behind the proxy, empty topics, and the four services as processes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr

from deploy.demo.personas import Signer
from deploy.local.processes import Processes, Program, service_program
from faults import history
from faults.environment import ROLE_PASSWORDS, Environment, fresh_topics
from faults.planted_bugs import IN_DATABASE
from faults.proxy_process import Proxy
from faults.service import ServicePatches
from faults.workload.profile import Endpoints
from services import SERVICES
from shared.load_limits import UNLIMITED
from shared.settings import Settings

DATABASE = "faults"


class NoTarget(Exception):
    """Nothing to break: no backend was busy, or the target was already down."""


@dataclass
class RunningSuite:
    """A running suite, with everything that a run breaks, repairs and queries."""

    environment: Environment
    proxy: Proxy
    settings: Settings
    endpoints: Endpoints
    processes: Processes
    patches: ServicePatches
    findings: list[str] = field(default_factory=list)
    """Differences that faults found while they were under way."""
    garbage: set[str] = field(default_factory=set)
    """Marks of all garbage that was sent to the topics."""
    broker_replaced: list[datetime] = field(default_factory=list)
    """Instants at which the broker had lost its data and was ready again."""

    @property
    def dsn(self) -> str:
        """The administrator's address of the database, bypassing the proxy."""
        return self.environment.postgres.dsn(DATABASE)

    async def restart_unpatched(self) -> None:
        """Restart every service at its address without poison and delayed commits."""
        self.patches = replace(self.patches, poison_one_in=0, slow_commit_one_in=0)
        await self.processes.stop()
        for name, program in self.processes.programs.items():
            healthy = dict(program.environment) | self.patches.as_env()
            self.processes.programs[name] = replace(program, environment=healthy)
            await self.processes.start(name)
        await self.processes.ready()


@asynccontextmanager
async def start_suite(
    environment: Environment,
    folder: Path,
    patches: ServicePatches,
    *,
    say: Callable[[str], object] = print,
    **extra: Any,
) -> AsyncIterator[RunningSuite]:
    """Start the suite; yield it when ready. `extra` are settings of the services."""
    await environment.fresh_database(DATABASE)
    await _prepare_database(environment, patches)
    signer = Signer()
    async with Proxy(environment.socket) as proxy:
        settings = _settings(environment, folder, proxy, signer, extra)
        await fresh_topics(settings)
        programs = [program(settings, patches, name) for name in SERVICES]
        endpoints = Endpoints({each.name: each.address for each in programs}, signer, settings)
        async with Processes(programs, folder / "log", say=say) as processes:
            yield RunningSuite(environment, proxy, settings, endpoints, processes, patches)


def program(settings: Settings, patches: ServicePatches, service: str, *, replica: int = 0, **extra: str) -> Program:
    """Return the process of a patched service; `extra` are environment variables."""
    own = patches.as_env() | extra
    return service_program(service, settings, replica=replica, module="faults.service", **own)


async def _prepare_database(environment: Environment, patches: ServicePatches) -> None:
    async with admin_connection(environment.postgres.dsn(DATABASE)) as admin:
        await history.create_history_tables(admin)
        if patches.bug in IN_DATABASE:
            await IN_DATABASE[patches.bug](admin)


@asynccontextmanager
async def admin_connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection that no fault terminates."""
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "campaign"})
    try:
        yield connection
    finally:
        connection.terminate()


def _settings(environment: Environment, folder: Path, proxy: Proxy, signer: Signer, extra: dict[str, Any]) -> Settings:
    """Return the settings: each service has its own login, as in production, and may not change roles or tables."""
    urls = dict.fromkeys(SERVICES, f"postgresql://127.0.0.1:{proxy.port}/{DATABASE}")
    return Settings(
        service_database_urls=urls,
        role_passwords=ROLE_PASSWORDS,
        data_dir=folder / "data",
        jwt_keys=SecretStr(signer.jwks()),
        port=0,
        bus="kafka",
        kafka_servers=environment.broker.servers,
        kafka_replication=1,
        rates=UNLIMITED,
        **extra,
    )
