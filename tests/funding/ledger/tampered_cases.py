"""Changes of transfers, releases, demands, receipts and cases, and what each contradicts."""

from uuid import UUID

from services.funding.ledger.postings import AccountCode, case_account
from tests.funding.ledger.tampering import (
    BARS,
    CASES,
    CLAWBACKS,
    DAYS,
    DEMANDS,
    EVENTS,
    LINES,
    RECEIPTS,
    REQUESTS,
    ROUTE,
    UNKNOWN,
    Tampering,
    account,
    barred,
    event,
    event_again,
    event_row,
    gone,
    no_event,
    row,
    transfer,
)

CASE_CHANGES: Tampering = {
    "a demand on the money of another project": (
        [transfer(f"debit_account = {case_account(UUID(int=2), AccountCode.PAID_GRANT)}", "claw_due")],
        {(ROUTE, "transfer $claw_due")},
    ),
    "a payment to another project": (
        [transfer(f"credit_account = {case_account(UUID(int=2), AccountCode.PAID_GRANT)}", "pay1")],
        {(ROUTE, "transfer $pay1")},
    ),
    "a payment of another case": (
        [transfer("case_id = '$small'", "pay1")],
        {(EVENTS, "transfer $pay1"), (REQUESTS, "transfer $pay1"), (ROUTE, "transfer $pay1")},
    ),
    "a transfer to an unknown account": (
        [transfer("credit_account = 404", "claw_due")],
        {(DEMANDS, "application $grant"), (EVENTS, "transfer $claw_due"), (ROUTE, "transfer $claw_due")},
    ),
    "a transfer from an unknown account": (
        [transfer("debit_account = 404", "claw_in1")],
        {(ROUTE, "transfer $claw_in1")},
    ),
    "a release that was not announced": ([no_event("funds_released", "pay1")], {(EVENTS, "transfer $pay1")}),
    "a release announced twice": ([event_again("funds_released", "pay1")], {(EVENTS, "transfer $pay1")}),
    "a release announced one fen lower": (
        [event("funds_released", "pay1", amount_yuan='"1.00"')],
        {(EVENTS, "transfer $pay1")},
    ),
    "a release announced under another transfer": (
        [event("funds_released", "pay1", transfer_id=f'"{UNKNOWN}"')],
        {(EVENTS, "transfer $pay1"), (EVENTS, f"transfer {UNKNOWN}")},
    ),
    "a release announced for another case": (
        [event_row("aggregate_id = '$declined', agg_seq = 99", "funds_released", "pay1")],
        {(EVENTS, "transfer $pay1")},
    ),
    "a release announced for another payee": (
        [event_row("applicant_uscc = 'x'", "funds_released", "pay1")],
        {(EVENTS, "transfer $pay1")},
    ),
    "a return that was not announced": ([no_event("funds_returned", "back_in")], {(EVENTS, "transfer $back_in")}),
    "a return announced with another amount": (
        [event("funds_returned", "back_in", amount_yuan='"1.00"')],
        {(EVENTS, "transfer $back_in")},
    ),
    "a demand that was not announced": ([no_event("funds_clawed_back", "claw_due")], {(EVENTS, "transfer $claw_due")}),
    "a demand announced as a receipt": (
        [event("funds_clawed_back", "claw_due", stage='"recovered"')],
        {(EVENTS, "transfer $claw_due")},
    ),
    "a receipt that was not announced": ([no_event("funds_clawed_back", "claw_in1")], {(EVENTS, "transfer $claw_in1")}),
    "a receipt announced as a demand": (
        [event("funds_clawed_back", "claw_in1", stage='"demanded"')],
        {(EVENTS, "transfer $claw_in1")},
    ),
    "another payee of the case": (
        [row("application", "applicant_uscc = 'x'", "grant")],
        {
            (EVENTS, "transfer $back_in"),
            (EVENTS, "transfer $claw_due"),
            (EVENTS, "transfer $claw_in1"),
            (EVENTS, "transfer $claw_in2"),
            (EVENTS, "transfer $pay1"),
            (EVENTS, "transfer $pay2"),
            (EVENTS, "transfer $pay3"),
            (EVENTS, "transfer $pay3_back"),
            (EVENTS, "transfer $sent"),
        },
    ),
    "a deleted release": (
        [gone("funding.release_request", "pay1", "transfer_id")],
        {(LINES, "line $line1"), (DAYS, "day 2024-03-22"), (REQUESTS, "transfer $pay1")},
    ),
    "a release one fen higher": (
        [row("release_request", "amount_yuan = amount_yuan + 0.01", "pay1", "transfer_id")],
        {(LINES, "line $line1"), (REQUESTS, "transfer $pay1")},
    ),
    "a release of an unknown transfer": (
        [row("release_request", f"transfer_id = '{UNKNOWN}'", "pay1", "transfer_id")],
        {(DAYS, "day 2024-03-22"), (REQUESTS, "transfer $pay1"), (REQUESTS, f"transfer {UNKNOWN}")},
    ),
    "a release of another case": (
        [row("release_request", "application_id = '$small'", "pay1", "transfer_id")],
        {(LINES, "line $line1"), (REQUESTS, "transfer $pay1")},
    ),
    "a release that is no longer paid": (
        [row("release_request", "status = 'rejected', transfer_id = NULL", "pay1", "transfer_id")],
        {(LINES, "line $line1"), (DAYS, "day 2024-03-22"), (REQUESTS, "transfer $pay1")},
    ),
    "a deleted payment": (
        [gone("funding_ledger.transfer", "pay1")],
        {(DAYS, "day 2024-03-22"), (EVENTS, "transfer $pay1"), (REQUESTS, "transfer $pay1")},
    ),
    "a demand one fen higher": (
        [row("clawback_request", "amount_yuan = amount_yuan + 0.01", "claw")],
        {(CLAWBACKS, "clawback $claw"), (DEMANDS, "transfer $claw_due")},
    ),
    "a demand that is a proposal again": (
        [row("clawback_request", "status = 'requested'", "claw")],
        {(CLAWBACKS, "clawback $claw"), (DEMANDS, "transfer $claw_due")},
    ),
    "a demand of another case": (
        [row("clawback_request", "application_id = '$small'", "claw")],
        {(DEMANDS, "application $small"), (DEMANDS, "transfer $claw_due")},
    ),
    "a deleted demand": (
        [gone("funding_ledger.transfer", "claw_due")],
        {(DEMANDS, "application $grant"), (EVENTS, "transfer $claw_due")},
    ),
    "a return one fen higher": (
        [row("money_return", "amount_yuan = amount_yuan + 0.01", "back")],
        {(DEMANDS, "transfer $back_due"), (RECEIPTS, "transfer $back_in")},
    ),
    "a return that is not confirmed": (
        [row("money_return", "status = 'recorded'", "back")],
        {(DEMANDS, "transfer $back_due"), (RECEIPTS, "transfer $back_in")},
    ),
    "a return of another transfer": (
        [row("money_return", f"transfer_id = '{UNKNOWN}'", "back")],
        {(RECEIPTS, "transfer $back_in"), (RECEIPTS, f"transfer {UNKNOWN}")},
    ),
    "a return of another case": (
        [row("money_return", "application_id = '$small'", "back")],
        {(DEMANDS, "application $small"), (DEMANDS, "transfer $back_due"), (RECEIPTS, "transfer $back_in")},
    ),
    "a receipt one fen lower": (
        [row("recovery", "amount_yuan = amount_yuan - 0.01", "claw_in1", "transfer_id")],
        {(CLAWBACKS, "clawback $claw"), (RECEIPTS, "transfer $claw_in1")},
    ),
    "a deleted receipt": (
        [gone("funding.recovery", "claw_in1", "transfer_id")],
        {(CLAWBACKS, "clawback $claw"), (RECEIPTS, "transfer $claw_in1")},
    ),
    "a receipt of another case": (
        [row("recovery", "application_id = '$small'", "claw_in1", "transfer_id")],
        {(RECEIPTS, "transfer $claw_in1")},
    ),
    "a receipt of another clawback": (
        [row("recovery", f"clawback_id = '{UNKNOWN}'", "claw_in1", "transfer_id")],
        {(CLAWBACKS, "clawback $claw"), (CLAWBACKS, f"clawback {UNKNOWN}")},
    ),
    "a deleted posted receipt": (
        [gone("funding_ledger.transfer", "claw_in1")],
        {(EVENTS, "transfer $claw_in1"), (RECEIPTS, "transfer $claw_in1")},
    ),
    "recovered money of a clawback": (
        [row("clawback_request", "recovered_yuan = recovered_yuan - 0.01, status = 'demanded'", "claw")],
        {(CLAWBACKS, "clawback $claw")},
    ),
    "a clawback that is open although recovered": (
        [row("clawback_request", "status = 'demanded'", "claw")],
        {(CLAWBACKS, "clawback $claw")},
    ),
    "a reservation of the case": (
        [row("application", "reserved_yuan = reserved_yuan + 0.01", "loan")],
        {(CASES, "application $loan")},
    ),
    "a release of the case": (
        [row("application", "released_yuan = released_yuan + 0.01", "grant")],
        {(CASES, "application $grant")},
    ),
    "a return of the case": (
        [row("application", "returned_yuan = returned_yuan + 0.01", "grant")],
        {(CASES, "application $grant")},
    ),
    "a demand of the case": (
        [row("application", "demanded_yuan = demanded_yuan + 0.01", "grant")],
        {(CASES, "application $grant")},
    ),
    "a recovery of the case": (
        [row("application", "recovered_yuan = recovered_yuan + 0.01", "grant")],
        {(CASES, "application $grant")},
    ),
    "money due of the case": (
        [row("application", "released_yuan = released_yuan + 1, demanded_yuan = demanded_yuan + 1", "grant")],
        {(CASES, "application $grant")},
    ),
    "money back of the case": (
        [row("application", "released_yuan = released_yuan + 1, returned_yuan = returned_yuan + 1", "grant")],
        {(CASES, "application $grant")},
    ),
    "a reservation in the ledger": (
        [account("credits_pending", "+ 1", 5, AccountCode.PAID_INTEREST_SUBSIDY)],
        {(CASES, "application $loan")},
    ),
    "a payment in the ledger": (
        [account("credits_posted", "+ 1", 1, AccountCode.PAID_GRANT)],
        {(CASES, "application $grant")},
    ),
    "a paid subsidy in the ledger": (
        [account("credits_posted", "+ 1", 5, AccountCode.PAID_INTEREST_SUBSIDY)],
        {(CASES, "application $loan")},
    ),
    "a demand in the ledger": (
        [account("credits_posted", "+ 1", 1, AccountCode.CLAWBACK_RECEIVABLE)],
        {(CASES, "application $grant")},
    ),
    "returned money in the ledger": (
        [account("credits_posted", "+ 1", 1, AccountCode.RETURNED)],
        {(CASES, "application $grant")},
    ),
    "an award in the ledger": (
        [account("credits_posted", "+ 1", 5, AccountCode.AWARD)],
        {(CASES, "application $loan")},
    ),
    "a reserved award in the ledger": (
        [account("debits_pending", "- 1", 5, AccountCode.AWARD)],
        {(CASES, "application $loan")},
    ),
    "a release under a bar": (barred(-9), {(BARS, "application $grant")}),
    "a release after a bar was lifted": (barred(-9, lifted=-8), set()),
    "a bar after the last release": (barred(10**9), set()),
    "a case that is not approved": ([row("application", "reserved_yuan = 9", "declined")], set()),
}  # fmt: skip
