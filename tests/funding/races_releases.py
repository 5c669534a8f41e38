"""Races of payee accounts, releases, holds, returns and demands. 三（二）, 四（一）1"""

from uuid import UUID, uuid4

from tests.funding import rows
from tests.funding.case import DISTRICT
from tests.funding.races import (
    APPLICATION,
    CASE,
    GIVEN_BACK,
    OWNER_OF_CASE,
    REASON,
    Race,
    become,
    decided,
    of_the_case,
    records,
    release_requested,
)
from tests.funding.rows import RECORD

HELD = (
    "INSERT INTO funding.hold (id, application_id, district, applicant_uscc, source, ground, clause, severity, reason,"
    " placed_by, placed_at) SELECT gen_random_uuid(), id, district, applicant_uscc, 'x', 'other', '四（一）1', 'stop',"
    " '暂停', 'x', now() FROM funding.application"
)
CLAWBACK = {"ground": "other", "clause": "四（一）1", "amount_yuan": "1.00", "reason": "追", "evidence": "证"}
BACK = {"amount_yuan": "1.00", "bank_receipt_no": "回单1", "reason": "退"}
ACCOUNT = {"account_name": "示例置业有限公司", "bank": "示例银行", "account_no": "0200002"}
RETURN, DEMAND, REQUEST = (
    records("money_return", "recorded"),
    records("clawback_request", "requested"),
    release_requested,
)
RACES = {
    "enter_payee": Race(
        OWNER_OF_CASE, f"{CASE}/payee-accounts", ACCOUNT, "duplicate", APPLICATION,
        of_the_case(rows.row("payee_account", UUID(int=0), "entered")),
    ),
    "check_payee": Race(
        f"{DISTRICT}-officer-1", f"payee-accounts/{RECORD}/check", None, "wrong_status",
        decided("payee_account", "withdrawn"), given=records("payee_account", "entered"),
    ),
    "confirm_payee": Race(
        f"{DISTRICT}-officer-1", f"payee-accounts/{RECORD}/confirm", None, "wrong_status",
        decided("payee_account", "withdrawn"), given=records("payee_account", "entered"),
    ),
    "return_payee": Race(
        f"{DISTRICT}-officer-1", f"payee-accounts/{RECORD}/return", REASON, "wrong_status",
        decided("payee_account", "withdrawn"), given=records("payee_account", "entered"),
    ),
    "withdraw_payee": Race(
        OWNER_OF_CASE, f"payee-accounts/{RECORD}/withdraw", REASON, "wrong_status",
        decided("payee_account", "returned"), given=records("payee_account", "entered"),
    ),
    "request_release, case": Race(
        "finance-1", f"{CASE}/release-requests", {"evidence": "依据"}, "wrong_status", become("closed"),
        status="planned",
    ),
    "request_release, hold": Race(
        "finance-1", f"{CASE}/release-requests", {"evidence": "依据"}, "funds_held", APPLICATION, HELD,
        status="planned",
    ),
    "release_funds, hold": Race(
        "finance-2", f"release-requests/{RECORD}/approve", None, "funds_held", APPLICATION, HELD, "planned", REQUEST
    ),
    "release_funds, case": Race(
        "finance-2", f"release-requests/{RECORD}/approve", None, "wrong_status",
        APPLICATION, decided("release_request", "rejected"), "planned", REQUEST,
    ),
    "release_funds, request": Race(
        "finance-2", f"release-requests/{RECORD}/approve", None, "wrong_status",
        decided("release_request", "rejected"), "", "planned", REQUEST,
    ),
    "reject_release, case": Race(
        "finance-2", f"release-requests/{RECORD}/reject", REASON, "wrong_status",
        APPLICATION, decided("release_request", "paid", transfer_id=f"'{uuid4()}'"), "planned", REQUEST,
    ),
    "reject_release, request": Race(
        "finance-2", f"release-requests/{RECORD}/reject", REASON, "wrong_status",
        decided("release_request", "paid", transfer_id=f"'{uuid4()}'"), "", "planned", REQUEST,
    ),
    "hold_funds": Race("city-officer-4", f"{CASE}/hold", REASON, 201, APPLICATION),
    "lift_hold": Race(
        "city-supervisor-3", f"{CASE}/lift-hold", REASON, "not_found", APPLICATION,
        "UPDATE funding.hold SET lifted_at = now()", given=lambda case: (HELD,),
    ),
    "close_application, case": Race(
        "city-supervisor-3", f"{CASE}/close", REASON, "wrong_status", become("released"), status="planned"
    ),
    "close_application, request": Race(
        "city-supervisor-3", f"{CASE}/close", REASON, "wrong_status", APPLICATION,
        of_the_case(rows.row("release_request", UUID(int=0), "requested")),
        status="planned",
    ),
    "record_return": Race("finance-1", f"{CASE}/returns", BACK, "more_than_paid", GIVEN_BACK),
    "confirm_return, case": Race(
        "finance-2", f"returns/{RECORD}/confirm", None, "more_than_paid", GIVEN_BACK, given=RETURN
    ),
    "confirm_return, return": Race(
        "finance-2", f"returns/{RECORD}/confirm", None, "wrong_status", decided("money_return", "rejected"),
        given=RETURN,
    ),
    "reject_return, case": Race(
        "finance-2", f"returns/{RECORD}/reject", REASON, "wrong_status",
        APPLICATION, decided("money_return", "confirmed"), given=RETURN,
    ),
    "reject_return, return": Race(
        "finance-2", f"returns/{RECORD}/reject", REASON, "wrong_status", decided("money_return", "confirmed"),
        given=RETURN,
    ),
    "request_clawback": Race(
        "city-officer-3", f"{CASE}/clawback-requests", CLAWBACK, "more_than_paid", GIVEN_BACK
    ),
    "demand_clawback, case": Race(
        "city-supervisor-3", f"clawback-requests/{RECORD}/approve", None, "more_than_paid", GIVEN_BACK, given=DEMAND
    ),
    "demand_clawback, request": Race(
        "city-supervisor-3", f"clawback-requests/{RECORD}/approve", None, "wrong_status",
        decided("clawback_request", "rejected"), given=DEMAND,
    ),
    "reject_clawback, case": Race(
        "city-supervisor-3", f"clawback-requests/{RECORD}/reject", REASON, "wrong_status",
        APPLICATION, decided("clawback_request", "demanded"), given=DEMAND,
    ),
    "reject_clawback, request": Race(
        "city-supervisor-3", f"clawback-requests/{RECORD}/reject", REASON, "wrong_status",
        decided("clawback_request", "demanded"), given=DEMAND,
    ),
    "record_recovery, case": Race(
        "finance-1", f"clawback-requests/{RECORD}/recovered", {"amount_yuan": "1.00", "bank_receipt_no": "回单1"},
        "wrong_status", APPLICATION, decided("clawback_request", "recovered", recovered_yuan="1"),
        given=records("clawback_request", "demanded"),
    ),
    "record_recovery, request": Race(
        "finance-1", f"clawback-requests/{RECORD}/recovered", {"amount_yuan": "1.00", "bank_receipt_no": "回单1"},
        "wrong_status", decided("clawback_request", "recovered", recovered_yuan="1"),
        given=records("clawback_request", "demanded"),
    ),
}  # fmt: skip
