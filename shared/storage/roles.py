"""Database roles of a service: what each may take of the server, and the passwords with which they log in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.settings import ROLE_KINDS, Settings


@dataclass(frozen=True)
class RoleKind:
    """Bounds of the roles of a kind. The timeouts are defaults of a session, which it may change for itself."""

    connections: int
    """Sessions at a time, of all processes together."""
    settings: Mapping[str, str]


KINDS: Mapping[str, RoleKind] = {
    # A process holds 14 (docs/deployment.md): two replicas, and the operator's command beside them.
    "app": RoleKind(
        connections=40,
        settings={
            # A page of an export takes seconds, the check of a ledger of ten million transfers two minutes.
            "statement_timeout": "300s",
            # Longer than an act holds a row or a tick its turn; a request that waits so long is answered 503.
            "lock_timeout": "30s",
            # A reader of an export that takes nothing for so long holds no connection any more.
            "idle_in_transaction_session_timeout": "60s",
        },
    ),
    # A process holds two, one to publish and one to place.
    "relay": RoleKind(
        connections=8,
        settings={
            "statement_timeout": "60s",
            "lock_timeout": "30s",
            # It commits each statement by itself: between them it waits for the brokers outside of a transaction.
            "idle_in_transaction_session_timeout": "60s",
        },
    ),
    # It reads the rows of a batch and writes their leaves; verifying reads whole tables.
    "sealer": RoleKind(
        connections=8,
        settings={
            "statement_timeout": "300s",
            "lock_timeout": "30s",
            "idle_in_transaction_session_timeout": "60s",
        },
    ),
}
assert tuple(KINDS) == ROLE_KINDS


async def create_roles(connection: AsyncConnection, service: str, settings: Settings) -> None:
    """Create the service's roles, or bring them up to date: an owner that cannot log in, and those that own nothing.

    A role whose password `settings` do not name keeps the one it has; a new one cannot log in until it has one.
    """
    await _create(connection, f"owner_{service}", "NOLOGIN")
    for kind, bounds in KINDS.items():
        role = f"{kind}_{service}"
        limit = settings.role_connections.get(kind, bounds.connections)
        await _create(connection, role, "LOGIN")
        await connection.execute(text(f"ALTER ROLE {role} CONNECTION LIMIT {int(limit)}"))
        for name, value in {**bounds.settings, "search_path": service}.items():
            await connection.execute(text(f"ALTER ROLE {role} SET {name} = '{value}'"))
    await set_passwords(connection, service, settings.role_passwords | settings.next_role_passwords)
    await connection.execute(text(f"GRANT owner_{service} TO CURRENT_USER"))


async def _create(connection: AsyncConnection, role: str, login: str) -> None:
    if not await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
        await connection.execute(text(f"CREATE ROLE {role} {login} NOBYPASSRLS NOCREATEDB NOCREATEROLE"))


async def set_passwords(connection: AsyncConnection, service: str, passwords: Mapping[str, SecretStr]) -> None:
    """Give the service's roles their passwords, by name of the role; a role that is not named keeps the one it has."""
    for role in (f"{kind}_{service}" for kind in KINDS):
        if role in passwords and passwords[role].get_secret_value():
            await _set_password(connection, role, passwords[role].get_secret_value())


async def _set_password(connection: AsyncConnection, role: str, password: str) -> None:
    """Set a role's password through a setting: PostgreSQL quotes a failing statement in its error message."""
    await connection.execute(text("SELECT set_config('tenghuan.password', :password, true)"), {"password": password})
    await connection.exec_driver_sql(
        f"DO $$ BEGIN EXECUTE format('ALTER ROLE {role} PASSWORD %L', current_setting('tenghuan.password')); END $$"
    )


def trying_also(next_password: str) -> dict[str, Any]:
    """Return connect arguments of an engine that logs in with `next_password` where its own is refused.

    During a rotation a process knows both, so that it can connect before and after the moment of the change.
    """
    if not next_password:
        return {}

    async def connect(*arguments: Any, **named: Any) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(*arguments, **named)
        except asyncpg.InvalidPasswordError:
            return await asyncpg.connect(*arguments, **{**named, "password": next_password})

    return {"async_creator_fn": connect}
