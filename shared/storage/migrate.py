"""Roles, schemas and each service's Alembic history. `python -m shared.storage.migrate up|check|status [service …]`."""

import argparse
import asyncio
import sys

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared.runtime import SERVICES
from shared.settings import ROOT, Settings
from shared.storage import tables

_PROVISIONING_LOCK = 0x7E12


async def provision(connection: AsyncConnection, service: str, password: str) -> None:
    """Create the service's schema and roles: an owner that cannot log in, and app and relay roles that own nothing."""
    for role, login in ((f"owner_{service}", "NOLOGIN"), (f"app_{service}", "LOGIN"), (f"relay_{service}", "LOGIN")):
        known = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
        if not known:
            await connection.execute(text(f"CREATE ROLE {role} {login} NOBYPASSRLS NOCREATEDB NOCREATEROLE"))
        if password and login == "LOGIN":
            await _set_password(connection, role, password)
    await connection.execute(text(f"GRANT owner_{service} TO CURRENT_USER"))
    await _own_schema(connection, service, service)
    await connection.execute(text(f"GRANT USAGE ON SCHEMA {service} TO relay_{service}"))
    await connection.execute(
        text(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE owner_{service} IN SCHEMA {service} "
            f"GRANT SELECT, INSERT, UPDATE ON TABLES TO app_{service}"
        )
    )
    if service == "funding":
        await _own_schema(connection, "funding_ledger", service)


async def _set_password(connection: AsyncConnection, role: str, password: str) -> None:
    """The password is no part of a statement of ours: a statement that fails is quoted in the error."""
    await connection.execute(text("SELECT set_config('tenghuan.password', :password, true)"), {"password": password})
    await connection.exec_driver_sql(
        f"DO $$ BEGIN EXECUTE format('ALTER ROLE {role} PASSWORD %L', current_setting('tenghuan.password')); END $$"
    )


async def _own_schema(connection: AsyncConnection, schema: str, service: str) -> None:
    await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION owner_{service}"))
    await connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO app_{service}"))


def admin_engine(settings: Settings) -> AsyncEngine:
    return create_async_engine(settings.admin_url(), poolclass=NullPool, hide_parameters=True)


async def upgrade(settings: Settings, services: tuple[str, ...] = SERVICES) -> None:
    """Bring the services' schemas to the newest migration; several processes may try at once."""
    engine = admin_engine(settings)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _PROVISIONING_LOCK})
            for service in services:
                await provision(connection, service, settings.role_password.get_secret_value())
                await connection.commit()
                await connection.run_sync(_upgrade, service)
    finally:
        await engine.dispose()


def _config(service: str, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services" / service / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["service"] = service
    return config


def _upgrade(connection: Connection, service: str) -> None:
    config = _config(service, connection)
    _as_owner(connection, service)
    if MigrationContext.configure(connection).get_current_revision() != _head(config):
        command.upgrade(config, "head")
    connection.execute(text(f"REVOKE INSERT, UPDATE ON alembic_version FROM app_{service}"))
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


def run_migrations(metadata: MetaData) -> None:
    """What a service's env.py calls: run within the connection that `upgrade` or `check` prepared."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=[metadata, tables.metadata],
        compare_type=True,
        compare_server_default=True,
        include_schemas=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _check(connection: Connection, service: str) -> str | None:
    config = _config(service, connection)
    _as_owner(connection, service)
    try:
        command.check(config)
    except CommandError as error:
        return str(error)
    return None


async def check(settings: Settings, services: tuple[str, ...] = SERVICES) -> dict[str, str]:
    """What the models have and the migrations do not build, by service; empty when they agree."""
    await upgrade(settings, services)
    faults: dict[str, str] = {}
    engine = admin_engine(settings)
    try:
        for service in services:
            async with engine.connect() as connection:
                fault = await connection.run_sync(_check, service)
                if fault is not None:
                    faults[service] = fault
    finally:
        await engine.dispose()
    return faults


async def status(settings: Settings, services: tuple[str, ...] = SERVICES) -> dict[str, tuple[str | None, str | None]]:
    """By service: the migration the database is at, and the newest there is."""

    def read(connection: Connection, service: str) -> tuple[str | None, str | None]:
        _as_owner(connection, service)
        current = MigrationContext.configure(connection).get_current_revision()
        return current, _head(_config(service, connection))

    engine = admin_engine(settings)
    found: dict[str, tuple[str | None, str | None]] = {}
    try:
        for service in services:
            async with engine.connect() as connection:
                found[service] = await connection.run_sync(read, service)
    finally:
        await engine.dispose()
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m shared.storage.migrate", description=__doc__)
    parser.add_argument("act", choices=["up", "check", "status"])
    parser.add_argument("services", nargs="*", choices=[*SERVICES, []], default=[])
    chosen = parser.parse_args(arguments)
    services = tuple(chosen.services) or SERVICES
    settings = Settings()
    if chosen.act == "up":
        asyncio.run(upgrade(settings, services))
    elif chosen.act == "check":
        faults = asyncio.run(check(settings, services))
        for service, fault in faults.items():
            sys.stderr.write(f"{service}: {fault}\n")
        return 3 if faults else 0
    else:
        for service, (current, head) in asyncio.run(status(settings, services)).items():
            sys.stdout.write(f"{service}\t{current or '-'}\t{head}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
