"""Gauges of funding: the ledger checked against itself and against the cases, once an hour."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.ledger.verify import INVARIANTS, verify
from services.funding.ledger.verify_cases import CHECKS, verify_cases
from shared.metrics import TableGauge
from shared.storage.session import actor_of

_HOUR = 3600.0


async def _discrepancies(session: AsyncSession) -> Mapping[str, float]:
    """Return by invariant how many contradictions the ledger holds; all are 0 as long as it is sound."""
    drifts = await reconcile(session)
    found = Counter(drift.invariant for drift in drifts)
    return {invariant: float(found[invariant]) for invariant in (*INVARIANTS, *CHECKS)}


GAUGES = (
    TableGauge(
        "ledger_discrepancies",
        "Contradictions found by the last ledger check",
        "invariant",
        _discrepancies,
        _HOUR,
    ),
)
