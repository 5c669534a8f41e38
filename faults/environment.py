"""PostgreSQL and Kafka for campaigns, private to one process, so that both may be killed at any moment."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local import postgres
from deploy.local.kafka import node
from deploy.local.kafka.node import Node
from deploy.local.postgres import Embedded
from deploy.local.postgres_site import PostgresError
from deploy.local.settings import passwords_from
from services import SERVICES, load_all
from shared.events.bus.connection import client_options
from shared.events.bus.topics import ensure_topics
from shared.settings import Settings
from shared.storage.migrate import upgrade

TEMPLATE = "faults_template"
ROLE_PASSWORDS = passwords_from("roles-of-the-campaign")
QUICK = {"fsync": "off", "full_page_writes": "off"}
"""For tests: data survive a killed server, though not a power cut. Commits stay synchronous."""


@dataclass(frozen=True)
class Environment:
    """Both servers. Only this class signals their processes."""

    postgres: Embedded
    broker: Node

    @property
    def socket(self) -> str:
        """The address of PostgreSQL without the proxy: a socket path, or host:port."""
        host, port = self.postgres.host, self.postgres.port
        return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else f"{host}:{port}"

    def stop_database(self) -> None:
        """Stop PostgreSQL without a checkpoint, as if all its processes were killed."""
        self._control("stop", "--mode=immediate")

    def start_database(self) -> None:
        """Start PostgreSQL; return when it has recovered and answers."""
        self._control("start", "--log=log")

    def fill_disk(self) -> bool:
        """Forbid all processes of PostgreSQL to write to files, as its own account; return whether one is so limited.

        It stops at the next record of its log.
        """
        tool = shutil.which("prlimit")
        if tool is None:
            return False
        run = self.postgres.site.run
        limited = [run(tool, f"--pid={pid}", "--fsize=0:").returncode == 0 for pid in self._database_pids()]
        return any(limited)

    def free_disk(self) -> None:
        """Start PostgreSQL without the limit, after stopping what is left of it."""
        with contextlib.suppress(PostgresError):
            self.stop_database()
        self.start_database()

    def _database_pids(self) -> list[int]:
        with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
            first = int((self.postgres.site.home / "postmaster.pid").read_text().split("\n", 1)[0])
            return [first, *(child.pid for child in psutil.Process(first).children())]
        return []

    def _control(self, *arguments: str) -> None:
        completed = self.postgres.site.run("pg_ctl", *arguments, "--wait", "--silent", "--pgdata=.")
        if completed.returncode:
            raise PostgresError(f"pg_ctl {arguments[0]}: {completed.stderr.strip() or completed.returncode}")

    def freeze_broker(self) -> None:
        os.kill(self.broker.pid, signal.SIGSTOP)

    def thaw_broker(self) -> None:
        os.kill(self.broker.pid, signal.SIGCONT)

    async def fresh_database(self, name: str) -> None:
        """Create an empty migrated database of that name, dropping an earlier one."""
        admin = await asyncpg.connect(self.postgres.dsn())
        try:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        finally:
            await admin.close()

    async def _migrate(self) -> None:
        admin = await asyncpg.connect(self.postgres.dsn())
        try:
            if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", TEMPLATE):
                await admin.execute(f"CREATE DATABASE {TEMPLATE}")
        finally:
            await admin.close()
        settings = Settings(database_url=self.postgres.dsn(TEMPLATE), role_passwords=ROLE_PASSWORDS)
        await upgrade(settings, load_all())


async def fresh_topics(settings: Settings) -> None:
    """Recreate all topics empty. Deleting a topic deletes the offsets that groups committed in it."""
    admin = AIOKafkaAdminClient(**client_options(settings, "fresh-topics"))
    await admin.start()
    try:
        if old := await _topics(admin):
            await admin.delete_topics(old)
        async with asyncio.timeout(60):
            while await _topics(admin):  # noqa: ASYNC110 - records sent to a topic during its deletion would be deleted with it
                await asyncio.sleep(0.02)
    finally:
        await admin.close()
    await ensure_topics(settings, SERVICES)


async def _topics(admin: AIOKafkaAdminClient) -> list[str]:
    return [topic for topic in await admin.list_topics() if not topic.startswith("__")]


@contextmanager
def start_environment(folder: Path, *, quick: bool = False, keep: bool = False) -> Iterator[Environment]:
    """Run both servers during the block; `keep` leaves their data. Raises PostgresError or BrokerError."""
    server = postgres.start(folder / "postgres", {"max_connections": "200", **(QUICK if quick else {})})
    try:
        broker = node.start(folder / "kafka")
        try:
            environment = Environment(server, broker)
            asyncio.run(environment._migrate())
            yield environment
        finally:
            with contextlib.suppress(ProcessLookupError):
                environment.thaw_broker()  # a frozen process ignores SIGTERM
            broker.stop(keep=keep)
    finally:
        server.stop(keep=keep)


def clear(folder: Path) -> None:
    """Delete the files of earlier runs. Raises PostgresError or BrokerError while one is under way."""
    if (folder / "postgres").exists():
        postgres.remove(folder / "postgres")
    if (folder / "kafka").exists():
        node.remove(folder / "kafka")
    shutil.rmtree(folder, ignore_errors=True)
