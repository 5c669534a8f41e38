"""The ledger against the documents, cases, acts and events of the service, on one snapshot. 三（二）, 四（一）1

Every table is read once: the queries share what is read of transfers and events, so the time grows with the rows.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from services.funding.ledger.verify import INVARIANTS, Drift
from services.funding.ledger.verify_cases import CASES
from services.funding.ledger.verify_claims import CLAIMS
from services.funding.ledger.verify_documents import DOCUMENTS
from services.funding.ledger.verify_payments import PAYMENTS
from services.funding.ledger.verify_plans import PLANS
from shared.actors import system_actor
from shared.storage.session import fence_of

SHARED = """
    movement AS MATERIALIZED (
        SELECT t.id, t.batch, t.kind, t.amount, t.purpose, t.case_id, t.document_id,
               d.code AS giver, d.fiscal_year AS giver_year, d.case_id AS giver_case,
               c.code AS taker, c.fiscal_year AS taker_year, c.case_id AS taker_case
        FROM funding_ledger.transfer t
        LEFT JOIN funding_ledger.account d ON d.id = t.debit_account
        LEFT JOIN funding_ledger.account c ON c.id = t.credit_account
    ), announced AS MATERIALIZED (
        SELECT type, agg_seq, aggregate_id AS subject, applicant_uscc AS payee,
               convert_from(payload, 'UTF8')::jsonb AS body
        FROM event_log
        WHERE type IN ('funding.budget_confirmed.v1', 'funding.budget_adjusted.v1', 'funding.funds_approved.v1',
                       'funding.plan_issued.v1', 'funding.plan_changed.v1', 'funding.funds_released.v1',
                       'funding.funds_returned.v1', 'funding.funds_clawed_back.v1', 'funding.funds_sent_back.v1',
                       'funding.approval_changed.v1')
    )
"""
"""Transfers with the codes, years and cases of their accounts, and the events about money."""

RECONCILED = DOCUMENTS | PLANS | CASES | PAYMENTS | CLAIMS
"""Invariants between the ledger and what the service decided and announced."""
CHECKS = INVARIANTS | RECONCILED
"""All invariants by name: of the ledger itself, and between ledger and business."""


def statement(*names: str) -> str:
    """Return the statement that yields the violations of these invariants as invariant, subject and figures."""
    parts = (
        f"SELECT '{name}', coalesce(subject, 'a row without id'), figures FROM ({CHECKS[name]}) AS q(subject, figures)"
        for name in names
    )
    return f"WITH {SHARED} {' UNION ALL '.join(parts)}"


_ALL = text(statement(*CHECKS))
_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_LIMIT = text("SELECT set_config('statement_timeout', :limit, true)")
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger verification', 7))")
_FENCE = text("SELECT set_config('app.districts', :districts, true), set_config('app.applicant', :applicant, true)")


async def reconcile(session: AsyncSession) -> list[Drift]:
    """Return all violations, read by one statement on one snapshot; an empty list means that all agrees.

    The whole city is read whoever asks: half of the cases against the whole ledger would contradict it.
    """
    await session.execute(_FENCE, fence_of(system_actor("funding")))
    return [Drift(*row) for row in await session.execute(_ALL)]


async def reconcile_snapshot(engine: AsyncEngine, within_seconds: float) -> list[Drift]:
    """Return all violations, read in a transaction of its own that writes nothing.

    One at a time verifies a database. Raises DBAPIError where a turn or the answer does not come in time.
    """
    async with AsyncSession(engine) as session:
        await session.execute(_SNAPSHOT)
        await session.execute(_LIMIT, {"limit": f"{within_seconds * 1000:.0f}ms"})
        await session.execute(_TURN)
        return await reconcile(session)
