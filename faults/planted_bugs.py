"""Bugs that the campaign must find, each planted by name: a campaign that stays green with one proves nothing.

Here is how each is built into a service; `tests/faults/test_campaign.py` says with what each must be found.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import asyncpg
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from services import SERVICES
from services.funding.migrations.post_batch_v1 import POST_BATCH
from shared.actors import Actor
from shared.events import inbox, relay
from shared.events.bus import Message, consuming
from shared.web import idempotency

Claim = Callable[[Request, AsyncSession, Actor, str], Coroutine[Any, Any, None]]
_DAWDLES_SECONDS = 0.3


def offsets_first() -> None:
    """Offsets are committed before the database: what a killed consumer had in hand is lost."""

    take = consuming.Member._take

    async def commit_and_take(self: consuming.Member, consumer: Any, fetched: consuming.Fetched) -> None:
        await consuming._commit(consumer, fetched)
        await take(self, consumer, fetched)

    consuming.Member._take = commit_and_take  # type: ignore[method-assign]


def inbox_apart() -> None:
    """The inbox has a transaction of its own: an event whose handling fails after it counts as handled."""
    accept = inbox._accept

    async def accept_apart(session: AsyncSession, messages: Sequence[Message]) -> list[Message]:
        async with AsyncSession(session.bind, info=session.info) as apart, apart.begin():
            return await accept(apart, messages)

    inbox._accept = accept_apart


def cursor_relay() -> None:
    """The relay remembers the last id it sent: a row that commits later than a younger one is never sent."""
    relay._PENDING = relay._PENDING.replace(
        "ORDER BY id", "AND id > (SELECT coalesce(max(id), 0) FROM faults_cursor) ORDER BY id"
    )
    relay._DONE = f"WITH gone AS ({relay._DONE} RETURNING id) INSERT INTO faults_cursor SELECT max(id) FROM gone"


def xid_relay() -> None:
    """The relay sends in the order of transaction ids: one that began early and waited for the aggregate overtakes."""
    relay._PENDING = relay._PENDING.replace("ORDER BY id", "ORDER BY CAST(CAST(xmin AS text) AS bigint), id")
    idempotency.claim = _claim_and_dawdle(idempotency.claim)  # type: ignore[assignment]


def _claim_and_dawdle(claim: Claim) -> Claim:
    """Of transactions that begin about together, the first is slow to come to its rows: it has the lowest id."""
    dawdling = asyncio.Lock()

    async def dawdle(request: Request, session: AsyncSession, actor: Actor, key: str) -> None:
        await claim(request, session, actor, key)
        if not dawdling.locked():
            async with dawdling:
                await asyncio.sleep(_DAWDLES_SECONDS)

    return dawdle


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


async def unlock_budget(admin: asyncpg.Connection) -> None:
    """The ledger reads balances and only then locks: two approvals at once both find the same money left.

    Its books stay true, for what was decided is added to the counters; the constraint behind the check is gone.
    """
    changed = POST_BATCH.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    changed = changed.replace("DECLARE\n", "DECLARE\n    was bigint[];\n", 1)
    for right, wrong in {_LOCKED: _UNLOCKED, **_WRITTEN}.items():
        if changed.count(right) != 1:
            raise ValueError(f"the ledger's function has changed: {right!r}")
        changed = changed.replace(right, wrong)
    await admin.execute(changed)
    await admin.execute("ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_never_overdrawn")


async def make_cursors(admin: asyncpg.Connection) -> None:
    """Where `cursor_relay` remembers."""
    for service in SERVICES:
        await admin.execute(f"CREATE TABLE {service}.faults_cursor (id bigint)")
        await admin.execute(f"GRANT SELECT, INSERT ON {service}.faults_cursor TO relay_{service}")


IN_PROCESS: dict[str, Callable[[], None]] = {
    "offsets_first": offsets_first,
    "inbox_apart": inbox_apart,
    "cursor_relay": cursor_relay,
    "xid_relay": xid_relay,
}
IN_DATABASE: dict[str, Callable[[asyncpg.Connection], Awaitable[None]]] = {
    "cursor_relay": make_cursors,
    "budget_unlocked": unlock_budget,
}
NAMES = sorted(IN_PROCESS.keys() | IN_DATABASE.keys())
