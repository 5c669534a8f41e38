"""Changes that only a superuser can make to the ledger, and the violations that its verification then names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from services.funding.ledger.verify import verify
from services.funding.ledger.verify_cases import verify_cases
from shared.actors import Actor, system_actor
from tests.funding.ledger.ledger_fixture import LedgerFixture

UNCHECKED = (
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_never_overdrawn",
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_within_limit",
)
"""Drops the two checks that would refuse the violations of `no_limit_exceeded`."""
CITY_WIDE = system_actor("test")
Named = set[tuple[str, str]]
"""Violations as pairs of invariant and subject."""


@asynccontextmanager
async def changed(books: LedgerFixture, *statements: str) -> AsyncIterator[AsyncSession]:
    """Yield a session of the service's role in a transaction with the changes, which is rolled back at the end.

    The changes are made without triggers and foreign keys; the schema may change too, as nothing is committed.
    """
    engine = create_async_engine(make_url(books.admin_dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
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


async def named(books: LedgerFixture, *statements: str, actor: Actor | None = None) -> Named:
    """Return what the verification names after the changes: of the ledger itself, or with `actor` of the cases."""
    async with changed(books, *statements) as session:
        drifts = await (verify(session) if actor is None else verify_cases(session, actor))
        return {(drift.invariant, drift.subject) for drift in drifts}
