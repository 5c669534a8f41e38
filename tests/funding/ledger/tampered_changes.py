"""Changes of approved changes of an approval, of what they cut, their acts and events, and what each contradicts."""

from tests.funding.ledger.tampering import CUTS, MADE, Tampering, event, event_again, gone, no_event, row, transfer

CUT = {(CUTS, "application $changed")}
ONE = {(MADE, "change $altered")}
_ACT = "act = 'approve_change' AND detail ->> 'change_id' = '$altered'"
ALTERED: Tampering = {
    "a change that takes one fen more": ([row("approval_change", "cut_yuan = cut_yuan + 0.01", "altered")], CUT),
    "a change that leaves a fen to recover": ([row("approval_change", "recover_yuan = 0.01", "altered")], CUT),
    "a refused change that took something": (
        [row("approval_change", "cut_yuan = 1, status = 'approved'", "refused")],
        {*CUT, (MADE, "change $refused")},
    ),
    "an approved change that is refused": (
        [row("approval_change", "status = 'refused'", "altered")],
        {*CUT, *ONE},
    ),
    "a case reduced by a fen more": (
        [row("application", "reduced_yuan = reduced_yuan + 0.01", "changed")],
        CUT,
    ),
    "a case reduced by no change": (
        [row("application", "reduced_yuan = 0.01", "small")],
        {(CUTS, "application $small")},
    ),
    "a cut under another purpose": ([transfer("purpose = 'award_cut:x'", "cut")], CUT),
    "a cut that is not posted": ([gone("funding_ledger.transfer", "cut")], CUT),
    "a change decided by another person than recorded": (
        [row("approval_change", "decided_by = 'x'", "altered")],
        ONE,
    ),
    "a change whose decision is not recorded": ([f"DELETE FROM funding.act WHERE {_ACT}"], ONE),
    "a change recorded with another award": (
        [f"UPDATE funding.act SET detail = jsonb_set(detail, '{{award_yuan}}', '\"1.00\"') WHERE {_ACT}"],
        ONE,
    ),
    "a change that was not announced": ([no_event("approval_changed", 'altered%"approved"')], ONE),
    "a change announced twice": ([event_again("approval_changed", 'altered%"approved"')], ONE),
    "a change announced with another award": (
        [event("approval_changed", 'altered%"approved"', award_yuan='"1.00"')],
        ONE,
    ),
}
