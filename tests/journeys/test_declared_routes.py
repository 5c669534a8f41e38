"""Declarations of every operation: its route class, its session, its status; and the status of every refusal."""

from collections.abc import Iterator

import pytest

from services import SERVICES, load_all
from shared.errors import DomainError
from shared.web.idempotency import ActRoute, _act_session
from shared.web.parameters import KnownParametersRoute
from tests.enumeration import dependencies, operations

each_service = pytest.mark.parametrize("service", SERVICES)
STORING_NOTHING = {
    "issue_stream_ticket", "dry_run_declaration", "draw_dry_run", "run_what_if", "preview_figures", "preview_interest",
    "set_clock",
}  # fmt: skip
"""Operations by another method than GET that record nothing: calculations, and the clock of the demonstration."""
OF_ALL = {
    "issue_api_key": 201,
    "revoke_api_key": 204,
    "enter_person": 204,
    "close_person": 204,
    "authorise_agent": 201,
    "withdraw_agent": 204,
    "add_attachment": 201,
}
STATUSES = {
    "intake": {
        "open_quarter": 201, "reopen_quarter": 201, "create_declaration": 201, "upload_material": 201,
        "remove_material": 204, "add_fund_programme": 201, "register_other_funds": 201,
    },
    "eligibility": {
        "enter_figures": 201,
        "declare_conflict": 201, "score_project": 201, "recognise_investment": 201, "enter_pool": 201, "keep_out": 204,
        "set_district_standard": 201, "enter_district_programme": 201,
    },
    "funding": {
        "enter_figures": 201,
        "draft_budget": 201, "register_loan": 201, "draft_plan": 201, "draft_interest_claim": 201,
        "draft_plan_change": 201, "recalculate_interest": 201, "request_release": 201,
        "hold_funds": 201, "record_return": 201, "request_clawback": 201, "record_final_accounts": 201,
        "raise_money_bar": 201,
        "record_co_support": 201, "register_municipal_money": 201, "refer_to_bank": 201, "request_change": 201,
        "order_correction": 201, "record_penalty": 201,
        "enter_payee": 201, "issue_payment_order": 201, "book_receipts": 201, "book_receipt_file": 201,
        "prepare_month": 201,
    },
    "monitoring": {
        "enter_figures": 201,
        "add_meter": 201, "submit_readings": 207, "plan_inspections": 201, "order_inspection": 201,
        "raise_credit_ground": 201, "notify_rating": 201, "request_repair": 201, "open_green_record": 201,
    },
}  # fmt: skip
"""Statuses of success other than 200: 201 where a record is created, 204 without a body, 207 for several answers."""
REFUSALS = {
    400: "idempotency_key_missing upload_cut_off",
    401: "unauthenticated",
    403: "conflict_of_interest forbidden own_settlement same_officer",
    404: "not_found unknown_policy_parameter",
    409: "below_claims already_requested already_resolved amount_exceeds_pending amount_undetermined batch_refused "
    "beyond_known_series "
    "calculation_changed claim_open interest_overclaimed remarks_open scans_missing "
    "changed_since_prepared completed_before_plan completed_undecided condition_lost conditions_not_met conflict "
    "correction_first credit_grade_d document_repeated draft_outdated duplicate duplicate_funding figures_moved "
    "figures_not_received file_quota findings_block findings_open funds_held id_conflict "
    "idempotency_key_in_flight instalment_condition interest_undetermined ledger_mismatch ledger_refusal "
    "machine_found mode_fixed month_changed month_closed more_than_paid municipal_money_undetermined no_account "
    "no_budget no_document no_payee nothing_to_order payee_changing voucher_used "
    "no_route not_forwardable not_prepared not_ready_for_pool not_received not_sealed "
    "nothing_reserved other_municipal_money over_award over_balance over_budget over_cap over_document "
    "panel_complete parameter_not_published pending_not_found "
    "project_completed shown_once unknown_ruleset wrong_status",
    412: "stale",
    413: "too_large",
    415: "unsupported_type",
    422: "figures_kept_elsewhere "
    "idempotency_key_reused incomplete invalid invalid_cursor malformed_rule no_edition_in_force not_for_tables "
    "open_items receipts_refused unknown_interpretation unknown_parameter unknown_rule unreadable_fact",
    428: "precondition_required",
    429: "too_many_requests",
    500: "file_altered several_editions_in_force",
    503: "identity_provider_unavailable not_ready",
}
"""Codes of refusals by status: 409 the state forbids it, 412, 428 versions, 422 what was sent, 429 how often."""


@each_service
def test_every_operation_refuses_a_parameter_that_it_does_not_have(service: str) -> None:
    assert [name for name, route in operations(service).items() if not isinstance(route, KnownParametersRoute)] == []


@each_service
def test_every_act_takes_a_key_and_keeps_its_answer(service: str) -> None:
    acts = {name: route for name, route in operations(service).items() if "GET" not in (route.methods or ())}
    keeping = {name for name, route in acts.items() if isinstance(route, ActRoute)}
    claiming = {name for name, route in acts.items() if _act_session in dependencies(route)}
    assert keeping >= acts.keys() - STORING_NOTHING
    assert claiming == acts.keys() - STORING_NOTHING


@each_service
def test_no_read_takes_a_key(service: str) -> None:
    reads = [route for route in operations(service).values() if "GET" in (route.methods or ())]
    assert [route.name for route in reads if _act_session in dependencies(route)] == []


@each_service
def test_every_operation_answers_with_its_status(service: str) -> None:
    found = {name: route.status_code or 200 for name, route in operations(service).items()}
    assert {name: status for name, status in found.items() if status != 200} == STATUSES[service] | OF_ALL


def test_every_refusal_has_its_status() -> None:
    load_all()
    found: dict[int, set[str]] = {}
    for refusal in subclasses(DomainError):
        if refusal.__module__.startswith(("services.", "shared.")):
            found.setdefault(refusal.status, set()).add(refusal.code)
    assert found == {status: set(codes.split()) for status, codes in REFUSALS.items()}


def subclasses(parent: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in parent.__subclasses__():
        yield each
        yield from subclasses(each)
