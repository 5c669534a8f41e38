"""Code lists of funding: every code of a type has a Chinese label, and no label lacks its code."""

from typing import Any, get_args

import pytest

from services.funding.api import budget_totals, months, payment_orders, signature_shapes
from services.funding.interest import due, facts
from services.funding.payments import receipts
from services.funding.rules import budgets, change_codes, code_lists, money_bars, plans
from services.funding.rules.code_lists import CODE_LISTS
from shared.contracts.library import SupportMode

TYPES: dict[str, Any] = {
    "application_status": code_lists.ApplicationStatus,
    "support_mode": SupportMode,
    "budget_kind": budgets.BudgetKind,
    "appropriation_status": code_lists.AppropriationStatus,
    "plan_status": code_lists.PlanStatus,
    "plan_item_status": code_lists.PlanItemStatus,
    "plan_change_kind": plans.PlanChangeKind,
    "plan_change_status": plans.PlanChangeStatus,
    "plan_item_action": plans.ItemAction,
    "release_status": code_lists.ReleaseStatus,
    "payee_status": code_lists.PayeeStatus,
    "payment_order_status": code_lists.PaymentOrderStatus,
    "payment_line_status": code_lists.PaymentLineStatus,
    "receipt_result": code_lists.ReceiptResult,
    "receipt_status": code_lists.ReceiptStatus,
    "receipt_difference": code_lists.ReceiptDifference,
    "receipt_verdict": receipts.Verdict,
    "payment_order_format": payment_orders.OrderFileOut.model_fields["format"].annotation,
    "month_item_kind": months.MonthItemOut.model_fields["kind"].annotation,
    "total_dimension": budget_totals.Dimension,
    "interest_due_kind": due.DueKind,
    "interest_end_day": facts.EndDay,
    "signature_kind": signature_shapes.SignatureOut.model_fields["kind"].annotation,
    "month_status": code_lists.MonthStatus,
    "interest_claim_status": code_lists.ClaimStatus,
    "interest_line_state": code_lists.LineState,
    "interest_calculation_cause": code_lists.CalculationCause,
    "loan_rate_type": code_lists.LoanRateType,
    "lpr_tenor": code_lists.LprTenor,
    "hold_ground": code_lists.HoldGround,
    "hold_severity": code_lists.HoldSeverity,
    "return_status": code_lists.ReturnStatus,
    "clawback_ground": code_lists.ClawbackGround,
    "clawback_status": code_lists.ClawbackStatus,
    "correction_status": change_codes.CorrectionStatus,
    "penalty_kind": change_codes.PenaltyKind,
    "change_kind": change_codes.ChangeKind,
    "change_status": change_codes.ChangeStatus,
    "public_money_kind": code_lists.PublicMoneyKind,
    "money_bar_basis": money_bars.Basis,
    "money_bar_status": code_lists.MoneyBarStatus,
    "referral_outcome": code_lists.ReferralOutcome,
}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_code_list_labels_exactly_the_codes_of_its_type(name: str) -> None:
    assert set(CODE_LISTS[name]) == set(get_args(TYPES[name]))


def test_every_label_is_chinese() -> None:
    labels = [(name, code, label) for name, codes in CODE_LISTS.items() for code, label in codes.items()]
    assert [entry for entry in labels if entry[2].isascii()] == []
    assert set(CODE_LISTS) - set(TYPES) == {"clause", "deciding_authority", "interest_limit", "sort_field"}


def test_the_lists_have_the_names_that_callers_know() -> None:
    assert list(CODE_LISTS) == [
        "application_status",
        "support_mode",
        "budget_kind",
        "appropriation_status",
        "plan_status",
        "plan_item_status",
        "plan_change_kind",
        "plan_change_status",
        "plan_item_action",
        "release_status",
        "payee_status",
        "payment_order_status",
        "payment_line_status",
        "receipt_result",
        "receipt_status",
        "receipt_difference",
        "receipt_verdict",
        "payment_order_format",
        "month_item_kind",
        "total_dimension",
        "interest_due_kind",
        "interest_end_day",
        "signature_kind",
        "month_status",
        "interest_claim_status",
        "interest_line_state",
        "interest_calculation_cause",
        "interest_limit",
        "loan_rate_type",
        "lpr_tenor",
        "hold_ground",
        "hold_severity",
        "return_status",
        "clawback_ground",
        "clawback_status",
        "correction_status",
        "penalty_kind",
        "change_kind",
        "change_status",
        "public_money_kind",
        "money_bar_basis",
        "money_bar_status",
        "referral_outcome",
        "clause",
        "deciding_authority",
        "sort_field",
    ]
    assert CODE_LISTS["interest_limit"].keys() == {"interest_paid", "cap", "award"}
