"""The migrations build exactly the models' tables, and every table has its row-level policies."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from deploy.local.postgres import Embedded, start
from services import SERVICES, load_all
from shared.settings import Settings
from shared.storage.migrate import PROVISIONING_LOCK, check, status, upgrade
from tests.interleaving import until_waited_for
from tests.postgres import FAST, LOGINS, ROLE_PASSWORDS, Server

# Tables without rows of a case: bookkeeping of delivery and access, dated rule sets.
NO_CASE_DATA = {
    "alembic_version",
    "api_key",
    "dead_letter",
    "duty",
    "foreign_checkpoint",
    "idempotency_key",
    "inbox",
    "municipal_fund_programme",
    "operation",
    "outbox",
    "parked",
    "person",
    "revoked_token",
    "ruleset",
    "series_batch",
    "series_head",
    "seal_checkpoint",
    "seal_layout",
    "seal_leaf",
    "stream_head",
    "stream_seen",
    "stream_ticket",
    "transaction_part",
}
SCHEMAS = [schema for service in load_all() for schema in (service.name, *service.schemas)]


async def test_the_migrations_build_the_models(server: Server, database: str) -> None:
    with server.alone():
        assert await check(server.settings(database), load_all()) == {}


async def test_every_schema_is_at_its_newest_migration(server: Server, database: str) -> None:
    for current, head in (await status(server.settings(database), load_all())).values():
        assert current == head


async def test_two_migrations_at_once_take_turns(server: Server, database: str) -> None:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        with server.alone():
            await connection.execute("SELECT pg_advisory_lock_shared($1)", PROVISIONING_LOCK)
            second = asyncio.create_task(upgrade(server.settings(database), load_all()))
            await until_waited_for(connection, second)
            assert await connection.fetchval("SELECT pg_advisory_unlock_shared($1)", PROVISIONING_LOCK)
            await second
    finally:
        await connection.close()


async def test_every_table_with_case_data_is_fenced_by_district(server: Server, database: str) -> None:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        open_tables = await connection.fetch(
            """SELECT n.nspname || '.' || c.relname AS name
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relname = ANY($2)
               AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
                   SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polpermissive
                   AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL))""",
            list(SERVICES),
            list(NO_CASE_DATA),
        )
        assert [row["name"] for row in open_tables] == []
    finally:
        await connection.close()


async def test_the_roles_that_log_in_own_nothing_and_bypass_nothing(server: Server, database: str) -> None:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        roles = await connection.fetch(
            """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles
               WHERE rolname ~ '^(app|relay|sealer)_'"""
        )
        assert len(roles) == 3 * len(SERVICES)
        assert not any(any(list(row.values())[1:]) for row in roles)
        owned = await connection.fetch(
            """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
               WHERE r.rolname ~ '^(app|relay|sealer)_'
               UNION ALL SELECT n.nspname::text FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
               WHERE r.rolname ~ '^(app|relay|sealer)_'"""
        )
        assert owned == []
    finally:
        await connection.close()


async def test_no_foreign_key_crosses_a_schema(server: Server, database: str) -> None:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        crossing = await connection.fetch(
            """SELECT conname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid
               JOIN pg_class b ON b.oid = k.confrelid
               WHERE k.contype = 'f' AND a.relnamespace <> b.relnamespace"""
        )
        assert crossing == []
    finally:
        await connection.close()


@pytest.fixture
def elsewhere() -> Iterator[Embedded]:
    """Start a server for the test: roles belong to a whole server."""
    with TemporaryDirectory(prefix="tenghuan-") as made:
        Path(made).chmod(0o755)
        server = start(Path(made) / "postgres", FAST)
        yield server
        server.stop(keep=False)


async def _said(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


ODD_PASSWORD = "it's :odd %L"


async def test_an_administrator_who_may_only_create_roles_is_enough(elsewhere: Embedded) -> None:
    made = "CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'k'"
    await _said(elsewhere.dsn(), made, "CREATE DATABASE house OWNER keeper")
    settings = Settings(
        database_url=elsewhere.dsn("house", "keeper", "k"), role_passwords=dict.fromkeys(ROLE_PASSWORDS, ODD_PASSWORD)
    )
    await upgrade(settings, load_all())
    assert await check(settings, load_all()) == {}
    own = elsewhere.dsn("house", "app_funding", ODD_PASSWORD)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _said(own, "UPDATE funding.alembic_version SET version_num = '0001'")


async def test_a_password_that_cannot_be_set_is_not_told(elsewhere: Embedded) -> None:
    made = "CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'k'"
    await _said(elsewhere.dsn(), "CREATE ROLE app_intake", made, "CREATE DATABASE house OWNER keeper")
    settings = Settings(
        database_url=elsewhere.dsn("house", "keeper", "k"), role_passwords={"app_intake": "not to be told"}
    )
    with pytest.raises(DBAPIError, match="permission denied to alter role") as refused:
        await upgrade(settings, load_all())
    assert "not to be told" not in str(refused.value)


async def test_the_migrate_command_reports_each_service_at_its_newest_revision(server: Server, database: str) -> None:
    given = {"TENGHUAN_DATABASE_URL": server.embedded.dsn(database), **LOGINS}
    command = [sys.executable, "-m", "deploy.migrate", "status", *SERVICES[:2]]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False)  # noqa: ASYNC221
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == list(SERVICES[:2])
    assert all(current == newest for _, current, newest in rows)
