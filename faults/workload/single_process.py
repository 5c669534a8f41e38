"""A suite without faults for trying load and checks: all four services in one process, on the in-process bus.

`python -m faults.workload.single_process` is that process, configured by the environment. It prints its addresses and
records applied events like a campaign.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
from pydantic import SecretStr

from deploy.demo.personas import Signer
from deploy.local.listeners import address, bind_all
from deploy.local.processes import environment
from deploy.local.servers import apps_of, served, suite
from deploy.local.signals import run, stop_event
from faults import history
from faults.workload.profile import Endpoints
from services import SERVICES
from shared import logs
from shared.clock import Clock
from shared.events.bus.inprocess import InProcessBus
from shared.settings import ROOT, Settings


async def _serve() -> int:
    settings, stopped = Settings(), stop_event()
    logs.configure(settings, usual_level="warning")
    listeners = bind_all("127.0.0.1", 0)
    async with suite(settings, Clock(), InProcessBus()) as instances, served(apps_of(instances), listeners):
        sys.stdout.write(json.dumps({name: address(each) for name, each in listeners.items()}) + "\n")
        sys.stdout.flush()
        await stopped.wait()
    return 0


@dataclass(frozen=True)
class SingleProcess:
    """Endpoints of the suite, and the pid of its process."""

    endpoints: Endpoints
    pid: int


@contextmanager
def single_process(settings: Settings) -> Iterator[SingleProcess]:
    """Run the suite in a process of its own on a migrated database during the block."""
    signer = Signer()
    asyncio.run(_create_history_tables(settings.database_url))
    variables = {
        "TENGHUAN_DATABASE_URL": settings.database_url,
        "TENGHUAN_ROLE_PASSWORDS": environment(settings)["TENGHUAN_ROLE_PASSWORDS"],
        "TENGHUAN_JWT_KEYS": signer.jwks(),
        "TENGHUAN_DATA_DIR": str(settings.data_dir),
    }
    command = [sys.executable, "-m", "faults.workload.single_process"]
    with subprocess.Popen(command, env=os.environ | variables, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            addresses = json.loads(process.stdout.readline())
            known = settings.model_copy(update={"jwt_keys": SecretStr(signer.jwks())})
            yield SingleProcess(Endpoints(addresses, signer, known), process.pid)
        finally:
            process.terminate()


async def _create_history_tables(dsn: str) -> None:
    admin = await asyncpg.connect(dsn)
    await history.create_history_tables(admin)
    await admin.close()


async def wait_until_published(dsn: str, seconds: float = 60.0) -> None:
    """Wait until every event is published and has its feed position; this bus delivers first. Raises TimeoutError."""
    admin = await asyncpg.connect(dsn)
    waiting = (
        f"EXISTS (SELECT FROM {name}.outbox) OR EXISTS (SELECT FROM {name}.event_log WHERE position IS NULL)"
        for name in SERVICES
    )
    question = f"SELECT {' OR '.join(waiting)}"
    try:
        async with asyncio.timeout(seconds):
            while await admin.fetchval(question):  # noqa: ASYNC110 - a table offers no event
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


if __name__ == "__main__":
    history.record_applied_events()
    run(_serve())
