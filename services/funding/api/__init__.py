"""HTTP endpoints of funding, one module per subject."""

from services.funding.api import (
    applications,
    approvals,
    bank_referrals,
    budgets,
    changes,
    clawbacks,
    construction,
    final_accounts,
    holds,
    interest_calculations,
    interest_claims,
    interest_review,
    ledger,
    loans,
    money_bars,
    offers,
    payees,
    plan_changes,
    plans,
    public_money,
    releases,
    returns,
)
from shared.attachments import api as attachments
from shared.figures import entering, reading
from shared.web.routing import joined

SUBJECTS = (
    budgets,
    applications,
    offers,
    loans,
    construction,
    approvals,
    plans,
    plan_changes,
    interest_claims,
    interest_review,
    interest_calculations,
    payees,
    releases,
    holds,
    changes,
    returns,
    clawbacks,
    final_accounts,
    public_money,
    money_bars,
    bank_referrals,
    ledger,
    attachments,
    reading,
    entering,
)
router = joined(*(subject.router for subject in SUBJECTS))
