"""Each act on an application in each of its statuses: done in those that the notice's steps name, refused in others."""

from typing import Any
from uuid import UUID

import pytest

from deploy.demo.personas import Persona, applicant
from services.funding.models.interest_claims import OPEN as WAITING
from services.funding.rules.change_codes import CHANGE_STATUSES, CORRECTION_STATUSES, OPEN_CHANGES
from services.funding.rules.code_lists import APPLICATION_STATUSES, CLAIM_IN_REVIEW, CLAIM_STATUSES, MONEY_BAR_STATUSES
from tests.enumeration import operations
from tests.funding.case import OWNER, appropriate, approved, enter_pool, plan_item
from tests.funding.rows import RECORD, add, add_planned
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

DRAFT = {"mode": "investment_grant", "justification": "建议支持"}
REFUSAL = {"clauses": ["二（五）"], "reason": "不符"}
SPAN = {"from_on": "2024-02-01", "to_on": "2024-02-02"}
LINES = [{**SPAN, "loan_id": str(UUID(int=1)), "end_day": "included", "rates": [{**SPAN, "annual_rate": "0.03"}]}]
OWN = applicant(OWNER, "示例置业有限公司")
SCANS = {"attachments": [str(UUID(int=1))]}
PAPER = {"attachments": [str(UUID(int=1))]}
PROOF = {"proof": "已改", **PAPER}
CAUSE = {"reason": "登记有误"}
CLOSING = {"corrected": True, "reason": "已改正"}
PAYMENT = {"bank_receipt_no": "回单8", "paid_on": "2024-02-02"}
ORDER = {
    "ground": "other",
    "clause": "四（一）1",
    "demand": "改",
    "due_on": "2024-05-01",
    "attachments": [str(UUID(int=1))],
}
OPINION = {"opinion": "属实"}
ANEW = {"kind": "site", "address": "示例路8号", "reason": "改", "attachments": [str(UUID(int=1))]}
OPEN = {"approved", "planned", "releasing"}
ACTS: dict[str, tuple[str, str | Persona, Any, set[str]]] = {
    "draft_approval": ("draft-approval", "city-officer-1", DRAFT, {"received", "drafted"}),
    "approve_application": ("approve", "city-supervisor-1", None, {"drafted"}),
    "decline_application": ("decline", "city-supervisor-2", REFUSAL, {"received", "drafted"}),
    "preview_interest": ("interest-preview", OWN, {"lines": LINES}, OPEN | {"released"}),
    "draft_interest_claim": ("interest-claims", OWN, {"period": "2024Q1", "lines": LINES}, OPEN | {"released"}),
    "recalculate_interest": ("interest-calculations", "city-officer-3", None, OPEN | {"released"}),
    "request_release": ("release-requests", "finance-1", {"evidence": "依据"}, {"planned", "releasing"}),
    "close_application": ("close", "city-supervisor-3", {"reason": "不再实施"}, OPEN),
    "order_correction": ("correction-orders", "city-officer-3", ORDER, OPEN | {"released", "closed"}),
    "request_change": ("changes", OWN, ANEW, OPEN | {"released"}),
}
"""Acts by operation: end of the path, who, body, and the statuses in which the act is not refused for the status."""


async def put(world: World, case: UUID, status: str) -> None:
    await world.database.admin.execute("UPDATE funding.application SET status = $1 WHERE id = $2", status, case)


@pytest.mark.parametrize("name", ACTS)
async def test_an_act_is_refused_in_every_other_status(world: World, name: str) -> None:
    end, who, body, admitted = ACTS[name]
    await appropriate(world)
    case = await enter_pool(world)
    await world.post("funding", f"/v1/applications/{case}/draft-approval", "city-officer-1", DRAFT)
    if "interest" in name:
        await world.database.admin.execute("UPDATE funding.application SET mode = 'interest_subsidy'")
    refused = set()
    for status in APPLICATION_STATUSES.keys() - admitted:
        await put(world, case, status)
        answer = await world.call("funding", "POST", f"/v1/applications/{case}/{end}", who, body)
        refused |= {status} if (answer.status_code, answer.json()["code"]) == (409, "wrong_status") else set()
    assert refused == APPLICATION_STATUSES.keys() - admitted
    for status in sorted(admitted):
        await put(world, case, status)
        answer = await world.call("funding", "POST", f"/v1/applications/{case}/{end}", who, body)
        assert answer.json().get("code") != "wrong_status", status


