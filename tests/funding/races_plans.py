"""Races of the budget, the investment plans and their changes. 三（二）"""

from uuid import UUID

from tests.funding import rows
from tests.funding.races import REASON, Race, become, decided, records, release_requested
from tests.funding.rows import RECORD

CHANGE = {"kind": "cancel", "document_no": "计调1号", **REASON, "attachments": [str(RECORD)]}
BUDGET = {"year": 2024, "amount_yuan": "1.00", "document_no": "财9号"}


def planned(case: UUID) -> tuple[str, ...]:
    return rows.row("investment_plan", case, "drafted"), rows.item(case)


def changing(case: UUID) -> tuple[str, ...]:
    return rows.row("investment_plan", case, "issued"), rows.item(case), rows.row("plan_change", case, "drafted")


RACES = {
    "draft_budget": Race(
        "city-supervisor-1", "budgets", BUDGET, "duplicate", rows.row("appropriation", UUID(int=0), "drafted")
    ),
    "confirm_budget": Race(
        "city-supervisor-1", f"budgets/{RECORD}/confirm", None, "stale",
        decided("appropriation", "confirmed", confirmed_by="'y'", confirmed_at="now()"),
        given=records("appropriation", "drafted"),
    ),
    "withdraw_budget": Race(
        "city-supervisor-1", f"budgets/{RECORD}/withdraw", REASON, "stale",
        decided("appropriation", "confirmed", confirmed_by="'y'", confirmed_at="now()"),
        given=records("appropriation", "drafted"),
    ),
    "issue_plan, plan": Race(
        "city-supervisor-2", f"plans/{RECORD}/issue", None, "wrong_status", decided("investment_plan", "withdrawn"),
        status="approved", given=planned,
    ),
    "issue_plan, case": Race(
        "city-supervisor-2", f"plans/{RECORD}/issue", None, "wrong_status", become("closed"), status="approved",
        given=planned,
    ),
    "withdraw_plan": Race(
        "city-officer-4", f"plans/{RECORD}/withdraw", REASON, "wrong_status", decided("investment_plan", "issued"),
        given=planned,
    ),
    "issue_plan_change": Race(
        "city-supervisor-1", f"plan-changes/{RECORD}/issue", None, "stale",
        decided("plan_change", "issued", decided_by="'y'", decided_at="now()"),
        given=changing,
    ),
    "withdraw_plan_change": Race(
        "city-officer-5", f"plan-changes/{RECORD}/withdraw", REASON, "stale",
        decided("plan_change", "issued", decided_by="'y'", decided_at="now()"),
        given=changing,
    ),
    "draft_plan_change": Race(
        "city-officer-5", f"plans/{RECORD}/changes", CHANGE, "wrong_status",
        "UPDATE funding.investment_plan SET status = 'withdrawn'",
        given=lambda case: (rows.row("investment_plan", case, "issued"), rows.item(case)),
    ),
    "release_plan": Race(
        "finance-2", f"plans/{RECORD}/release", None, "stale",
        "UPDATE funding.investment_plan SET version = version + 1",
        given=release_requested,
    ),
    "request_plan_release": Race(
        "finance-1", f"plans/{RECORD}/release-requests", {"evidence": "依据"}, "wrong_status",
        "UPDATE funding.investment_plan SET status = 'withdrawn'",
        given=lambda case: (rows.row("investment_plan", case, "issued"), rows.item(case)),
    ),
}  # fmt: skip
