"""Fixtures of the ledger's tests: open accounts on a real PostgreSQL and short constructors of transfers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import make_url

from services.funding.ledger.posting import open_accounts, try_post
from services.funding.ledger.postings import Account, AccountCode, Code, Kind, Transfer, programme_accounts, transfer_id
from services.funding.ledger.verify import Drift, verify
from shared.actors import system_actor
from shared.clock import Clock
from shared.storage.session import Database
from tests.postgres import Server
from tests.world import ROLE_PASSWORDS

MOMENT = datetime(2024, 9, 2, 1, 30, tzinfo=UTC)
CASE = UUID("11111111-1111-5111-8111-111111111111")
DOCUMENT = UUID("22222222-2222-5222-8222-222222222222")
"""Confirmed appropriation of 2024 that grants all that the tests post from SOURCE, and more."""
SOURCE, COMMITMENT, BUDGET, FROZEN = 1, 3, 202402, 202409
AWARD, PAID, RECEIVABLE, RETURNED = 1004, 1005, 1007, 1008
OTHER_LEDGER, OTHER_SOURCE = 202101, 9001
CAP = 1_000
CASE_ACCOUNTS = [
    Account(AWARD, AccountCode.AWARD, case_id=CASE, limit_fen=CAP),
    Account(PAID, AccountCode.PAID_GRANT, case_id=CASE),
    Account(RECEIVABLE, AccountCode.CLAWBACK_RECEIVABLE, case_id=CASE),
    Account(RETURNED, AccountCode.RETURNED, case_id=CASE),
]


@dataclass(frozen=True)
class LedgerFixture:
    """Ledger reached under the service's role, and under the owner's role for changes only the owner can make."""

    database: Database
    app_dsn: str
    admin_dsn: str

    async def send(self, *transfers: Transfer) -> list[Code]:
        """Post one batch in its own transaction and return the code of every transfer."""
        async with self.database.session(system_actor("test")) as session:
            return await try_post(session, transfers, MOMENT)

    async def open(self, accounts: Sequence[Account], **ledger: int) -> list[Code]:
        async with self.database.session(system_actor("test")) as session:
            return await open_accounts(session, accounts, **ledger)

    async def drifts(self) -> list[Drift]:
        async with self.database.session(system_actor("test")) as session:
            return await verify(session)

    async def as_app(self, *statements: str) -> list[Any]:
        return await _run(self.app_dsn, *statements)

    async def as_owner(self, *statements: str) -> list[Any]:
        return await _run(self.admin_dsn, "SET ROLE owner_funding", *statements)

    async def as_owner_without_triggers(self, *statements: str) -> list[Any]:
        """Run statements as an owner who has disabled the triggers; the schema, and so the database, stays reusable."""
        return await _run(
            self.admin_dsn, "SET session_replication_role = replica", "SET ROLE owner_funding", *statements
        )

    async def as_superuser(self, *statements: str) -> list[Any]:
        """Run statements without triggers, foreign keys and row-level security."""
        return await _run(self.admin_dsn, "SET session_replication_role = replica", *statements)

    async def grant(self, yuan: str = "999999999.00") -> None:
        """Store the confirmed appropriation DOCUMENT and the approval of CASE, each of this amount."""
        await self.as_superuser(
            "INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by,"
            f" drafted_at, confirmed_by, confirmed_at) VALUES ('{DOCUMENT}', '110000', 2024, '预算1号', {yuan},"
            " 'confirmed', 'supervisor-1', now(), 'supervisor-2', now())",
        )
        await self.approve(CASE, yuan)

    async def approve(self, case: UUID, yuan: str) -> None:
        """Store the approval of a case."""
        await self.as_superuser(
            "INSERT INTO funding.approval (application_id, district, applicant_uscc, approval_no, mode, base_yuan,"
            " award_yuan, derivation, clause, justification, readings, approved_by, approved_on) VALUES"
            f" ('{case}', '110105', '91110000600037341L', '批{case}', 'investment_grant', 1, {yuan}, '{{}}',"
            " '二（四）1', '拟', '{}', 'supervisor-1', '2024-09-02')",
        )

    async def counters(self) -> dict[int, tuple[int, int, int, int]]:
        rows = await self.as_app(
            "SELECT id, debits_posted, debits_pending, credits_posted, credits_pending FROM funding_ledger.account"
        )
        return {row["id"]: tuple(row)[1:] for row in rows}

    async def ids(self) -> set[UUID]:
        return {UUID(str(row["id"])) for row in await self.as_app("SELECT id FROM funding_ledger.transfer")}


async def _run(dsn: str, *statements: str) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return list(await connection.fetch(statements[-1]))
    finally:
        await connection.close()


@asynccontextmanager
async def open_ledger(server: Server, name: str, *, pool_size: int = 5) -> AsyncIterator[LedgerFixture]:
    """Yield the ledger of the database `name` with the accounts and documents above and no transfer posted."""
    app_dsn, admin_dsn = (
        server.embedded.dsn(name, "app_funding", ROLE_PASSWORDS["app_funding"]),
        server.embedded.dsn(name),
    )
    settings = server.settings(name).model_copy(update={"pool_size": pool_size})
    url = make_url(app_dsn).set(drivername="postgresql+asyncpg")
    database = Database("funding", url, Clock(MOMENT), settings)
    try:
        books = LedgerFixture(database, app_dsn, admin_dsn)
        await books.open([*programme_accounts(2024), *CASE_ACCOUNTS])
        await books.grant()
        await books.open([Account(OTHER_SOURCE, AccountCode.SOURCE)], ledger=OTHER_LEDGER)
        yield books
    finally:
        await database.close()


def direct(name: str, debit: int, credit: int, fen: int) -> Transfer:
    document = DOCUMENT if debit in (SOURCE, OTHER_SOURCE) else None
    return Transfer(transfer_id(CASE, name), Kind.DIRECT, fen, name, debit, credit, case_id=CASE, document=document)


def pending(name: str, debit: int, credit: int, fen: int) -> Transfer:
    return Transfer(transfer_id(CASE, name), Kind.PENDING, fen, name, debit, credit, case_id=CASE)


def posted(name: str, of: str, fen: int = 0) -> Transfer:
    return Transfer(transfer_id(CASE, name), Kind.POST, fen, name, pending=transfer_id(CASE, of), case_id=CASE)


def voided(name: str, of: str) -> Transfer:
    return Transfer(transfer_id(CASE, name), Kind.VOID, 0, name, pending=transfer_id(CASE, of), case_id=CASE)


def chain(*transfers: Transfer) -> list[Transfer]:
    return [replace(transfer, linked=transfer is not transfers[-1]) for transfer in transfers]
