"""Job of funding that verifies the ledger against documents, cases, acts and events, and its metrics. 三（二）"""

import time
from collections import Counter

import structlog

from services.funding.ledger.reconciliation import CHECKS, reconcile_snapshot
from services.funding.ledger.verify import Drift
from shared.clock import Clock
from shared.metrics import gauge
from shared.runtime import Instance, Job

log = structlog.get_logger()
DISCREPANCIES = gauge(
    "ledger_discrepancies", "Contradictions that the last verification of the ledger found", "invariant"
)
VERIFIED_AT = gauge(
    "ledger_verified_timestamp_seconds",
    "When the ledger was last verified whole (Unix time); before the first time, when the process started",
)
DURATION = gauge(
    "ledger_verify_seconds", "Duration of the last verification of the ledger, waiting for its turn included"
)


async def verify_ledger(instance: Instance) -> list[Drift]:
    """Verify the ledger in its turn, show the result in the metrics and log contradictions as errors."""
    began = time.perf_counter()
    drifts = await reconcile_snapshot(instance.background.engine, instance.settings.ledger_verify_seconds)
    found = Counter(drift.invariant for drift in drifts)
    service = instance.service.name
    for invariant in CHECKS:
        DISCREPANCIES.labels(service, invariant).set(found[invariant])
    DURATION.labels(service).set(time.perf_counter() - began)
    VERIFIED_AT.labels(service).set(Clock().now().timestamp())
    if drifts:
        log.error("the ledger contradicts itself or the cases", **found, first=str(drifts[0]))
    return drifts


async def _run(instance: Instance) -> None:
    await verify_ledger(instance)


def _begin(instance: Instance) -> None:
    VERIFIED_AT.labels(instance.service.name).set(Clock().now().timestamp())


JOBS = (Job("ledger verification", lambda settings: settings.ledger_verify_seconds, _run, _begin),)
