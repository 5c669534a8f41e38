"""Sealed tables of funding, and the reasons for those that are left out."""

from services.funding.models import Base
from shared.sealing.declared import COMMON_LEFT_OUT, OFFICES, SealedTable, Seals, common_tables, sealed

_TABLES = Base.metadata.tables
_TRANSFER = (
    "id",
    "seq",
    "batch",
    "kind",
    "debit_account",
    "credit_account",
    "amount",
    "pending_id",
    "purpose",
    "case_id",
    "document_id",
    "posted_at",
)

SEALS = Seals(
    (
        *common_tables("funding"),
        SealedTable("funding_ledger.transfer", ("id",), _TRANSFER),
        SealedTable("funding_ledger.resolution", ("pending_id",), ("pending_id", "transfer_id")),
        sealed("funding", _TABLES["application"], "facts", changes=True),
        sealed("funding", _TABLES["appropriation"], "drafted_by", "confirmed_by", "withdrawn_by", changes=True),
        sealed("funding", _TABLES["carried_item"], changes=True),
        sealed("funding", _TABLES["approval"], "approved_by", "justification"),
        sealed(
            "funding",
            _TABLES["approval_change"],
            "requested_by",
            "checked_by",
            "reviewed_by",
            "decided_by",
            "reason",
            "proposal",
            changes=True,
        ),
        sealed("funding", _TABLES["bank_referral"], "referred_by", "outcome_by", changes=True),
        sealed("funding", _TABLES["clawback_request"], "requested_by", "decided_by", "evidence", changes=True),
        sealed("funding", _TABLES["recovery"], "recorded_by"),
        sealed("funding", _TABLES["entity_grade"], changes=True),
        sealed("funding", _TABLES["final_accounts"], "recorded_by"),
        sealed("funding", _TABLES["hold"], "placed_by", "lifted_by", "reason", "lift_reason", changes=True),
        sealed("funding", _TABLES["interest_statement"], "submitted_by", "decided_by", changes=True),
        sealed("funding", _TABLES["investment_plan"], "drafted_by", "issued_by", changes=True),
        sealed("funding", _TABLES["plan_change"], "drafted_by", "decided_by", changes=True),
        sealed("funding", _TABLES["plan_item"], changes=True),
        sealed("funding", _TABLES["loan"], "registered_by", changes=True),
        sealed("funding", _TABLES["money_return"], "recorded_by", "decided_by", changes=True),
        sealed(
            "funding",
            _TABLES["month_closing"],
            *("prepared_by", "closed_by", "reopening_by", "reopening_reason", "reopened_by", "open_items"),
            changes=True,
        ),
        sealed(
            "funding",
            _TABLES["payee_account"],
            *("account_name", "account_no", "entered_by", "checked_by", "confirmed_by", "reason", "decision_reason"),
            changes=True,
        ),
        sealed("funding", _TABLES["payment_line"], "account_name", "account_no", "return_reason", changes=True),
        sealed("funding", _TABLES["payment_order"], "issued_by", "withdrawn_by", "withdraw_reason", changes=True),
        sealed("funding", _TABLES["payment_order_file"], "content"),
        sealed("funding", _TABLES["public_money"], "recorded_by", "withdrawn_by", changes=True),
        sealed("funding", _TABLES["receipt_batch"], "recorded_by"),
        sealed(
            "funding",
            _TABLES["treasury_receipt"],
            *("account_no", "bank_reason", "recorded_by", "settled_by", "settle_reason"),
            changes=True,
        ),
        sealed("funding", _TABLES["release_request"], "requested_by", "decided_by", "evidence", changes=True),
    ),
    {
        **COMMON_LEFT_OUT,
        "number_series": "the last number given; each number stands in a sealed approval or plan",
        "funding_ledger.account": "balances, which the sealed transfers give: `tenghuan ledger verify` adds them up",
    },
    provable={"approval": (*OFFICES, "applicant"), "release_request": OFFICES, "clawback_request": OFFICES},
    files=("funding.attachment",),
)
