"""Acts of funding that meet another transaction: each waits for it, then judges the state that it left. 三（二）"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.demo.personas import Persona, applicant
from tests.enumeration import operations
from tests.funding import rows
from tests.funding.case import DISTRICT, OWNER, appropriate, enter_pool
from tests.funding.rows import RECORD
from tests.funding.test_statuses import PAYMENTS
from tests.interleaving import after, refuse_other_versions
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

APPLICATION = "SELECT FROM funding.application FOR NO KEY UPDATE"
HELD = (
    "INSERT INTO funding.hold (id, application_id, district, applicant_uscc, source, ground, clause, severity, reason,"
    " placed_by, placed_at) SELECT gen_random_uuid(), id, district, applicant_uscc, 'x', 'other', '四（一）1', 'stop',"
    " '暂停', 'x', now() FROM funding.application"
)
LOAN = {
    "bank": "示例银行",
    "contract_no": "借1",
    "principal_yuan": "1000.00",
    "rate_type": "fixed",
    "annual_rate": "0.0200",
    "term_months": 60,
    "drawdowns": [{"on": "2024-03-01", "amount_yuan": "1000.00"}],
}
DRAFT, REASON = {"mode": "investment_grant", "justification": "建议"}, {"reason": "理由"}
SPAN = {"from_on": "2024-02-01", "to_on": "2024-02-02"}
LINE = {**SPAN, "loan_id": str(RECORD), "end_day": "included", "rates": [{**SPAN, "annual_rate": "0.03"}]}
CLAWBACK = {"ground": "other", "clause": "四（一）1", "amount_yuan": "1.00", "reason": "追", "evidence": "证"}
ORDER = {"ground": "other", "clause": "四（一）1", "demand": "改", "due_on": "2024-05-01", "attachments": [str(RECORD)]}
PENALTY = {
    "kind": "interest", "ground": "other", "authority": "机关", "document_no": "决1", "decided_on": "2024-02-01",
    "base_yuan": "1.00", "amount_yuan": "1.00", "attachments": [str(RECORD)],
}  # fmt: skip
CHANGE = {"kind": "site", "address": "示例路8号", "reason": "改", "attachments": [str(RECORD)]}
BACK = {"amount_yuan": "1.00", "bank_receipt_no": "回单1", "reason": "退"}
SUPPORT = {"kind": "district_rent", "programme": "租金", "amount_yuan": "1.00", "granted_on": "2024-02-01"}
REFERRAL = {"bank": "银行", "owner_consent": True, "consent_document": "同意书", "wanted_yuan": "1.00"}
CHANGE = {"kind": "cancel", "document_no": "计调1号", **REASON, "attachments": [str(RECORD)]}
BUDGET = {"year": 2024, "amount_yuan": "1.00", "document_no": "财9号"}
OTHER_MONEY = (
    "INSERT INTO funding.public_money (id, district, kind, programme, applicant_uscc, amount_yuan, granted_on,"
    f" recorded_by, recorded_at) VALUES ('{RECORD}', '{DISTRICT}', 'district_rent', '租金', '{OWNER}', 1, '2024-01-01',"
    " 'x', now())"
)
BANK = (
    "INSERT INTO funding.bank_referral (id, application_id, district, applicant_uscc, bank, owner_consent,"
    " consent_document, wanted_yuan, referred_by, referred_at) SELECT"
    f" '{RECORD}', id, district, applicant_uscc, '银行', true, '同意书', 1, 'x', now() FROM funding.application"
)


@dataclass(frozen=True)
class Race:
    """An act of `who`, the status of its case, the records it needs, the transaction that it meets, and the answer."""

    who: str | Persona
    path: str
    body: Any
    answer: int | str
    lock: str
    change: str = ""
    status: str = "received"
    given: Callable[[UUID], tuple[str, ...]] = lambda case: ()


def records(table: str, status: str) -> Callable[[UUID], tuple[str, ...]]:
    return lambda case: (rows.row(table, case, status),)


def requested(case: UUID) -> tuple[str, ...]:
    plan = rows.row("investment_plan", case, "issued")
    payee = rows.row("payee_account", case, "confirmed")
    return payee, plan, rows.item(case), rows.row("release_request", case, "requested")


def planned(case: UUID) -> tuple[str, ...]:
    return rows.row("investment_plan", case, "drafted"), rows.item(case)


def changing(case: UUID) -> tuple[str, ...]:
    return rows.row("investment_plan", case, "issued"), rows.item(case), rows.row("plan_change", case, "drafted")


def become(status: str) -> str:
    return f"UPDATE funding.application SET status = '{status}'"


def decided(table: str, status: str, **columns: str) -> str:
    more = "".join(f", {name} = {value}" for name, value in columns.items())
    return f"UPDATE funding.{table} SET status = '{status}'{more}"


BORROWER, OFFICER = applicant(OWNER, "示例置业有限公司"), "110105-officer-1"
GONE = "UPDATE funding.{} SET withdrawn_at = now(), withdrawn_by = 'y', withdraw_reason = '误'"
WITHDRAWN = decided("interest_claim", "withdrawn")
DECIDED = decided("interest_claim", "decided", due_yuan="1", amount_yuan="1", decided_at="now()")
REOPENED = decided("interest_claim", "returned", due_yuan="NULL", amount_yuan="NULL", decided_at="NULL")
CASE = "applications/{case}"
OWNER_OF_CASE = applicant(OWNER, "示例置业有限公司")
ACCOUNT = {"account_name": "示例置业有限公司", "bank": "示例银行", "account_no": "0200002"}
RETURN, DEMAND, REQUEST = records("money_return", "recorded"), records("clawback_request", "requested"), requested
GIVEN_BACK = "UPDATE funding.application SET returned_yuan = released_yuan"
SIGNED = "UPDATE funding.{} SET signed_by = 'z', signed_at = now(), countersign_from_yuan = 1"
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
        given=lambda case: (SIGNED.format("application"),),
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
        BORROWER, f"{CASE}/interest-claims", {"period": "2024Q1", "lines": [LINE]}, "wrong_status", become("closed"),
        status="planned",
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
            ("file", "file", BORROWER, {"attachments": [str(RECORD)]}, "draft", WITHDRAWN),
            ("withdraw", "withdraw", BORROWER, REASON, "verified", DECIDED),
            ("accept", "accept-remark", OFFICER, {"key": "x", **REASON}, "filed", WITHDRAWN),
            ("check", "check", OFFICER, None, "filed", WITHDRAWN),
            ("verify", "verify", "city-officer-1", None, "checked", WITHDRAWN),
            ("decide", "decide", "city-supervisor-1", None, "verified", decided("interest_claim", "returned")),
            ("return", "return", "city-officer-1", REASON, "checked", WITHDRAWN),
            ("refuse", "refuse", "city-supervisor-1", REASON, "verified", DECIDED),
            ("reopen", "reopen", "city-supervisor-1", REASON, "decided", REOPENED),
        )
        for met in ("case", "claim")
    },
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
    "enter_payee": Race(
        OWNER_OF_CASE, f"{CASE}/payee-accounts", ACCOUNT, "duplicate", APPLICATION,
        rows.row("payee_account", UUID(int=0), "entered").replace(
            f"'{UUID(int=0)}'", "(SELECT id FROM funding.application)"
        ),
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
        rows.row("release_request", UUID(int=0), "requested").replace(
            f"'{UUID(int=0)}'", "(SELECT id FROM funding.application)"
        ),
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
    "record_final_accounts": Race(
        "city-officer-6", f"{CASE}/final-accounts",
        {"document_no": "决算1", "components": [{"final_investment_yuan": "1.00"}] * 2}, "invalid",
        "UPDATE funding.application SET mode = 'investment_grant', approved_on = '2024-03-01'",
    ),
    "record_co_support": Race("city-officer-6", f"{CASE}/co-support", SUPPORT, 201, APPLICATION),
    "withdraw_public_money": Race(
        "city-officer-6", f"municipal-money/{RECORD}/withdraw", REASON, "wrong_status",
        "UPDATE funding.public_money SET withdrawn_at = now()", given=lambda case: (OTHER_MONEY,),
    ),
    "refer_to_bank": Race("city-officer-6", f"{CASE}/bank-referrals", REFERRAL, 201, APPLICATION),
    "record_referral_outcome": Race(
        "city-officer-6", f"bank-referrals/{RECORD}/outcome", {"outcome": "refused"}, "wrong_status",
        "UPDATE funding.bank_referral SET outcome = 'withdrawn'", given=lambda case: (BANK,),
    ),
    "draft_budget": Race(
        "city-supervisor-1", "budgets", BUDGET, "duplicate", rows.row("appropriation", UUID(int=0), "drafted")
    ),
    "confirm_budget": Race(
        "city-supervisor-1", f"budgets/{RECORD}/confirm", None, "stale",
        decided("appropriation", "confirmed", confirmed_by="'y'", confirmed_at="now()"),
        given=records("appropriation", "drafted"),
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
        given=requested,
    ),
    "request_plan_release": Race(
        "finance-1", f"plans/{RECORD}/release-requests", {"evidence": "依据"}, "wrong_status",
        "UPDATE funding.investment_plan SET status = 'withdrawn'",
        given=lambda case: (rows.row("investment_plan", case, "issued"), rows.item(case)),
    ),
    "withdraw_budget": Race(
        "city-supervisor-1", f"budgets/{RECORD}/withdraw", REASON, "stale",
        decided("appropriation", "confirmed", confirmed_by="'y'", confirmed_at="now()"),
        given=records("appropriation", "drafted"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RACES)
@pytest.mark.planted
async def test_an_act_waits_for_the_other_and_judges_what_it_left(world: World, name: str) -> None:
    race = RACES[name]
    case = await enter_pool(world)
    if name.startswith("issue_plan"):
        await appropriate(world)
    mode = "interest_subsidy" if "_interest_" in name or name == "recalculate_interest" else "investment_grant"
    prepared = f"released_yuan = 10, status = '{race.status}', mode = '{mode}'"
    await world.database.admin.execute(f"UPDATE funding.application SET {prepared}")
    for statement in race.given(case):
        await world.database.admin.execute(statement)
    path = f"/v1/{race.path.format(case=case)}"
    who = world.owner() if race.who == "owner" else race.who
    await refuse_other_versions(world, "funding", "POST", path, who, race.body)
    call = world.call("funding", "POST", path, who, race.body)
    answer = await after(world, race.lock, race.change, call)
    assert (answer.status_code if answer.is_success else answer.json()["code"]) == race.answer, answer.text


def test_every_act_has_its_race() -> None:
    """Compare the acts with those that have a race; a new plan meets other plans at an index, payments take turns."""
    acts = {name for name, route in operations("funding").items() if "POST" in (route.methods or ())}
    assert acts - {name.split(",")[0] for name in RACES} == {
        "draft_plan", "preview_interest", "register_municipal_money", "issue_api_key", "revoke_api_key",
        "issue_stream_ticket", "add_attachment", "withdraw_attachment", "close_person", "authorise_agent",
        "withdraw_agent", *PAYMENTS,
    }  # fmt: skip
