"""HTTP of the funding service, by subject."""

from fastapi import APIRouter

from services.funding.api import (
    applications,
    approvals,
    banks,
    books,
    budgets,
    comparison,
    final_accounts,
    holds,
    interest,
    plan_lists,
    plans,
    recovery,
    releases,
    support,
)
from shared.web.idempotency import ActRoute

SUBJECTS = (
    budgets,
    applications,
    comparison,
    approvals,
    plans,
    plan_lists,
    interest,
    releases,
    holds,
    recovery,
    final_accounts,
    support,
    banks,
    books,
)
router = APIRouter(route_class=ActRoute)
for subject in SUBJECTS:
    router.include_router(subject.router, prefix="/v1")
