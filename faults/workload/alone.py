"""An unhurt suite for trying the load and the checks: all four services in one process, on the bus inside it.

`python -m faults.workload.alone` is that process; the environment has its settings. It prints the addresses, and every
event that is applied is noted as in a campaign.
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
from deploy.local.servers import apps_of, served, suite
from deploy.local.signals import run, stop_event
from faults import history as witness
from faults.workload.plan import Suite
from services import SERVICES
from shared.clock import Clock
from shared.events.bus.inprocess import InProcessBus
from shared.settings import ROOT, Settings


async def _serve() -> int:
    settings, asked = Settings(), stop_event()
    listeners = bind_all("127.0.0.1", 0)
    async with suite(settings, Clock(), InProcessBus()) as instances, served(apps_of(instances), listeners):
        sys.stdout.write(json.dumps({name: address(each) for name, each in listeners.items()}) + "\n")
        sys.stdout.flush()
        await asked.wait()
    return 0


@dataclass(frozen=True)
class Alone:
    """The way in, and the process in which all of it runs."""

    suite: Suite
    pid: int


@contextmanager
def alone(settings: Settings) -> Iterator[Alone]:
    """The suite in a process of its own on a migrated database, for the length of the block."""
    signer = Signer()
    asyncio.run(_prepare(settings.database_url))
    told = {
        "TENGHUAN_DATABASE_URL": settings.database_url,
        "TENGHUAN_ROLE_PASSWORD": settings.role_password.get_secret_value(),
        "TENGHUAN_JWT_KEYS": signer.jwks(),
        "TENGHUAN_DATA_DIR": str(settings.data_dir),
    }
    command = [sys.executable, "-m", "faults.workload.alone"]
    with subprocess.Popen(command, env=os.environ | told, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            addresses = json.loads(process.stdout.readline())
            known = settings.model_copy(update={"jwt_keys": SecretStr(signer.jwks())})
            yield Alone(Suite(addresses, signer, known), process.pid)
        finally:
            process.terminate()


async def _prepare(dsn: str) -> None:
    admin = await asyncpg.connect(dsn)
    await witness.prepare(admin)
    await admin.close()


async def announced(dsn: str, seconds: float = 60.0) -> None:
    """Wait until everything is announced and placed; on this bus everybody has been told then. Raises TimeoutError."""
    admin = await asyncpg.connect(dsn)
    waiting = (
        f"EXISTS (SELECT FROM {name}.outbox) OR EXISTS (SELECT FROM {name}.event_log WHERE position IS NULL)"
        for name in SERVICES
    )
    question = f"SELECT {' OR '.join(waiting)}"
    async with asyncio.timeout(seconds):
        while await admin.fetchval(question):  # noqa: ASYNC110 - a table offers no event
            await asyncio.sleep(0.05)
    await admin.close()


if __name__ == "__main__":
    witness.note_what_is_applied()
    run(_serve())
