"""Acts that decide on content demand the version that was read, every one of them.

Each of these acts is tried without a version and with an overtaken one where it meets another transaction
(`refuse_other_versions` in tests/interleaving.py).
"""

import pytest

from deploy.demo.reading import record_read_before
from services import SERVICES
from shared.web.auth import RoleCheck
from tests.enumeration import dependencies, operation_of, operations
from tests.reading import demands_version

DECIDES: dict[str, str] = {
    "intake": "edit_declaration undertake submit_declaration withdraw_declaration accept_declaration review_declaration"
    " request_opinion give_opinion return_declaration refuse_declaration forward_declaration"
    " correct_other_funds withdraw_other_funds correct_fund_programme close_fund_programme"
    " return_declaration_from_city receive_declaration prepare_quarter certify_quarter reopen_quarter leave_library",
    "eligibility": "settle_finding withdraw_settlement choose_edition reassess_declaration conclude_review"
    " recognise_investment score_project enter_pool keep_out confirm_figures return_figures withdraw_figures"
    " decide_district_standard withdraw_district_standard"
    " confirm_district_programme return_district_programme withdraw_district_programme end_district_programme",
    "funding": "draft_approval approve_application decline_application lift_hold close_application release_funds"
    " reject_release demand_clawback reject_clawback record_recovery confirm_return reject_return"
    " correct_loan withdraw_loan revise_interest_claim file_interest_claim withdraw_interest_claim"
    " accept_interest_remark check_interest_claim verify_interest_claim decide_interest_claim return_interest_claim"
    " refuse_interest_claim reopen_interest_claim withdraw_interest_line recalculate_interest"
    " raise_money_bar settle_money_bar propose_money_bar_lifting decide_money_bar_lifting"
    " withdraw_public_money issue_plan withdraw_plan confirm_budget withdraw_budget"
    " confirm_figures return_figures withdraw_figures check_change"
    " review_change approve_change refuse_change return_change resubmit_change withdraw_change"
    " prove_correction close_correction book_penalty countersign_approval countersign_change"
    " extend_correction withdraw_correction ask_penalty_withdrawal decide_penalty_withdrawal"
    " issue_plan_change withdraw_plan_change release_plan"
    " check_payee confirm_payee return_payee withdraw_payee withdraw_payment_order"
    " match_receipt unmatch_receipt accept_receipt void_receipt"
    " close_month withdraw_month ask_reopening reopen_month keep_month_closed",
    "monitoring": "deliver_project evaluate_project issue_evaluation acknowledge_evaluation assign_inspector"
    " complete_inspection close_finding close_reading_finding send_green_record register_green_record"
    " return_green_record draft_quarter submit_quarter confirm_quarter return_quarter set_meter_bounds notify_rating"
    " object_to_rating decide_rating decide_repair confirm_figures return_figures withdraw_figures",
}
"""Acts and edits that are done for the version of a record that was read."""
NEW = "it makes a record of its own and changes nothing that was read"
PROPOSES = "it makes a proposal or a notice, on which another person decides for the version read"
STATES = "it states a fact from outside; what the record said before does not bear on it"
OWN_FACT = "it states the caller's own interest, whatever the record says"
PROTECTS = "it protects: a stale read must not delay it"
COMPUTES = "it computes and stores nothing"
BATCH = "each row of a batch is compared with the recorded one by its content; a single row is put for a version"
MADE_OR_CHANGED = "it demands the version of a row that exists, and creates one without"
FILE = "a file is added or removed by its own id, and its content never changes"
DOES_NOT: dict[str, str] = {
    "create_declaration": NEW, "open_quarter": NEW, "add_fund_programme": NEW, "add_meter": NEW,
    "set_district_standard": NEW, "enter_district_programme": PROPOSES,
    "plan_inspections": NEW, "order_inspection": NEW, "open_green_record": NEW,
    "draft_plan_change": PROPOSES, "request_plan_release": PROPOSES,
    "draft_plan": PROPOSES, "draft_budget": PROPOSES, "request_release": PROPOSES, "request_clawback": PROPOSES,
    "request_repair": PROPOSES, "raise_credit_ground": PROPOSES, "rectify_finding": PROPOSES, "refer_to_bank": PROPOSES,
    "draft_interest_claim": PROPOSES, "preview_interest": COMPUTES, "record_return": PROPOSES,
    "enter_payee": PROPOSES, "prepare_month": PROPOSES,
    "issue_payment_order": "it orders all that is released and in no order yet, under lock",
    "book_receipts": STATES, "book_receipt_file": STATES,
    "request_change": PROPOSES, "order_correction": PROPOSES,
    "record_penalty": STATES,
    "record_construction": STATES, "record_final_accounts": STATES, "register_loan": STATES,
    "record_co_support": STATES, "register_municipal_money": STATES, "register_other_funds": STATES,
    "record_referral_outcome": STATES,
    "declare_conflict": OWN_FACT, "declare_interest": OWN_FACT,
    "hold_funds": PROTECTS, "revoke_api_key": PROTECTS, "close_person": PROTECTS, "enter_person": STATES,
    "withdraw_agent": PROTECTS, "authorise_agent": NEW,
    "issue_api_key": NEW, "issue_stream_ticket": NEW, "dry_run_declaration": COMPUTES, "draw_dry_run": COMPUTES,
    "run_what_if": COMPUTES,
    "preview_figures": COMPUTES, "enter_figures": PROPOSES,
    "recompute_cases": "each case is computed again by the figures in force, whatever it said before",
    "push_resources": BATCH, "push_library_entries": BATCH, "submit_readings": BATCH,
    "put_resource": MADE_OR_CHANGED, "upload_material": FILE, "remove_material": FILE,
    "add_attachment": FILE, "withdraw_attachment": FILE,
    "set_clock": "it moves the clock of the demonstration",
}  # fmt: skip
"""Operations that write for no version, with the reason."""


def writes(service: str) -> set[str]:
    return {name for name, route in operations(service).items() if (route.methods or set()) - {"GET", "HEAD"}}


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_that_writes_is_reviewed_as_deciding_or_not(service: str) -> None:
    deciding = {name for name in writes(service) if demands_version(operations(service)[name])}
    assert deciding == set(DECIDES[service].split())
    assert writes(service) - deciding <= set(DOES_NOT)


def test_no_reviewed_operation_is_gone() -> None:
    everywhere = {name for service in SERVICES for name in writes(service)}
    assert set(DOES_NOT) - everywhere == set()
    assert set(DOES_NOT).isdisjoint(name for names in DECIDES.values() for name in names.split())


def deciding() -> list[tuple[str, str]]:
    return [(service, name) for service, names in DECIDES.items() for name in names.split()]


def admitted(service: str, name: str) -> set[str]:
    checks = [each for each in dependencies(operations(service)[name]) if isinstance(each, RoleCheck)]
    return {role for check in checks for role in check.roles}


@pytest.mark.parametrize(("service", "name"), deciding())
def test_whoever_decides_may_read_the_record_and_its_version(service: str, name: str) -> None:
    route = operations(service)[name]
    (method,) = route.methods or {"POST"}
    address = record_read_before(method, route.path.replace("{quarter}", "2024Q1"))
    read = operation_of(service, "GET", address)
    assert "ETag" in (read.responses or {}).get(200, {}).get("headers", {}), read.name
    assert admitted(service, name) <= admitted(service, read.name)
