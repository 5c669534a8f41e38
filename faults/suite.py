"""One run's suite: a fresh database behind the proxy, empty topics, and the four services as processes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr

from deploy.demo.personas import Signer
from deploy.local.processes import Processes, Program, service_program
from faults import history as witness
from faults.environment import ROLE_PASSWORD, Ground, fresh_topics
from faults.planted_bugs import IN_DATABASE
from faults.proxy_process import Proxy
from faults.service import Planted
from faults.workload.plan import Suite
from services import SERVICES
from shared.settings import Settings

DATABASE = "faults"


@dataclass
class Site:
    """The way to everything that a run breaks, mends and asks."""

    ground: Ground
    proxy: Proxy
    settings: Settings
    suite: Suite
    processes: Processes
    planted: Planted

    @property
    def dsn(self) -> str:
        """The administrator's way to the database, past the proxy."""
        return self.ground.postgres.dsn(DATABASE)

    async def cure(self) -> None:
        """Start every service again without poison and without what keeps transactions open, under its address."""
        self.planted = replace(self.planted, poison_one_in=0, slow_one_in=0)
        await self.processes.stop()
        for name, program in self.processes.programs.items():
            healthy = dict(program.environment) | self.planted.environment()
            self.processes.programs[name] = replace(program, environment=healthy)
            await self.processes.start(name)
        await self.processes.ready()


@asynccontextmanager
async def site(
    ground: Ground, folder: Path, planted: Planted, *, say: Callable[[str], object] = print, **more: Any
) -> AsyncIterator[Site]:
    """The suite, ready to be asked; `more` are settings of the services."""
    await ground.fresh_database(DATABASE)
    await _prepared(ground, planted)
    signer = Signer()
    async with Proxy(ground.socket) as proxy:
        settings = _settings(ground, folder, proxy, signer, more)
        await fresh_topics(settings)
        programs = [program(settings, planted, name) for name in SERVICES]
        suite = Suite({each.name: each.address for each in programs}, signer, settings)
        async with Processes(programs, folder / "log", say=say) as processes:
            yield Site(ground, proxy, settings, suite, processes, planted)


def program(settings: Settings, planted: Planted, service: str, *, replica: int = 0, **more: str) -> Program:
    """A process of a service with what is planted in it; `more` are environment variables."""
    own = planted.environment() | more
    return service_program(service, settings, replica=replica, module="faults.service", **own)


async def _prepared(ground: Ground, planted: Planted) -> None:
    async with administrator(ground.postgres.dsn(DATABASE)) as admin:
        await witness.prepare(admin)
        if planted.bug in IN_DATABASE:
            await IN_DATABASE[planted.bug](admin)


@asynccontextmanager
async def administrator(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that no injury is meant for."""
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "campaign"})
    try:
        yield connection
    finally:
        connection.terminate()


def _settings(ground: Ground, folder: Path, proxy: Proxy, signer: Signer, more: dict[str, Any]) -> Settings:
    """Each service logs in for itself, as in production: no process may change roles or tables."""
    urls = {name: f"postgresql://app_{name}:{ROLE_PASSWORD}@127.0.0.1:{proxy.port}/{DATABASE}" for name in SERVICES}
    return Settings(
        service_database_urls=urls,
        role_password=SecretStr(ROLE_PASSWORD),
        data_dir=folder / "data",
        jwt_keys=SecretStr(signer.jwks()),
        port=0,
        bus="kafka",
        kafka_servers=ground.broker.servers,
        kafka_replication=1,
        **more,
    )
