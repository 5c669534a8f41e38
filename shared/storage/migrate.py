"""Roles, schemas and Alembic history of each service."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared.settings import ROOT, Settings
from shared.storage import tables
from shared.storage.access import Access, database_statement, grant
from shared.storage.roles import create_roles, set_passwords

PROVISIONING_LOCK = 0x7E12


class Migrated(Protocol):
    """The part of a Service object that migrations need."""

    @property
    def name(self) -> str: ...
    @property
    def metadata(self) -> MetaData: ...
    @property
    def schemas(self) -> tuple[str, ...]: ...
    @property
    def access(self) -> Sequence[Access]: ...


async def provision(connection: AsyncConnection, service: Migrated, settings: Settings) -> None:
    """Create the service's roles and schemas, and close the database to others."""
    name = service.name
    await create_roles(connection, name, settings)
    for schema in (name, *service.schemas):
        await _create_schema(connection, schema, name)
    await connection.exec_driver_sql(database_statement(name))


async def _create_schema(connection: AsyncConnection, schema: str, service: str) -> None:
    await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION owner_{service}"))


def admin_engine(settings: Settings) -> AsyncEngine:
    return create_async_engine(settings.admin_url(), poolclass=NullPool, hide_parameters=True)


async def upgrade(settings: Settings, services: Iterable[Migrated]) -> None:
    """Bring the services' schemas to the newest migration, and the rights of their roles to what is stated.

    An advisory lock makes concurrent processes take turns.
    """
    engine = admin_engine(settings)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": PROVISIONING_LOCK})
            for service in services:
                await provision(connection, service, settings)
                await connection.commit()
                await connection.run_sync(_upgrade, service)
    finally:
        await engine.dispose()


async def rotate_passwords(settings: Settings, services: Iterable[str]) -> None:
    """Give the services' roles the passwords that take over; all roles or none. Raises ValueError without an admin."""
    engine = admin_engine(settings)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PROVISIONING_LOCK})
            for service in services:
                await set_passwords(connection, service, settings.next_role_passwords)
    finally:
        await engine.dispose()


def _config(service: Migrated, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_migrations_of(service.name)).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = service.metadata
    return config


def _migrations_of(service: str) -> Path:
    return ROOT / "services" / service / "migrations"


def _upgrade(connection: Connection, service: Migrated) -> None:
    config = _config(service, connection)
    _as_owner(connection, service.name)
    if MigrationContext.configure(connection).get_current_revision() != _head(config):
        command.upgrade(config, "head")
    grant(connection, service.name, service.schemas, service.access)
    connection.commit()
    connection.execute(text("RESET ROLE"))
    connection.execute(text("RESET search_path"))
    connection.commit()


def _as_owner(connection: Connection, service: str) -> None:
    connection.execute(text(f"SET ROLE owner_{service}"))
    connection.execute(text(f"SET search_path TO {service}"))
    connection.dialect.default_schema_name = service


def _head(config: Config) -> str | None:
    return ScriptDirectory.from_config(config).get_current_head()


def known_revisions(service: str) -> frozenset[str]:
    """Return the revisions in the service's Alembic history."""
    config = Config()
    config.set_main_option("script_location", str(_migrations_of(service)).replace("%", "%%"))
    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def run_migrations() -> None:
    """Run Alembic on the connection and the models that `upgrade` or `check` prepared; each env.py calls it."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=[context.config.attributes["metadata"], tables.metadata],
        compare_type=True,
        compare_server_default=True,
        include_schemas=False,
        transaction_per_migration=True,
        on_version_apply=_explain,
    )
    with context.begin_transaction():
        context.run_migrations()


_SEALS = text("SELECT to_regclass('seal_leaf') IS NOT NULL")
_EXPLAIN = text(
    "INSERT INTO operation (operation_id, at, operator, login, command, arguments, reason, outcome, detail) "
    "SELECT gen_random_uuid(), now(), 'migration', session_user, 'db migrate', '{}', 'a newer version', 'done', "
    "jsonb_build_object('revision', CAST(:revision AS text)) WHERE EXISTS (SELECT FROM seal_leaf)"
)


def _explain(ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:
    """Record a migration of sealed records in its own transaction: what it added or changed rests on that operation."""
    connection = ctx.connection
    if connection is not None and connection.scalar(_SEALS):
        connection.execute(_EXPLAIN, {"revision": step.up_revision_id})


def _check(connection: Connection, service: Migrated) -> str | None:
    config = _config(service, connection)
    _as_owner(connection, service.name)
    try:
        command.check(config)
    except CommandError as error:
        return str(error)
    return None


async def check(settings: Settings, services: Iterable[Migrated]) -> dict[str, str]:
    """Upgrade, then return by service how its models differ from the migrated tables; empty when none differs."""
    services = tuple(services)
    await upgrade(settings, services)
    faults: dict[str, str] = {}
    engine = admin_engine(settings)
    try:
        for service in services:
            async with engine.connect() as connection:
                fault = await connection.run_sync(_check, service)
                if fault is not None:
                    faults[service.name] = fault
    finally:
        await engine.dispose()
    return faults


async def status(settings: Settings, services: Iterable[Migrated]) -> dict[str, tuple[str | None, str | None]]:
    """Return, by service, the revision of the database and the newest revision in the code."""

    def read(connection: Connection, service: Migrated) -> tuple[str | None, str | None]:
        _as_owner(connection, service.name)
        current = MigrationContext.configure(connection).get_current_revision()
        return current, _head(_config(service, connection))

    engine = admin_engine(settings)
    found: dict[str, tuple[str | None, str | None]] = {}
    try:
        for service in services:
            async with engine.connect() as connection:
                found[service.name] = await connection.run_sync(read, service)
    finally:
        await engine.dispose()
    return found
