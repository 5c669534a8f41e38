"""Transfers per second into one budget account, for batches of 2, 10 and 100 transfers that commit together.

A batch is posted as the product issues a plan: one `post` of all cancellations and reservations in one transaction.
Beside it, in the same round, pgbench's four-statement write with as many clients.
"""

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from bench.floor import prepare_floor, transactions_per_second
from deploy.local.postgres import Embedded, start
from deploy.local.settings import passwords_from
from services import load
from services.funding.ledger.budget_postings import appropriate
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import (
    Transfer,
    award,
    cancel,
    case_accounts,
    programme_accounts,
    reserve,
)
from services.funding.ledger.verify import verify
from shared.actors import system_actor
from shared.clock import Clock
from shared.settings import Settings
from shared.storage.migrate import upgrade
from shared.storage.session import Database

SECONDS = 4.0
ROUNDS = 3
CLIENTS = 8
"""The number of clients in `bench.floor`."""
CASES_EACH = 125
SIZES = (2, 10, 100)
"""Transfers per commit; two is the smallest step of a plan: a reservation debits budget and award together."""
PASSWORDS = passwords_from("bench")
YEAR = 2024
AWARD = Decimal("1000.00")
ACTOR = system_actor("bench")
DOCUMENT = UUID(int=0)
_APPROPRIATION = """
INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by, drafted_at,
                                   confirmed_by, confirmed_at)
VALUES ($1, '110000', $2, 'bench', $3, 'confirmed', 'one', now(), 'other', now())
"""
_APPROVALS = """
INSERT INTO funding.approval (application_id, district, applicant_uscc, approval_no, mode, base_yuan, award_yuan,
                              derivation, clause, justification, readings, approved_by, approved_on)
SELECT id, '110105', '', id::text, 'investment_grant', $2, $2, '{}', '', '', '{}', 'bench', now()
FROM unnest($1::uuid[]) id
"""


class Client:
    """Client that renews the reservations of its own cases, one transfer after the other, without end."""

    def __init__(self, number: int) -> None:
        self.cases = [UUID(int=number * CASES_EACH + n + 1) for n in range(CASES_EACH)]
        self._transfers = self._renewals()

    def _renewals(self) -> Iterator[Transfer]:
        for number in itertools.count():
            for case in self.cases:
                yield from cancel(case, str(number))
                yield from reserve(case, "grant", YEAR, AWARD, str(number + 1))

    def batch(self, size: int) -> list[Transfer]:
        """Return the next `size` transfers; an even size leaves every chain whole."""
        return list(itertools.islice(self._transfers, size))


async def store_documents(server: Embedded, cases: list[UUID], yuan: Decimal) -> None:
    """Store the documents on which the money rests: a confirmed appropriation, and an approval of each case."""
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(_APPROPRIATION, DOCUMENT, YEAR, yuan * len(cases))
        await connection.execute(_APPROVALS, cases, yuan)
    finally:
        await connection.close()


async def _open(database: Database, clients: list[Client]) -> None:
    cases = [case for client in clients for case in client.cases]
    accounts = [account for case in cases for account in case_accounts(case, "grant", AWARD)]
    transfers = appropriate(YEAR, AWARD * len(cases), "bench", DOCUMENT)
    for case in cases:
        transfers += [*award(case, AWARD), *reserve(case, "grant", YEAR, AWARD, "0")]
    async with database.session(ACTOR) as session:
        await open_accounts(session, [*programme_accounts(YEAR), *accounts])
        await post(session, transfers)


async def _post_batches(database: Database, clients: list[Client], size: int) -> dict[str, float]:
    """Post and commit batches from every client for some seconds; return rate and latency."""
    waited: list[float] = []
    posted: list[int] = []
    began = time.perf_counter()

    async def run(client: Client) -> None:
        while time.perf_counter() - began < SECONDS:
            transfers = client.batch(size)
            sent = time.perf_counter()
            async with database.session(ACTOR) as session:
                await post(session, transfers)
            waited.append(time.perf_counter() - sent)
            posted.append(len(transfers))

    await asyncio.gather(*(run(client) for client in clients))
    waited.sort()
    lasted = time.perf_counter() - began
    return {
        "transfers_per_second": round(sum(posted) / lasted),
        "commits_per_second": round(len(posted) / lasted),
        "p50_ms": round(statistics.median(waited) * 1000, 2),
        "p99_ms": round(waited[int(len(waited) * 0.99)] * 1000, 2),
    }


async def _round(server: Embedded, database: Database, clients: list[Client]) -> dict[str, dict[str, float]]:
    floor = await asyncio.to_thread(transactions_per_second, server, SECONDS)
    results = {f"{size}_per_commit": await _post_batches(database, clients, size) for size in SIZES}
    for figures in results.values():
        figures["ratio_to_floor"] = round(figures["transfers_per_second"] / floor, 2)
    return {"floor": {"transactions_per_second": round(floor)}, **results}


def _medians(rounds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        name: {figure: statistics.median(one[name][figure] for one in rounds) for figure in rounds[0][name]}
        for name in rounds[0]
    }


async def _measure(server: Embedded) -> dict[str, Any]:
    settings = Settings(database_url=server.dsn(), role_passwords=PASSWORDS, pool_size=CLIENTS)
    await upgrade(settings, [load("funding")])
    database = Database("funding", settings.service_url("funding"), Clock(), settings)
    clients = [Client(number) for number in range(CLIENTS)]
    try:
        await store_documents(server, [case for client in clients for case in client.cases], AWARD)
        await _open(database, clients)
        await prepare_floor(server)
        rounds = [await _round(server, database, clients) for _ in range(ROUNDS)]
        async with database.session(ACTOR) as session:
            drifts = len(await verify(session))
    finally:
        await database.close()
    return {"rounds": ROUNDS, "seconds_each": SECONDS, "clients": CLIENTS, **_medians(rounds), "drifts": drifts}


def measure() -> dict[str, Any]:
    """Return rates per second and milliseconds, medians of the rounds; fsync is on."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
