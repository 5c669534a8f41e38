"""Rights of the roles of funding on its own tables, and their reasons."""

from shared.storage.access import ADD, Access

ACCESS = (
    Access("accepted_remark", "an acceptance stays with its reason", app=ADD, sealer="SELECT"),
    Access(
        "application",
        "the award and its progress; district and owner stay as received, an approved change alters the rest",
        app=(
            f"{ADD}, UPDATE (status, mode, justification, budget_year, base_yuan, uncapped_yuan, "
            "award_yuan, cap_yuan, derivation, clause, approved_on, construction_status, "
            "construction_started_on, completed_on, progress, evaluated_on, targets_met, reservation, arrangement, "
            "reserved_yuan, released_yuan, returned_yuan, demanded_yuan, recovered_yuan, "
            "bank_returned_yuan, instalments_paid, reduced_yuan, applicant_name, project, facts, components, "
            "signed_by, signed_at, countersign_from_yuan, version)"
        ),
        sealer="SELECT",
    ),
    Access(
        "appropriation",
        "a second person confirms it, or the draft is withdrawn; document and amount stay",
        app=f"{ADD}, UPDATE (status, confirmed_by, confirmed_at, withdrawn_by, withdrawn_at, withdraw_reason)",
        sealer="SELECT",
    ),
    Access("approval", "an approval stays as it was signed", app=ADD, sealer="SELECT"),
    Access(
        "approval_change",
        "checks, reviews and the decision; a returned request is stated anew",
        app=(
            f"{ADD}, UPDATE (kind, proposal, reason, status, requested_by, requested_at, checked_by, checked_at, "
            "check_opinion, reviewed_by, reviewed_at, review_opinion, recognised, award_yuan, cut_yuan, recover_yuan, "
            "derivation, decided_by, decided_at, decision_reason, return_reason, signed_by, signed_at, "
            "countersign_from_yuan)"
        ),
        sealer="SELECT",
    ),
    Access(
        "bank_referral",
        "the outcome is added",
        app=f"{ADD}, UPDATE (outcome, granted_yuan, outcome_note, outcome_by, outcome_at)",
        sealer="SELECT",
    ),
    Access(
        "carried_item",
        "the confirmation adds the reservation of the new year",
        app=f"{ADD}, UPDATE (carried_as)",
        sealer="SELECT",
    ),
    Access(
        "clawback_request",
        "decision and what came back; ground and amount stay",
        app=f"{ADD}, UPDATE (status, decided_by, decided_at, decision_reason, recovered_yuan)",
        sealer="SELECT",
    ),
    Access(
        "correction_order",
        "proof, extension and end of an order; ground and demand stay, and the first deadline",
        app=(
            f"{ADD}, UPDATE (status, proof, proved_at, closed_by, closed_at, closing_reason, due_on, first_due_on, "
            "extension_reason, withdrawn_by, withdrawn_at, withdraw_reason)"
        ),
        sealer="SELECT",
    ),
    Access(
        "entity_grade",
        "the newest grade of an entity",
        app=f"{ADD}, UPDATE (name, grade, grounds, decided_on)",
        sealer="SELECT",
    ),
    Access("final_accounts", "final accounts stay as recorded", app=ADD, sealer="SELECT"),
    Access(
        "hold",
        "a hold is lifted; ground and who placed it stay",
        app=f"{ADD}, UPDATE (lifted_by, lifted_at, lift_reason)",
        sealer="SELECT",
    ),
    Access("interest_calculation", "a calculation stays as it was stored", app=ADD, sealer="SELECT"),
    Access(
        "interest_claim",
        "the owner changes the draft, the offices pass it on and decide; what was filed stays in its lines",
        app=(
            f"{ADD}, UPDATE (period_from, period_to, status, draft, filings, filed_at, reason, inputs_hash, "
            "calculation_id, due_yuan, amount_yuan, decided_by, decided_at)"
        ),
        sealer="SELECT",
    ),
    Access(
        "interest_line",
        "a version of a line is withdrawn, never changed",
        app=f"{ADD}, UPDATE (withdrawn_by, withdrawn_at, withdraw_reason)",
        sealer="SELECT",
    ),
    Access("interest_statement", "archive of statements settled before claims", app="SELECT", sealer="SELECT"),
    Access(
        "investment_plan",
        "a plan is issued, its total follows its items",
        app=f"{ADD}, UPDATE (plan_no, status, total_yuan, issued_by, issued_on, version)",
        sealer="SELECT",
    ),
    Access(
        "loan",
        "the newest version's facts; every version stays in `loan_version`",
        app=(
            f"{ADD}, UPDATE (bank, contract_no, principal_yuan, rate_type, annual_rate, term_months, tenor, drawn_on, "
            "repriced_on, contract_key, spread_bp, day_count_basis, settlement_day, share, extensions, drawdowns, "
            "repayments, withdrawn_by, withdrawn_at, withdraw_reason)"
        ),
        sealer="SELECT",
    ),
    Access("loan_version", "a version stays as it was stated", app=ADD, sealer="SELECT"),
    Access(
        "money_bar",
        "a bar is settled, lifted or falls; what it rests on follows corrections of the entry",
        app=f"{ADD}, UPDATE (basis, status, settled_by, settled_at, settlement, settlement_document_no, "
        "decided_by, decided_at, decision_reason)",
        sealer="SELECT",
    ),
    Access(
        "money_return",
        "a second person decides; amount and receipt stay",
        app=f"{ADD}, UPDATE (status, decided_by, decided_at, transfer_id)",
        sealer="SELECT",
    ),
    Access(
        "month_closing",
        "a second person closes, two reopen; figures and reasons stay",
        app=(
            f"{ADD}, UPDATE (status, closed_by, closed_at, reopening_by, reopening_at, reopening_reason, reopened_by, "
            "reopened_at, version)"
        ),
        sealer="SELECT",
    ),
    Access("number_series", "last number of a series", app=f"{ADD}, UPDATE (last)"),
    Access(
        "payee_account",
        "the district decides; another account is another row",
        app=(f"{ADD}, UPDATE (status, checked_by, checked_at, confirmed_by, confirmed_at, from_on, decision_reason)"),
        sealer="SELECT",
    ),
    Access(
        "payment_line",
        "the treasury's answer is added; payee and amount stay",
        app=f"{ADD}, UPDATE (status, answered_on, return_reason)",
        sealer="SELECT",
    ),
    Access(
        "payment_order",
        "an order is withdrawn, never changed",
        app=f"{ADD}, UPDATE (status, overdue_since, withdrawn_by, withdrawn_at, withdraw_reason, version)",
        sealer="SELECT",
    ),
    Access("payment_order_file", "a file stays as it was sent", app=ADD, sealer="SELECT"),
    Access(
        "plan_change",
        "a second person issues it, or the draft is withdrawn; what changes stays",
        app=f"{ADD}, UPDATE (status, decided_by, decided_at, decision_reason)",
        sealer="SELECT",
    ),
    Access(
        "penalty",
        "the payment is added, or two persons withdraw it; what the authority decided stays",
        app=(
            f"{ADD}, UPDATE (bank_receipt_no, receipt_key, paid_on, booked_by, booked_at, withdrawal_asked_by, "
            "withdrawal_asked_at, withdrawal_reason, withdrawn_by, withdrawn_at)"
        ),
        sealer="SELECT",
    ),
    Access(
        "plan_item",
        "a version is closed, and the next one added; project and amount stay",
        app=f"{ADD}, UPDATE (status, completed_decision)",
        sealer="SELECT",
    ),
    Access(
        "public_money",
        "a record is withdrawn; one of intake follows its corrections there",
        app=f"{ADD}, UPDATE (version, withdrawn_by, withdrawn_at, withdraw_reason, programme, project_code, "
        "applicant_uscc, amount_yuan, granted_on, document_no, title_certificate_no, building_id, address, works, "
        "intake_version, document_key, entry_key)",
        sealer="SELECT",
    ),
    Access("receipt_batch", "what brought receipts stays as it came", app=ADD, sealer="SELECT"),
    Access("recovery", "a receipt stays as booked", app=ADD, sealer="SELECT"),
    Access(
        "release_request",
        "a second person decides; amount and ground stay",
        app=f"{ADD}, UPDATE (status, decided_by, decided_at, decision_reason, transfer_id)",
        sealer="SELECT",
    ),
    Access(
        "treasury_receipt",
        "a receipt is matched, accepted or voided; what the treasury states stays",
        app=(
            f"{ADD}, UPDATE (month, differences, status, line_id, transfer_id, settled_by, settled_at, settle_reason, "
            "version)"
        ),
        sealer="SELECT",
    ),
    Access(
        "SCHEMA funding_ledger", "the ledger is read, and written by its two functions", app="USAGE", sealer="USAGE"
    ),
    Access("funding_ledger.account", "balances are those of the transfers: the functions write them", app="SELECT"),
    Access("funding_ledger.transfer", "transfers are posted by post_batch alone", app="SELECT", sealer="SELECT"),
    Access("funding_ledger.resolution", "written by post_batch alone", app="SELECT", sealer="SELECT"),
    Access("FUNCTION funding_ledger.open_accounts", "accounts of a year or a case", app="EXECUTE"),
    Access("FUNCTION funding_ledger.post_batch", "the only way to move money", app="EXECUTE"),
)
