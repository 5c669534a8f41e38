"""The PostgreSQL server of a test run and its databases, emptied after each test and used again.

Emptying costs 5 ms, a copy of the template 100 ms and more: 900 files and 13 MB of fresh memory. A database whose
schema or seed rows a test changed is not used again.
"""

import fcntl
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import make_url

from deploy.local.postgres import Embedded
from services import SERVICES, load_all
from shared.settings import ROLE_KINDS, Settings
from shared.storage.access import database_statement
from shared.storage.migrate import upgrade

if TYPE_CHECKING:
    from tests.containers import ContainedPostgres

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "autovacuum": "off",
    "scram_iterations": "1",
}
"""Server parameters for data that may be lost; asyncpg spends 14 ms on the default 4096 rounds of a SCRAM login."""
ROLE_PASSWORDS = {f"{kind}_{service}": f"{kind}-{service}-of-the-tests" for service in SERVICES for kind in ROLE_KINDS}
ROLE_CONNECTIONS = dict.fromkeys(ROLE_KINDS, 150)
"""Roles belong to the server, on which every worker has databases and services of its own."""
LOGINS = {
    "TENGHUAN_ROLE_PASSWORDS": json.dumps(ROLE_PASSWORDS),
    "TENGHUAN_ROLE_CONNECTIONS": json.dumps(ROLE_CONNECTIONS),
}
"""Environment of a command that logs in as the services do."""
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
KEPT_SERVER = os.environ.get("TENGHUAN_TESTS_POSTGRES", "")
"""Directory of a server that another process keeps running between runs, with its migrated template (mutants/)."""
TEMPLATE = "migrated"
VACUUM_AFTER_ROWS = 5000
_numbers = itertools.count(1)

_WATCH_SCHEMA = """
CREATE SCHEMA test_support;
CREATE TABLE test_support.schema_change (command text);
CREATE FUNCTION test_support.note_change() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO test_support.schema_change VALUES (tg_tag);
END $$;
CREATE EVENT TRIGGER test_support_schema_change ON ddl_command_end EXECUTE FUNCTION test_support.note_change();
"""
_RELATIONS = """
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind = 'S' AS is_sequence
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'S') AND n.nspname !~ '^(pg_|information_schema$|test_support$)' ORDER BY 1
"""
_SESSIONS_ENDED_BY_FORCE = """
SELECT sessions_abandoned + sessions_fatal + sessions_killed FROM pg_stat_database WHERE datname = current_database()
"""


@dataclass(frozen=True)
class Server:
    """The PostgreSQL server of the test run, shared by its workers, and a migrated template database."""

    embedded: "Embedded | ContainedPostgres"
    lock_file: Path
    free: list["TestDatabase"] = field(default_factory=list)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lock out the other workers. Roles belong to the whole server, so concurrent provisioning would collide."""
        with self.lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def settings(self, database: str) -> Settings:
        return Settings(
            database_url=self.embedded.dsn(database),
            role_passwords=ROLE_PASSWORDS,
            role_connections=ROLE_CONNECTIONS,
            pool_size=3,
        )

    async def run(self, statement: str, database: str = "postgres") -> Any:
        """Execute statements as the superuser and return the first value of a single one."""
        connection = await asyncpg.connect(self.embedded.dsn(database))
        try:
            return await (connection.execute if ";" in statement else connection.fetchval)(statement)
        finally:
            await connection.close()

    async def prepare(self) -> None:
        """Create and migrate the template database unless another worker has. Call under `alone`."""
        if await self.run(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            return
        # Stored again with the few rounds of `scram_iterations`: initdb stores it with the default.
        await self.run(f"ALTER ROLE CURRENT_USER PASSWORD '{make_url(self.embedded.dsn()).password}'")
        await self.run("CREATE DATABASE migrating")
        await upgrade(self.settings("migrating"), load_all())
        await self.run(_WATCH_SCHEMA, "migrating")
        await self.run(f"ALTER DATABASE migrating RENAME TO {TEMPLATE}")

    @asynccontextmanager
    async def database(self) -> AsyncIterator["TestDatabase"]:
        """Lend a migrated, empty database; afterwards empty it for the next test, or drop it if it cannot be reused."""
        lent = self.free.pop() if self.free else await TestDatabase.copy(self)
        try:
            yield lent
        finally:
            if await lent.empty():
                self.free.append(lent)
            else:
                await lent.drop()

    async def close(self) -> None:
        """Close the connections of the databases that are free. Their data go with the server."""
        for database in self.free:
            await database.admin.close()
        self.free.clear()


@dataclass
class TestDatabase:
    """A migrated database and the superuser's connection to it."""

    __test__ = False
    server: Server
    name: str
    admin: asyncpg.Connection
    tables: list[str]
    sequences: list[str] = field(default_factory=list)
    seeded: list[str] = field(default_factory=list)
    seed: list[str] = field(default_factory=list)
    deleted_rows: int = 0

    @classmethod
    async def copy(cls, server: Server) -> "TestDatabase":
        name = f"test_{WORKER}_{next(_numbers)}"
        await server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        admin = await asyncpg.connect(server.embedded.dsn(name))
        for service in SERVICES:  # who may connect is not copied with a template
            await admin.execute(database_statement(service))
        await admin.execute("DELETE FROM test_support.schema_change")
        await admin.execute("SET session_replication_role = replica; SET lock_timeout = '2s'")
        relations = await admin.fetch(_RELATIONS)
        database = cls(server, name, admin, [row["name"] for row in relations if not row["is_sequence"]])
        database.sequences = [row["name"] for row in relations if row["is_sequence"]]
        database.seeded = await database.filled()
        database.tables = [name for name in database.tables if name not in database.seeded]
        database.seed = await database.content()
        return database

    async def filled(self) -> list[str]:
        """Return the tables that have rows."""
        filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in self.tables)
        return [row[0] for row in await self.admin.fetch(filled)]

    async def content(self) -> list[str]:
        """Return the rows of the seeded tables."""
        query = " UNION ALL ".join(f"SELECT '{name} ' || t::text FROM {name} t" for name in self.seeded)
        return sorted(row[0] for row in await self.admin.fetch(query))

    async def empty(self) -> bool:
        """Delete all rows that were added and restart the sequences; return whether the database is as it was.

        DELETE, since TRUNCATE makes six new files a table and every open connection plan its statements again.
        """
        try:
            if await self.admin.fetchval("SELECT EXISTS (SELECT FROM test_support.schema_change)"):
                return False
            for table in await self.filled():
                self.deleted_rows += int((await self.admin.execute(f"DELETE FROM {table}")).removeprefix("DELETE "))
            await self.admin.fetch("SELECT " + ", ".join(f"setval('{name}', 1, false)" for name in self.sequences))
            if self.deleted_rows > VACUUM_AFTER_ROWS:
                await self.admin.execute("VACUUM")
                self.deleted_rows = 0
            return await self.content() == self.seed
        except (asyncpg.PostgresError, OSError):
            return False

    async def sessions_ended_by_force(self) -> int:
        """Return how many connections were killed, cut, or ended by an error of the server."""
        return int(await self.admin.fetchval(_SESSIONS_ENDED_BY_FORCE))

    async def drop(self) -> None:
        self.admin.terminate()
        await self.server.run(f"DROP DATABASE {self.name} WITH (FORCE)")
