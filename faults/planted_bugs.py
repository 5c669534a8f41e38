"""Bugs that a campaign must find, planted by name: a campaign that stays green with one proves nothing.

This module plants them; `tests/faults/test_campaign.py` states by which difference each is found.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import asyncpg
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from services import SERVICES
from shared.actors import Actor
from shared.events import inbox, relay
from shared.events.bus import Message, consuming
from shared.events.bus.committing import Fetched
from shared.web import idempotency

Claim = Callable[[Request, AsyncSession, Actor, str], Coroutine[Any, Any, None]]
_CLAIM_DELAY_SECONDS = 0.3


def commit_offsets_early() -> None:
    """Commit offsets before the database: a killed consumer loses the batch in hand."""

    take = consuming.Member._take

    async def commit_and_take(self: consuming.Member, consumer: Any, fetched: Fetched) -> None:
        await self.commits.begin(consumer, fetched)
        await self.commits.finish()
        await take(self, consumer, fetched)

    consuming.Member._take = commit_and_take  # type: ignore[method-assign]


def inbox_in_own_transaction() -> None:
    """Give the inbox a transaction of its own: an event whose handling fails afterwards counts as handled."""
    accept = inbox._accept

    async def accept_in_own_transaction(session: AsyncSession, messages: Sequence[Message]) -> list[Message]:
        async with AsyncSession(session.bind, info=session.info) as own, own.begin():
            return await accept(own, messages)

    inbox._accept = accept_in_own_transaction


def relay_by_cursor() -> None:
    """Make the relay remember the last id it sent: a row that commits after a younger one is never sent."""
    relay._PENDING = relay._PENDING.replace(
        "ORDER BY id", "AND id > (SELECT coalesce(max(id), 0) FROM faults_cursor) ORDER BY id"
    )
    relay._DONE = f"WITH gone AS ({relay._DONE} RETURNING id) INSERT INTO faults_cursor SELECT max(id) FROM gone"


def relay_by_xid() -> None:
    """Make the relay send in the order of transaction ids, so a transaction that waited for the aggregate overtakes."""
    relay._PENDING = relay._PENDING.replace("ORDER BY id", "ORDER BY CAST(CAST(xmin AS text) AS bigint), id")
    idempotency.claim = _delay_first_claim(idempotency.claim)  # type: ignore[assignment]


def _delay_first_claim(claim: Claim) -> Claim:
    """Delay one of several concurrent transactions after its claim, so that the lowest transaction id writes last."""
    delaying = asyncio.Lock()

    async def delayed_claim(request: Request, session: AsyncSession, actor: Actor, key: str) -> None:
        await claim(request, session, actor, key)
        if not delaying.locked():
            async with delaying:
                await asyncio.sleep(_CLAIM_DELAY_SECONDS)

    return delayed_claim


_LOCKED = " FOR NO KEY UPDATE) s;"
_UNLOCKED = """) s;
    was := ARRAY[d_posted, d_pending, c_posted, c_pending];
    PERFORM pg_sleep(0.4);
    PERFORM FROM account WHERE id = ANY (debits || credits) ORDER BY id FOR NO KEY UPDATE;"""
_WRITTEN = {
    "debits_posted = u.d_posted": "debits_posted = t.debits_posted + u.d_posted - was[1][u.n]",
    "debits_pending = u.d_pending": "debits_pending = t.debits_pending + u.d_pending - was[2][u.n]",
    "credits_posted = u.c_posted": "credits_posted = t.credits_posted + u.c_posted - was[3][u.n]",
    "credits_pending = u.c_pending": "credits_pending = t.credits_pending + u.c_pending - was[4][u.n]",
    "FROM unnest(acc, d_posted, d_pending, c_posted, c_pending) u(id, d_posted, d_pending, c_posted, c_pending)": (
        "FROM unnest(acc, d_posted, d_pending, c_posted, c_pending) WITH ORDINALITY"
        " u(id, d_posted, d_pending, c_posted, c_pending, n)"
    ),
}


async def unlock_budget_check(admin: asyncpg.Connection) -> None:
    """Make the ledger read balances before it locks: two concurrent approvals both see the same money.

    Transfers and counters stay consistent, because the decided amounts are added to the counters; the constraint behind
    the check is dropped.
    """
    changed = await admin.fetchval("SELECT pg_get_functiondef('funding_ledger.post_batch'::regproc)")
    changed = changed.replace("DECLARE\n", "DECLARE\n    was bigint[];\n", 1)
    for right, wrong in {_LOCKED: _UNLOCKED, **_WRITTEN}.items():
        if changed.count(right) != 1:
            raise ValueError(f"the ledger's function has changed: {right!r}")
        changed = changed.replace(right, wrong)
    await admin.execute(changed)
    await admin.execute("ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_never_overdrawn")


async def create_cursor_tables(admin: asyncpg.Connection) -> None:
    """Create the table in which `relay_by_cursor` stores its position."""
    for service in SERVICES:
        await admin.execute(f"CREATE TABLE {service}.faults_cursor (id bigint)")
        await admin.execute(f"GRANT SELECT, INSERT ON {service}.faults_cursor TO relay_{service}")


IN_PROCESS: dict[str, Callable[[], None]] = {
    "commit_offsets_early": commit_offsets_early,
    "inbox_in_own_transaction": inbox_in_own_transaction,
    "relay_by_cursor": relay_by_cursor,
    "relay_by_xid": relay_by_xid,
}
IN_DATABASE: dict[str, Callable[[asyncpg.Connection], Awaitable[None]]] = {
    "relay_by_cursor": create_cursor_tables,
    "unlock_budget_check": unlock_budget_check,
}
NAMES = sorted(IN_PROCESS.keys() | IN_DATABASE.keys())
