"""Several duties of one person on a case, those of earlier acts included."""

from alembic import op

from shared.storage.ddl import several_duties

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_DUTY_OF_ACT = {
    "deliver_project": "deliver",
    "submit_quarter": "report",
    "confirm_quarter": "confirm_report",
    "return_quarter": "confirm_report",
    "add_meter": "record_facts",
    "set_meter_bounds": "record_facts",
    "close_reading_finding": "close_reading",
    "order_inspection": "assign_inspection",
    "assign_inspector": "assign_inspection",
    "rectify_finding": "report",
    "object_to_rating": "report",
    "raise_credit_ground": "raise_ground",
    "request_repair": "report",
    "decide_repair": "decide_repair",
}

# Those who raised the grounds of an undecided rating or repair, for that rating or repair.
_RAISED = """
INSERT INTO duty (case_id, actor, duty, taken_at)
SELECT c.id, g.raised_by, 'raise_ground', now()
FROM credit_ground g JOIN (
    SELECT id, applicant_uscc FROM credit_rating WHERE state <> 'decided'
    UNION ALL SELECT id, applicant_uscc FROM credit_repair WHERE state = 'requested'
) c USING (applicant_uscc) WHERE g.state = 'standing' GROUP BY 1, 2 ON CONFLICT DO NOTHING
"""
_TABLES = ("credit_ground", "credit_rating", "credit_repair")


def upgrade() -> None:
    several_duties(op, _DUTY_OF_ACT)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(_RAISED)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
