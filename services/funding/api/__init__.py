"""HTTP of the funding service, by subject."""

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
from shared.web.routing import joined

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
router = joined(*(subject.router for subject in SUBJECTS))
