"""Changes of claims for interest subsidy, their releases and calculations, and what each contradicts."""

from tests.funding.ledger.tampering import AWARDS, CALCULATED, CLAIMED, SUBSIDISED, WITHIN, Tampering, row

_PAID = {(CLAIMED, "application $loan"), (SUBSIDISED, "application $loan")}
_FAR = "99999999999.00"

CLAIM_CHANGES: Tampering = {
    "a claim decided one fen lower": ([row("interest_claim", "amount_yuan = amount_yuan - 0.01", "claim")], _PAID),
    "a claim that is no longer decided": (
        [row("interest_claim", "status = 'returned', due_yuan = NULL, amount_yuan = NULL, decided_at = NULL", "claim")],
        _PAID,
    ),
    "a payment of no claim": ([row("release_request", "claim_id = NULL", "claimed")], _PAID),
    "a claim beyond award and calculation": (
        [row("interest_claim", f"due_yuan = {_FAR}, amount_yuan = {_FAR}", "claim")],
        {*_PAID, (WITHIN, "application $loan"), (CALCULATED, "claim $claim")},
    ),
    "a claim of no calculation": (
        [row("interest_claim", "calculation_id = NULL", "claim")],
        {(CALCULATED, "claim $claim")},
    ),
    "a calculation below its claim": (
        [row("interest_calculation", "total_yuan = 1", "calculation")],
        {(CALCULATED, "claim $claim")},
    ),
    "a calculation of another project": (
        [row("interest_calculation", "application_id = '$grant'", "calculation")],
        {(CALCULATED, "claim $claim")},
    ),
    "a claim paid to a grant": (
        [row("application", "mode = 'investment_grant'", "loan")],
        {
            (CLAIMED, "application $loan"),
            (SUBSIDISED, "application $loan"),
            (WITHIN, "application $loan"),
            (AWARDS, "application $loan"),
        },
    ),
}
