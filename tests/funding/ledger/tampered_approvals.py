"""Changes of approvals, their acts and events, and what each contradicts."""

from tests.funding.ledger.tampering import (
    APPROVALS,
    AWARDS,
    CASES,
    CLAIMED,
    POSTED,
    ROUTE,
    SUBSIDISED,
    Tampering,
    act,
    act_again,
    event,
    event_again,
    event_row,
    gone,
    no_act,
    no_event,
    row,
    transfer,
)

APPROVED: Tampering = {
    "an approval one fen higher": (
        [row("approval", "award_yuan = award_yuan + 0.01", "grant", "application_id")],
        {(APPROVALS, "application $grant"), (AWARDS, "application $grant")},
    ),
    "an award of the case one fen lower": (
        [row("application", "award_yuan = award_yuan - 0.01", "grant")],
        {(AWARDS, "application $grant")},
    ),
    "another mode of the case": (
        [row("application", "mode = 'interest_subsidy'", "grant")],
        {(AWARDS, "application $grant"), (CLAIMED, "application $grant"), (SUBSIDISED, "application $grant")},
    ),
    "another day of the approval": (
        [row("application", "approved_on = '2024-03-09'", "grant")],
        {(AWARDS, "application $grant")},
    ),
    "a deleted approval": (
        [gone("funding.approval", "grant", "application_id")],
        {(APPROVALS, "application $grant"), (AWARDS, "application $grant")},
    ),
    "a case that lost its approval": (
        [row("application", "approved_on = NULL", "grant")],
        {(AWARDS, "application $grant")},
    ),
    "an approved case without a document": (
        [row("application", "approved_on = '2024-03-09'", "declined")],
        {(AWARDS, "application $declined"), (CASES, "application $declined")},
    ),
    "a deleted award": ([gone("funding_ledger.transfer", "award")], {(AWARDS, "application $grant")}),
    "an award one fen lower": ([transfer("amount = amount - 1", "award")], {(AWARDS, "application $grant")}),
    "an award out of the source": (
        [transfer("debit_account = 1", "award")],
        {(POSTED, "transfer $award"), (ROUTE, "transfer $award")},
    ),
    "another signer of an approval": (
        [row("approval", "approved_by = 'x'", "grant", "application_id")],
        {(APPROVALS, "application $grant")},
    ),
    "another number of an approval": (
        [row("approval", "approval_no = 'x'", "grant", "application_id")],
        {(APPROVALS, "application $grant")},
    ),
    "another payee of an approval": (
        [row("approval", "applicant_uscc = 'x'", "grant", "application_id")],
        {(APPROVALS, "application $grant")},
    ),
    "an approval that was not recorded": (
        [no_act("approve_application", "grant")],
        {(APPROVALS, "application $grant")},
    ),
    "an approval recorded twice": ([act_again("approve_application", "grant")], {(APPROVALS, "application $grant")}),
    "an approval recorded by another person": (
        [act("actor = 'x'", "approve_application", "grant")],
        {(APPROVALS, "application $grant")},
    ),
    "an approval recorded with another number": (
        [act('detail = detail || \'{"approval_no": "x"}\'', "approve_application", "grant")],
        {(APPROVALS, "application $grant")},
    ),
    "a recorded approval of a declined case": (
        [act("act = 'approve_application'", "decline_application", "declined")],
        {(APPROVALS, "application $declined")},
    ),
    "an approval that was not announced": ([no_event("funds_approved", "grant")], {(APPROVALS, "application $grant")}),
    "an approval announced twice": ([event_again("funds_approved", "grant")], {(APPROVALS, "application $grant")}),
    "an approval announced one fen higher": (
        [event("funds_approved", "grant", award_yuan='"9999999.99"')],
        {(APPROVALS, "application $grant")},
    ),
    "an approval announced with another number": (
        [event("funds_approved", "grant", approval_no='"x"')],
        {(APPROVALS, "application $grant")},
    ),
    "an approval announced for another payee": (
        [event_row("applicant_uscc = 'x'", "funds_approved", "grant")],
        {(APPROVALS, "application $grant")},
    ),
    "an announced approval of a declined case": (
        [event_row("aggregate_id = '$declined', agg_seq = 99", "funds_approved", "grant")],
        {(APPROVALS, "application $declined"), (APPROVALS, "application $grant")},
    ),
}