async def test_only_an_approved_project_is_drafted_into_a_plan_and_issued_in_it(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    items = {"items": [plan_item(case)]}
    for status in APPLICATION_STATUSES:
        await put(world, case, status)
        expected = 201 if status == "approved" else 422
        plan = await world.post("funding", "/v1/plans", "city-officer-2", {"year": 2024, "batch": 1, **items}, expected)
        if status == "approved":
            drafted = plan["id"]
    for status in APPLICATION_STATUSES.keys() - {"approved"}:
        await put(world, case, status)
        refused = await world.post("funding", f"/v1/plans/{drafted}/issue", "city-supervisor-2", None, 409)
        assert refused["code"] == "wrong_status", status
    await put(world, case, "approved")
    await world.post("funding", f"/v1/plans/{drafted}/issue", "city-supervisor-2")


LOAN = {
    "bank": "示例银行",
    "principal_yuan": "1000.00",
    "rate_type": "fixed",
    "annual_rate": "0.0200",
    "term_months": 60,
    "drawdowns": [{"on": "2024-03-01", "amount_yuan": "1000.00"}],
}
MODES: dict[str, tuple[str | None, str | None, int, int]] = {
    # Mode, day of approval, then the answers to a loan contract and to final accounts.
    "no mode yet": (None, None, 201, 409),
    "a grant that is drafted": ("investment_grant", None, 201, 409),
    "a grant that is approved": ("investment_grant", "2024-03-01", 422, 201),
    "an interest subsidy that is drafted": ("interest_subsidy", None, 201, 409),
    "an interest subsidy that is approved": ("interest_subsidy", "2024-03-01", 201, 409),
}


@pytest.mark.clause("二（四）")
@pytest.mark.planted
async def test_loans_and_final_accounts_depend_on_the_approved_mode(world: World) -> None:
    case = await enter_pool(world)
    final = {"document_no": "决算1", "components": [{"final_investment_yuan": "1.00"}]}
    change = "UPDATE funding.application SET mode = $1, approved_on = $2::text::date, award_yuan = 1, cap_yuan = 2"
    for name, (mode, approved_on, loan, accounts) in MODES.items():
        await world.database.admin.execute(change, mode, approved_on)
        body = LOAN | {"contract_no": name}
        path = f"/v1/applications/{case}"
        answer = await world.call("funding", "POST", f"{path}/loans", "city-officer-1", body)
        assert answer.status_code == loan, name
        answer = await world.call("funding", "POST", f"{path}/final-accounts", "city-officer-1", final)
        assert answer.status_code == accounts, name


PAYMENTS = {
    "issue_payment_order", "withdraw_payment_order", "book_receipts", "book_receipt_file", "match_receipt",
    "unmatch_receipt", "accept_receipt", "void_receipt", "prepare_month", "close_month", "withdraw_month",
    "ask_reopening", "reopen_month", "keep_month_closed",
}  # fmt: skip
"""Acts of the payments: their statuses are those of tests/funding/test_payment_statuses.py."""
RECEIPT = {"amount_yuan": "0.01", "bank_receipt_no": "回单1"}
BAR, AGAIN = "applications/{case}", {"case_ids": [str(RECORD)], "reason": "更正"}
FOUND = {"bar_id": str(RECORD), "evidence": "复函", "document_no": "函1号"}
SAME_WORKS = FOUND | {"same_works": True}
LIFTING = {"bar_id": str(RECORD), "lift": True, "reason": "材料充分"}
DECIDED: dict[str, dict[str, tuple[str, str | Persona, Any, set[str]]]] = {
    "appropriation": {
        "confirm_budget": ("budgets/{}/confirm", "city-supervisor-2", None, {"drafted"}),
        "withdraw_budget": ("budgets/{}/withdraw", "city-officer-4", {"reason": "撤回"}, {"drafted"}),
    },
    "investment_plan": {
        "issue_plan": ("plans/{}/issue", "city-supervisor-2", None, {"drafted"}),
        "withdraw_plan": ("plans/{}/withdraw", "city-officer-4", {"reason": "撤回"}, {"drafted"}),
    },
    "plan_change": {
        "issue_plan_change": ("plan-changes/{}/issue", "city-supervisor-2", None, {"drafted"}),
        "withdraw_plan_change": ("plan-changes/{}/withdraw", "city-officer-4", {"reason": "撤回"}, {"drafted"}),
    },
    "interest_claim": {
        "file_interest_claim": ("interest-claims/{}/file", OWN, SCANS, {"draft", "returned"}),
        "withdraw_interest_claim": ("interest-claims/{}/withdraw", OWN, {"reason": "撤回"}, set(WAITING)),
        "accept_interest_remark": (
            "interest-claims/{}/accept-remark",
            "city-officer-3",
            {"key": "0" * 32, "reason": "核实"},
            set(CLAIM_IN_REVIEW),
        ),
        "check_interest_claim": ("interest-claims/{}/check", "110105-officer-1", None, {"filed"}),
        "verify_interest_claim": ("interest-claims/{}/verify", "city-officer-3", None, {"checked"}),
        "decide_interest_claim": ("interest-claims/{}/decide", "city-supervisor-3", None, {"verified"}),
        "return_interest_claim": (
            "interest-claims/{}/return", "city-officer-3", {"reason": "补正"}, set(CLAIM_IN_REVIEW),
        ),
        "refuse_interest_claim": ("interest-claims/{}/refuse", "city-supervisor-3", {"reason": "不符"}, {"verified"}),
        "reopen_interest_claim": ("interest-claims/{}/reopen", "city-supervisor-3", {"reason": "误核"}, {"decided"}),
    },
    "payee_account": {
        "confirm_payee": ("payee-accounts/{}/confirm", "110105-supervisor-1", None, {"entered", "checked"}),
        "return_payee": ("payee-accounts/{}/return", "110105-officer-1", {"reason": "不符"}, {"entered", "checked"}),
        "withdraw_payee": ("payee-accounts/{}/withdraw", OWN, {"reason": "填错"}, {"entered", "checked"}),
    },
    "release_request": {
        "release_funds": ("release-requests/{}/approve", "finance-2", None, {"requested"}),
        "reject_release": ("release-requests/{}/reject", "finance-2", {"reason": "驳回"}, {"requested"}),
    },
    "money_return": {
        "confirm_return": ("returns/{}/confirm", "finance-2", None, {"recorded"}),
        "reject_return": ("returns/{}/reject", "finance-2", {"reason": "未到账"}, {"recorded"}),
    },
    "clawback_request": {
        "demand_clawback": ("clawback-requests/{}/approve", "city-supervisor-3", None, {"requested"}),
        "reject_clawback": ("clawback-requests/{}/reject", "city-supervisor-3", {"reason": "不予"}, {"requested"}),
        "record_recovery": ("clawback-requests/{}/recovered", "finance-1", RECEIPT, {"demanded"}),
    },
    "correction_order": {
        "prove_correction": ("correction-orders/{}/prove", OWN, PROOF, {"ordered", "proved"}),
        "extend_correction": (
            "correction-orders/{}/extend", "city-officer-3", {"due_on": "2024-06-01", **CAUSE}, {"ordered", "proved"},
        ),
        "withdraw_correction": ("correction-orders/{}/withdraw", "city-officer-3", CAUSE, {"ordered", "proved"}),
        "close_correction": ("correction-orders/{}/close", "city-officer-6", CLOSING, {"ordered", "proved"}),
    },
    "penalty": {
        "book_penalty": ("penalties/{}/paid", "finance-1", PAYMENT, {"unpaid"}),
        "ask_penalty_withdrawal": ("penalties/{}/ask-withdrawal", "city-officer-3", CAUSE, {"unpaid", "paid"}),
        "decide_penalty_withdrawal": (
            "penalties/{}/decide-withdrawal", "city-officer-6", {"withdraw": True, **CAUSE}, set(),  # nobody asked
        ),
    },
    "approval_change": {
        "check_change": ("changes/{}/check", "110105-officer-1", OPINION, {"requested"}),
        "review_change": ("changes/{}/review", "city-officer-6", OPINION, {"checked", "reviewed"}),
        "approve_change": ("changes/{}/approve", "city-supervisor-3", None, {"reviewed"}),
        "countersign_change": ("changes/{}/countersign", "city-supervisor-3", None, set()),  # the row lacks the first
        "refuse_change": ("changes/{}/refuse", "city-supervisor-3", {"reason": "不予"}, {"reviewed"}),
        "return_change": ("changes/{}/return", "110105-officer-1", {"reason": "退回"}, {"requested"}),
        "resubmit_change": ("changes/{}/resubmit", OWN, ANEW, {"returned"}),
        "withdraw_change": ("changes/{}/withdraw", OWN, {"reason": "撤回"}, set(OPEN_CHANGES)),
    },
    "money_bar": {
        "settle_money_bar": (f"{BAR}/settle-money-bar", "city-officer-6", SAME_WORKS, {"undetermined"}),
        "propose_money_bar_lifting": (f"{BAR}/propose-money-bar-lifting", "city-officer-6", FOUND, {"barred"}),
        "decide_money_bar_lifting": (
            f"{BAR}/decide-money-bar-lifting", "city-supervisor-3", LIFTING, {"lift_proposed"},
        ),
    },
    "series_batch": {
        "return_figures": ("series/batches/{}/return", "city-officer-2", {"reason": "退回"}, {"proposed"}),
        "withdraw_figures": ("series/batches/{}/withdraw", "city-officer-1", {"reason": "撤回"}, {"proposed"}),
        "recompute_cases": ("series/batches/{}/recompute", "city-officer-2", AGAIN, {"confirmed"}),
        "confirm_figures": ("series/batches/{}/confirm", "city-officer-2", None, {"proposed"}),
    },
}  # fmt: skip
"""Acts on a record by table and operation, with the statuses in which it is not refused for the status."""
STATUSES = {
    "appropriation": ("drafted", "confirmed", "withdrawn", "reversed"),
    "investment_plan": ("drafted", "issued", "withdrawn", "cancelled"),
    "plan_change": ("drafted", "issued", "withdrawn"),
    "payee_account": ("entered", "checked", "confirmed", "returned", "withdrawn"),
    "interest_claim": tuple(CLAIM_STATUSES),
    "release_request": ("requested", "paid", "rejected"),
    "money_return": ("recorded", "confirmed", "rejected"),
    "clawback_request": ("requested", "demanded", "rejected", "recovered"),
    "approval_change": tuple(CHANGE_STATUSES),
    "correction_order": tuple(CORRECTION_STATUSES),
    "money_bar": tuple(MONEY_BAR_STATUSES),
    "series_batch": ("proposed", "confirmed", "returned", "withdrawn"),
    "penalty": ("unpaid", "paid"),
}


@pytest.mark.parametrize("table", DECIDED)
@pytest.mark.planted
async def test_a_record_is_decided_only_while_it_waits_for_the_decision(world: World, table: str) -> None:
    case = await enter_pool(world)
    await appropriate(world)
    if table in ("release_request", "plan_change"):
        await add_planned(world, case)  # a release and a change read the plan of their project
    if table == "money_bar":
        await add(world, "public_money", case, "other_municipal")
    if table == "approval_change":
        await put(world, case, "approved")
    if table == "interest_claim":
        await world.database.admin.execute(
            "UPDATE funding.application SET status = 'planned', mode = 'interest_subsidy'"
        )
    for status in STATUSES[table]:
        for operation, (path, who, body, admitted) in DECIDED[table].items():
            await world.database.admin.execute(f"DELETE FROM funding.{table} WHERE id = '{RECORD}'")
            await add(world, table, case, status)
            answer = await world.call("funding", "POST", f"/v1/{path.format(RECORD, case=case)}", who, body)
            refused = answer.json().get("code") == "wrong_status"
            assert refused is (status not in admitted), (operation, status, answer.text)


def test_every_act_on_a_status_has_its_rows() -> None:
    """Compare the acts with those that have rows; the others act whatever the status, or add a record."""
    tested = (
        ACTS.keys()
        | {name for acts in DECIDED.values() for name in acts}
        | {
            "draft_plan",
            "draft_plan_change",
            "request_plan_release",
            "release_plan",
        }
    )
    tested |= {"register_loan", "record_final_accounts", "countersign_approval"}
    tested |= {"correct_loan", "withdraw_loan", "withdraw_interest_line"}  # tests/funding/test_loans.py and _claims.py
    acts = {name for name, route in operations("funding").items() if "POST" in (route.methods or ())}
    assert acts - tested == {
        "draft_budget", "record_construction", "hold_funds", "lift_hold", "record_return", "request_clawback",
        "record_co_support", "register_municipal_money", "withdraw_public_money", "refer_to_bank",
        "record_referral_outcome", "issue_api_key", "revoke_api_key", "issue_stream_ticket",
        "close_person", "authorise_agent", "withdraw_agent", "enter_payee", "check_payee", *PAYMENTS,
        "add_attachment", "withdraw_attachment", "record_penalty", "raise_money_bar",
        "enter_figures", "preview_figures",
    }  # fmt: skip
