"""Races of orders to correct, penalties and changes of an approval. 二（四）, 四（一）3"""

from tests.funding import rows
from tests.funding.races import APPLICATION, CASE, REASON, Race, become, decided, records
from tests.funding.rows import RECORD

ORDER = {"ground": "other", "clause": "四（一）1", "demand": "改", "due_on": "2024-05-01", "attachments": [str(RECORD)]}
PENALTY = {
    "kind": "interest", "ground": "other", "authority": "机关", "document_no": "决1", "decided_on": "2024-02-01",
    "base_yuan": "1.00", "amount_yuan": "1.00", "attachments": [str(RECORD)],
}  # fmt: skip
SIGNED = "UPDATE funding.approval_change SET signed_by = 'z', signed_at = now(), countersign_from_yuan = 1"
ASKED = "UPDATE funding.penalty SET withdrawal_asked_by = 'z', withdrawal_asked_at = now(), withdrawal_reason = '误'"
WITHDRAWN = "UPDATE funding.penalty SET withdrawn_by = 'y', withdrawn_at = now()"
CHANGE = {"kind": "site", "address": "示例路8号", "reason": "改", "attachments": [str(RECORD)]}
RACES = {
    "order_correction": Race(
        "city-officer-3", f"{CASE}/correction-orders", ORDER, "wrong_status", become("declined"), status="approved"
    ),
    "prove_correction": Race(
        "owner", f"correction-orders/{RECORD}/prove", {"proof": "已改", "attachments": [str(RECORD)]}, "wrong_status",
        decided("correction_order", "corrected"), given=records("correction_order", "ordered"),
    ),
    "close_correction": Race(
        "city-officer-6", f"correction-orders/{RECORD}/close", {"corrected": True, **REASON}, "wrong_status",
        decided("correction_order", "uncorrected"), given=records("correction_order", "ordered"),
    ),
    "extend_correction": Race(
        "city-officer-3", f"correction-orders/{RECORD}/extend", {"due_on": "2024-06-01", **REASON}, "wrong_status",
        decided("correction_order", "corrected"), given=records("correction_order", "ordered"),
    ),
    "withdraw_correction": Race(
        "city-officer-3", f"correction-orders/{RECORD}/withdraw", REASON, "wrong_status",
        decided("correction_order", "uncorrected"), given=records("correction_order", "ordered"),
    ),
    "ask_penalty_withdrawal": Race(
        "city-officer-3", f"penalties/{RECORD}/ask-withdrawal", REASON, "wrong_status", WITHDRAWN,
        given=records("penalty", "unpaid"),
    ),
    "decide_penalty_withdrawal": Race(
        "city-officer-6", f"penalties/{RECORD}/decide-withdrawal", {"withdraw": True, **REASON}, "wrong_status",
        WITHDRAWN, given=lambda case: (rows.row("penalty", case, "unpaid"), ASKED),
    ),
    "record_penalty": Race("city-officer-3", f"{CASE}/penalties", PENALTY, "invalid", APPLICATION),
    "book_penalty": Race(
        "finance-1", f"penalties/{RECORD}/paid", {"bank_receipt_no": "回单8", "paid_on": "2024-02-02"}, "wrong_status",
        "UPDATE funding.penalty SET paid_on = '2024-02-02', bank_receipt_no = '回单7'",
        given=records("penalty", "unpaid"),
    ),
    "request_change": Race(
        "owner", f"{CASE}/changes", CHANGE, "wrong_status", become("closed"), status="approved"
    ),
    **{
        f"{name}_change": Race(
            who, f"changes/{RECORD}/{name}", body, "wrong_status", decided("approval_change", "withdrawn"),
            status="approved", given=records("approval_change", status),
        )
        for name, who, body, status in (
            ("check", "110105-officer-1", {"opinion": "属实"}, "requested"),
            ("review", "city-officer-6", {"opinion": "属实"}, "checked"),
            ("approve", "city-supervisor-3", None, "reviewed"),
            ("refuse", "city-supervisor-3", REASON, "reviewed"),
            ("return", "110105-officer-1", REASON, "requested"),
            ("resubmit", "owner", CHANGE, "returned"),
            ("withdraw", "owner", REASON, "requested"),
        )
    },
    "countersign_change": Race(
        "city-supervisor-3", f"changes/{RECORD}/countersign", None, "wrong_status",
        decided("approval_change", "reviewed", signed_by="NULL", signed_at="NULL", countersign_from_yuan="NULL"),
        status="approved", given=lambda case: (rows.row("approval_change", case, "reviewed"), SIGNED),
    ),
}  # fmt: skip
