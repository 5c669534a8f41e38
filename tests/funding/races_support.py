"""Races of approval, loans and claims for interest subsidy. 三（二）, 二（四）2"""

from tests.funding import rows
from tests.funding.races import APPLICATION, CASE, OWNER_OF_CASE, REASON, Race, become, decided, records
from tests.funding.rows import RECORD

LOAN = {
    "bank": "示例银行",
    "contract_no": "借1",
    "principal_yuan": "1000.00",
    "rate_type": "fixed",
    "annual_rate": "0.0200",
    "term_months": 60,
    "drawdowns": [{"on": "2024-03-01", "amount_yuan": "1000.00"}],
}
DRAFT = {"mode": "investment_grant", "justification": "建议"}
SPAN = {"from_on": "2024-02-01", "to_on": "2024-02-02"}
LINE = {**SPAN, "loan_id": str(RECORD), "end_day": "included", "rates": [{**SPAN, "annual_rate": "0.03"}]}
OFFICER = "110105-officer-1"
GONE = "UPDATE funding.{} SET withdrawn_at = now(), withdrawn_by = 'y', withdraw_reason = '误'"
WITHDRAWN = decided("interest_claim", "withdrawn")
DECIDED = decided("interest_claim", "decided", due_yuan="1", amount_yuan="1", decided_at="now()")
REOPENED = decided("interest_claim", "returned", due_yuan="NULL", amount_yuan="NULL", decided_at="NULL")
SIGNED = "UPDATE funding.application SET signed_by = 'z', signed_at = now(), countersign_from_yuan = 1, award_yuan = 1"
RACES = {
    "register_loan": Race(
        "city-officer-1", f"{CASE}/loans", LOAN, "invalid",
        "UPDATE funding.application SET mode = 'investment_grant', approved_on = '2024-03-01'",
    ),
    "record_construction": Race(
        "city-officer-1", f"{CASE}/construction-status", {"status": "under_construction", "evidence": "证"}, 200,
        APPLICATION,
    ),
    "draft_approval": Race("city-officer-1", f"{CASE}/draft-approval", DRAFT, "wrong_status", become("approved")),
    "approve_application": Race(
        "city-supervisor-1", f"{CASE}/approve", None, "wrong_status", become("declined"), status="drafted"
    ),
    "countersign_approval": Race(
        "city-supervisor-2", f"{CASE}/countersign", None, "wrong_status", become("declined"), status="drafted",
        given=lambda case: (SIGNED,),
    ),
    "decline_application": Race(
        "city-supervisor-1", f"{CASE}/decline", {"clauses": ["二（五）"], **REASON}, "wrong_status", become("approved")
    ),
    "correct_loan": Race(
        "city-officer-1", f"loans/{RECORD}/correct", LOAN | REASON, "wrong_status", GONE.format("loan"),
        given=records("loan", "键"),
    ),
    "withdraw_loan": Race(
        "city-officer-1", f"loans/{RECORD}/withdraw", REASON, "wrong_status", GONE.format("loan"),
        given=records("loan", "键"),
    ),
    "draft_interest_claim": Race(
        OWNER_OF_CASE, f"{CASE}/interest-claims", {"period": "2024Q1", "lines": [LINE]}, "wrong_status",
        become("closed"), status="planned",
    ),
    "recalculate_interest": Race(
        "city-officer-1", f"{CASE}/interest-calculations", None, "wrong_status", become("closed"), status="planned"
    ),
    "withdraw_interest_line": Race(
        "city-officer-1", f"interest-lines/{RECORD}/withdraw", REASON, "wrong_status", GONE.format("interest_line"),
        status="planned",
        given=lambda case: (
            rows.row("loan", case, "键"), rows.row("interest_claim", case, "decided"),
            rows.row("interest_line", case, "{}"),
        ),
    ),
    **{
        f"{name}_interest_{'remark' if end == 'accept-remark' else 'claim'}, {met}": Race(
            who, f"interest-claims/{RECORD}/{end}", body, "wrong_status",
            APPLICATION if met == "case" else other, other if met == "case" else "", "planned",
            records("interest_claim", status),
        )
        for name, end, who, body, status, other in (
            ("file", "file", OWNER_OF_CASE, {"attachments": [str(RECORD)]}, "draft", WITHDRAWN),
            ("withdraw", "withdraw", OWNER_OF_CASE, REASON, "verified", DECIDED),
            ("accept", "accept-remark", OFFICER, {"key": "0" * 32, **REASON}, "filed", WITHDRAWN),
            ("check", "check", OFFICER, None, "filed", WITHDRAWN),
            ("verify", "verify", "city-officer-1", None, "checked", WITHDRAWN),
            ("decide", "decide", "city-supervisor-1", None, "verified", decided("interest_claim", "returned")),
            ("return", "return", "city-officer-1", REASON, "checked", WITHDRAWN),
            ("refuse", "refuse", "city-supervisor-1", REASON, "verified", DECIDED),
            ("reopen", "reopen", "city-supervisor-1", REASON, "decided", REOPENED),
        )
        for met in ("case", "claim")
    },
    "record_final_accounts": Race(
        "city-officer-6", f"{CASE}/final-accounts",
        {"document_no": "决算1", "components": [{"final_investment_yuan": "1.00"}] * 2}, "invalid",
        "UPDATE funding.application SET mode = 'investment_grant', approved_on = '2024-03-01'",
    ),
}  # fmt: skip
