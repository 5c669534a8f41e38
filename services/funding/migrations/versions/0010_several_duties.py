"""Several duties of one person on a case, those of earlier acts included."""

from alembic import op

from shared.storage.ddl import several_duties

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DUTY_OF_ACT = {
    "draft_budget": "draft_budget",
    "confirm_budget": "confirm_budget",
    "register_loan": "record_facts",
    "record_construction": "record_facts",
    "record_final_accounts": "record_facts",
    "record_co_support": "record_facts",
    "draft_plan": "draft_plan",
    "withdraw_plan": "draft_plan",
    "issue_plan": "issue_plan",
    "enter_plan": "issue_plan",
    "register_municipal_money": "register_money",
    "withdraw_public_money": "lift_bar",
    "submit_interest": "submit_statement",
    "decide_interest": "settle_statement",
    "hold_funds": "hold",
    "lift_hold": "lift_hold",
    "close_application": "close_application",
    "record_return": "record_return",
    "confirm_return": "decide_return",
    "reject_return": "decide_return",
    "record_recovery": "book_recovery",
}

# Those who drafted a plan, for each of its projects; and those who registered money at intake, for its entry.
_PLANNED = """
INSERT INTO duty (case_id, actor, duty, taken_at)
SELECT i.application_id, p.drafted_by, 'draft_plan', min(p.drafted_at)
FROM plan_item i JOIN investment_plan p ON p.id = i.plan_id GROUP BY 1, 2 ON CONFLICT DO NOTHING
"""
_REGISTERED = """
INSERT INTO duty (case_id, actor, duty, taken_at)
SELECT id, recorded_by, 'register_money', recorded_at FROM public_money WHERE application_id IS NULL
ON CONFLICT DO NOTHING
"""
_TABLES = ("plan_item", "investment_plan", "public_money")


def upgrade() -> None:
    several_duties(op, _DUTY_OF_ACT)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(_PLANNED)
    op.execute(_REGISTERED)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
