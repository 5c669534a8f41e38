"""Rights of the roles of monitoring on its own tables, and their reasons."""

from shared.storage.access import ADD, Access

ACCESS = (
    Access("credit_decision", "each rating stays as decided", app=ADD, sealer="SELECT"),
    Access(
        "credit_ground", "a ground ends; what it says stays", app=f"{ADD}, UPDATE (state, ended_on)", sealer="SELECT"
    ),
    Access(
        "credit_rating",
        "the procedure moves on, an objection is added; the proposal stays",
        app=f"{ADD}, UPDATE (state, objection)",
        sealer="SELECT",
    ),
    Access(
        "credit_repair",
        "the request is decided; what it says stays",
        app=f"{ADD}, UPDATE (state, decision_reason)",
        sealer="SELECT",
    ),
    Access(
        "entity",
        "grade, points and day of the newest decision",
        app=f"{ADD}, UPDATE (version, grade, points, rated_on)",
        sealer="SELECT",
    ),
    Access(
        "evaluation",
        "actuals, result and issue; project and applicant stay",
        app=(
            f"{ADD}, UPDATE (state, reference_on, actuals, result, score, grade, targets_met, "
            "evaluated_by, issued_on, late, acknowledged_on, version)"
        ),
        sealer="SELECT",
    ),
    Access(
        "finding",
        "rectification and closing; what was found stays",
        app=(
            f"{ADD}, UPDATE (version, state, rectify_by, overdue_since, rectification, rectified_on, closing, "
            "closed_on)"
        ),
        sealer="SELECT",
    ),
    Access("fund_movement", "movements of money are added", app=ADD, sealer="SELECT"),
    Access(
        "green_record",
        "its stations; account and figures stay",
        app=f"{ADD}, UPDATE (state, exchange_no, neutrality_certificate_no, return_reason)",
        sealer="SELECT",
    ),
    Access(
        "inspection",
        "what the inspector found; the draw stays",
        app=f"{ADD}, UPDATE (version, state, inspector, interest_statement, inspected_on, summary, evidence)",
        sealer="SELECT",
    ),
    Access("inspection_plan", "a draw stays as drawn", app=ADD, sealer="SELECT"),
    Access("issued_evaluation", "an issued report stays", app=ADD, sealer="SELECT"),
    Access(
        "meter",
        "label and bounds; readings keep their own result",
        app=f"{ADD}, UPDATE (label, period, low, high, version)",
        sealer="SELECT",
    ),
    Access(
        "project_file",
        "progress of money, delivery and evaluation; project, applicant and targets stay",
        app=(
            f"{ADD}, UPDATE (version, award_yuan, released_yuan, returned_yuan, demanded_yuan, recovered_yuan, "
            "held, hold_reason, status, delivered_on, delivery_proof, delivery_remark, evaluation_due_on, "
            "evaluation_state)"
        ),
        sealer="SELECT",
    ),
    Access(
        "project_quarter",
        "the quarter moves to its confirmation; project and quarter stay",
        app=(
            f"{ADD}, UPDATE (state, round, late, overdue_since, report, warnings, submitted_at, "
            "return_reasons, correct_by, confirmed_at, version)"
        ),
        sealer="SELECT",
    ),
    Access("quarter_submission", "what was submitted in a round stays", app=ADD, sealer="SELECT"),
    Access("reading", "readings are added", app=ADD, sealer="SELECT"),
    Access("reading_finding", "a finding is closed", app=f"{ADD}, UPDATE (version, state, closed)", sealer="SELECT"),
)
