"""Invariants of the ledger, each a query that returns its violations."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

INVARIANTS = {
    "debits_equal_credits": """
        SELECT 'ledger ' || ledger, format('debits %s+%s, credits %s+%s', sum(debits_posted), sum(debits_pending),
                                           sum(credits_posted), sum(credits_pending))
        FROM funding_ledger.account GROUP BY ledger
        HAVING sum(debits_posted) <> sum(credits_posted) OR sum(debits_pending) <> sum(credits_pending)""",
    "counters_equal_transfers": """
        WITH moved AS (
            SELECT t.*, CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END AS posted,
                   CASE WHEN kind = 1 AND r.pending_id IS NULL THEN amount ELSE 0 END AS held
            FROM funding_ledger.transfer t LEFT JOIN funding_ledger.resolution r ON r.pending_id = t.id
        ), side AS (
            SELECT debit_account AS id, batch, posted AS dp, held AS dh, 0 AS cp, 0 AS ch FROM moved
            UNION ALL SELECT credit_account, batch, 0, 0, posted, held FROM moved
        ), recomputed AS (
            SELECT id, sum(dp) AS dp, sum(dh) AS dh, sum(cp) AS cp, sum(ch) AS ch, count(DISTINCT batch) AS batches
            FROM side GROUP BY id
        )
        SELECT 'account ' || coalesce(a.id, m.id),
               format('counters %s/%s/%s/%s v%s, transfers %s/%s/%s/%s v%s', a.debits_posted, a.debits_pending,
                      a.credits_posted, a.credits_pending, a.version, m.dp, m.dh, m.cp, m.ch, m.batches)
        FROM funding_ledger.account a FULL JOIN recomputed m ON m.id = a.id
        WHERE (a.debits_posted, a.debits_pending, a.credits_posted, a.credits_pending, a.version)
              IS DISTINCT FROM (coalesce(m.dp, 0), coalesce(m.dh, 0), coalesce(m.cp, 0), coalesce(m.ch, 0),
                                coalesce(m.batches, 0))""",
    "no_limit_exceeded": """
        SELECT 'account ' || id, format('debits %s of credits %s, credits %s of limit %s',
               debits_posted + debits_pending, credits_posted, credits_posted + credits_pending, credit_limit)
        FROM funding_ledger.account
        WHERE credits_posted + credits_pending > credit_limit
           OR code NOT IN (1, 3) AND debits_posted + debits_pending > credits_posted""",
    "pending_resolved_at_most_once": """
        SELECT 'pending ' || t.pending_id, format('resolved by %s', string_agg(t.id::text, ', ' ORDER BY t.seq))
        FROM funding_ledger.transfer t WHERE t.pending_id IS NOT NULL
        GROUP BY t.pending_id HAVING count(*) > 1""",
    "resolutions_match_transfers": """
        SELECT 'pending ' || coalesce(r.pending_id, t.pending_id),
               format('resolution by %s, transfer %s, pending amount %s', r.transfer_id, t.id, p.amount)
        FROM funding_ledger.resolution r
        FULL JOIN (SELECT * FROM funding_ledger.transfer WHERE kind >= 2) t
               ON t.id = r.transfer_id AND t.pending_id = r.pending_id
        LEFT JOIN funding_ledger.transfer p ON p.id = coalesce(r.pending_id, t.pending_id) AND p.kind = 1
        WHERE r.pending_id IS NULL OR t.id IS NULL OR p.id IS NULL OR t.amount > p.amount
           OR (t.debit_account, t.credit_account) <> (p.debit_account, p.credit_account)""",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """Violation of an invariant: its name, the account or transfer, and the figures."""

    invariant: str
    subject: str
    figures: str


_ALL = text(
    " UNION ALL ".join(
        f"SELECT '{invariant}', subject, figures FROM ({query}) AS {invariant}(subject, figures)"
        for invariant, query in INVARIANTS.items()
    )
)


async def verify(session: AsyncSession) -> list[Drift]:
    """Return all violations, read by one statement on one snapshot; an empty list means a consistent ledger."""
    return [Drift(*row) for row in await session.execute(_ALL)]
