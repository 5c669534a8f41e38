"""Tables of funding, one module per subject."""

from services.funding.models import (
    applications,
    approvals,
    bank_referrals,
    budgets,
    clawbacks,
    final_accounts,
    holds,
    interest_statements,
    loans,
    months,
    payees,
    payment_orders,
    plans,
    public_money,
    receipts,
    releases,
    returns,
)
from services.funding.models.base import Base

__all__ = [
    "Base",
    "applications",
    "approvals",
    "bank_referrals",
    "budgets",
    "clawbacks",
    "final_accounts",
    "holds",
    "interest_statements",
    "loans",
    "months",
    "payees",
    "payment_orders",
    "plans",
    "public_money",
    "receipts",
    "releases",
    "returns",
]
