"""Changes that only a superuser can make to the ledger, and the violations that its verification then names."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from services.funding.ledger.verify import Drift, verify

UNCHECKED = (
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_never_overdrawn",
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_within_limit",
)
"""Drops the two checks that would refuse the violations of `no_limit_exceeded`."""
Named = set[tuple[str, str]]
"""Violations as pairs of invariant and subject."""


@asynccontextmanager
async def changed(admin_dsn: str, *statements: str) -> AsyncIterator[AsyncSession]:
    """Yield a session of the service's role in a transaction with the changes, which is rolled back at the end.

    The changes are made without triggers and foreign keys; the schema may change too, as nothing is committed.
    """
    engine = create_async_engine(make_url(admin_dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection, connection.begin() as transaction:
            for statement in ("SET LOCAL session_replication_role = replica", *statements):
                await connection.exec_driver_sql(statement)
            await connection.exec_driver_sql("SET LOCAL ROLE app_funding")
            await connection.exec_driver_sql("SET LOCAL search_path = funding")
            yield AsyncSession(connection)
            await transaction.rollback()
    finally:
        await engine.dispose()


async def named(
    admin_dsn: str, *statements: str, by: Callable[[AsyncSession], Awaitable[list[Drift]]] = verify
) -> Named:
    """Return what a verification names after the changes; by default that of the ledger itself."""
    async with changed(admin_dsn, *statements) as session:
        return {(drift.invariant, drift.subject) for drift in await by(session)}
