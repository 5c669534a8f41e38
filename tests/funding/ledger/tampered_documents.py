"""Changes of budget documents, their acts and events, and what each contradicts."""

from uuid import UUID

from services.funding.ledger.postings import AccountCode, case_account, programme_account
from tests.funding.ledger.planted import Named
from tests.funding.ledger.tampering import (
    AWARDS,
    BUDGETS,
    CONFIRMED,
    POSTED,
    RECORDED,
    ROUTE,
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


def unlike(of: str) -> Named:
    """Return what a document contradicts that is not as posted, recorded and announced."""
    return {(BUDGETS, "budget 2024"), *((each, f"appropriation ${of}") for each in (POSTED, CONFIRMED, RECORDED))}


DRAFT = "draft_budget"
BUDGET_2024 = programme_account(AccountCode.BUDGET, 2024)
DOCUMENTS: Tampering = {
    "an appropriation one fen higher": (
        [row("appropriation", "amount_yuan = amount_yuan + 0.01", "doc4_1")],
        unlike("doc4_1"),
    ),
    "an appropriation one fen lower": (
        [row("appropriation", "amount_yuan = amount_yuan - 0.01", "doc4_1")],
        unlike("doc4_1"),
    ),
    "an appropriation of another year": (
        [row("appropriation", "year = 2025", "doc4_2")],
        {
            (POSTED, "appropriation $doc4_2"),
            (BUDGETS, "budget 2024"),
            (BUDGETS, "budget 2025"),
            (CONFIRMED, "appropriation $doc4_2"),
            (RECORDED, "appropriation $doc4_2"),
        },
    ),
    "a confirmation taken back": (
        [row("appropriation", "status = 'drafted', confirmed_by = NULL, confirmed_at = NULL", "doc4_1")],
        unlike("doc4_1"),
    ),
    "a deleted appropriation": (
        [gone("funding.appropriation", "doc4_1")],
        unlike("doc4_1"),
    ),
    "a draft confirmed beside the ledger": (
        [row("appropriation", "status = 'confirmed', confirmed_by = 'x', confirmed_at = now()", "doc4_3")],
        unlike("doc4_3"),
    ),
    "a budget transfer of another document": (
        [transfer("document_id = '$doc5_1'", "fund4_1")],
        {(POSTED, "appropriation $doc4_1"), (POSTED, "appropriation $doc5_1"), (CONFIRMED, "appropriation $doc4_1")},
    ),
    "a budget transfer without a document": (
        [transfer("document_id = NULL", "fund4_1")],
        {(POSTED, "appropriation $doc4_1"), (POSTED, "transfer $fund4_1"), (CONFIRMED, "appropriation $doc4_1")},
    ),
    "a budget transfer out of the commitments": (
        [transfer("debit_account = 3, document_id = NULL", "fund4_2")],
        {
            (POSTED, "appropriation $doc4_2"),
            (POSTED, "transfer $fund4_2"),
            (AWARDS, "transfer $fund4_2"),
            (CONFIRMED, "appropriation $doc4_2"),
            (ROUTE, "transfer $fund4_2"),
        },
    ),
    "budget money that went to a project": (
        [transfer(f"credit_account = {case_account(UUID(int=1), AccountCode.PAID_GRANT)}", "fund4_2")],
        {(POSTED, "appropriation $doc4_2"), (ROUTE, "transfer $fund4_2")},
    ),
    "a deleted budget transfer": (
        [gone("funding_ledger.transfer", "fund4_2")],
        {(POSTED, "appropriation $doc4_2"), (CONFIRMED, "appropriation $doc4_2")},
    ),
    "a budget account one fen higher": (
        [
            f"UPDATE funding_ledger.account SET credits_posted = credits_posted + 1 WHERE id = {BUDGET_2024}",
        ],
        {(BUDGETS, "budget 2024")},
    ),
    "a budget account of a year without money": (
        [
            "INSERT INTO funding_ledger.account (id, ledger, code, fiscal_year, opened_at)"
            " VALUES (203002, 202312, 2, 2030, now())",
        ],
        set(),
    ),
    "a cut one fen higher": (
        [row("appropriation", "amount_yuan = amount_yuan + 0.01", "doc7_2")],
        {
            (POSTED, "appropriation $doc7_2"),
            (CONFIRMED, "appropriation $doc7_2"),
            (RECORDED, "appropriation $doc7_2"),
        },
    ),
    "a cut that is a transfer": (
        [row("appropriation", "kind = 'transfer', to_year = 2028", "doc7_2")],
        {
            (POSTED, "appropriation $doc7_2"),
            (POSTED, "appropriation $doc7_6"),
            (BUDGETS, "budget 2028"),
            (CONFIRMED, "appropriation $doc7_2"),
            (RECORDED, "appropriation $doc7_2"),
        },
    ),
    "a transfer into another year": (
        [row("appropriation", "to_year = 2029", "doc7_3")],
        {
            (POSTED, "appropriation $doc7_3"),
            (BUDGETS, "budget 2028"),
            (BUDGETS, "budget 2029"),
            (CONFIRMED, "appropriation $doc7_3"),
        },
    ),
    "a transfer announced for another year": (
        [event("budget_adjusted", "fund7_3", to_year="2029")],
        {(CONFIRMED, "appropriation $doc7_3")},
    ),
    "a freeze announced as a cut": (
        [event("budget_adjusted", "fund7_4", kind='"cut"')],
        {(CONFIRMED, "appropriation $doc7_4")},
    ),
    "a freeze recorded as a cut": (
        [act('detail = detail || \'{"kind": "cut"}\'', "confirm_budget", "doc7_4")],
        {(RECORDED, "appropriation $doc7_4")},
    ),
    "a frozen account one fen higher": (
        ["UPDATE funding_ledger.account SET credits_posted = credits_posted + 1 WHERE id = 202709"],
        {(BUDGETS, "frozen 2027")},
    ),
    "an unfreeze that was not announced": (
        [no_event("budget_adjusted", "fund7_5")],
        {(CONFIRMED, "appropriation $doc7_5")},
    ),
    "a deleted reversal": (
        [gone("funding_ledger.transfer", "fund7_6")],
        {(POSTED, "appropriation $doc7_6"), (CONFIRMED, "appropriation $doc7_6")},
    ),
    "a reversal announced of another document": (
        [event("budget_adjusted", "fund7_6", reverses='"$doc7_1"')],
        {(CONFIRMED, "appropriation $doc7_6")},
    ),
    "a confirmation by another person": (
        [row("appropriation", "confirmed_by = 'x'", "doc4_1")],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a draft by another person": (
        [row("appropriation", "drafted_by = 'x'", "doc4_1")],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a draft and a confirmation by one person": (
        [
            "ALTER TABLE funding.appropriation DROP CONSTRAINT ck_appropriation_two_people",
            row("appropriation", "drafted_by = confirmed_by", "doc4_1"),
            act("actor = (SELECT confirmed_by FROM funding.appropriation WHERE id = case_id)", DRAFT, "doc4_1"),
        ],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a confirmation that was not recorded": (
        [no_act("confirm_budget", "doc4_1")],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a confirmation recorded twice": ([act_again("confirm_budget", "doc4_1")], {(RECORDED, "appropriation $doc4_1")}),
    "a confirmation recorded by another person": (
        [act("actor = 'x'", "confirm_budget", "doc4_1")],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a confirmation recorded with another amount": (
        [act('detail = detail || \'{"amount_yuan": "1.00"}\'', "confirm_budget", "doc4_1")],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a confirmation recorded for another year": (
        [act("detail = detail || '{\"year\": 2025}'", "confirm_budget", "doc4_1")],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a draft that was not recorded": ([no_act("draft_budget", "doc4_1")], {(RECORDED, "appropriation $doc4_1")}),
    "a draft recorded with another amount": (
        [act('detail = detail || \'{"amount_yuan": "1.00"}\'', "draft_budget", "doc4_1")],
        {(RECORDED, "appropriation $doc4_1")},
    ),
    "a recorded confirmation of a draft": (
        [act("act = 'confirm_budget'", "draft_budget", "doc4_3")],
        {(RECORDED, "appropriation $doc4_3")},
    ),
    "a confirmation that was not announced": (
        [no_event("budget_confirmed", "doc4_1")],
        {(CONFIRMED, "appropriation $doc4_1")},
    ),
    "a confirmation announced twice": (
        [event_again("budget_confirmed", "doc4_1")],
        {(CONFIRMED, "appropriation $doc4_1")},
    ),
    "a confirmation announced one fen higher": (
        [event("budget_confirmed", "doc4_1", amount_yuan='"60000000.12"')],
        {(CONFIRMED, "appropriation $doc4_1")},
    ),
    "a confirmation announced for another year": (
        [event("budget_confirmed", "doc4_1", year="2025")],
        {(CONFIRMED, "appropriation $doc4_1")},
    ),
    "a confirmation announced with another transfer": (
        [event("budget_confirmed", "doc4_1", transfer_id='"$fund4_2"')],
        {(CONFIRMED, "appropriation $doc4_1")},
    ),
    "an announced confirmation of a draft": (
        [event_row("aggregate_id = '$doc4_3'", "budget_confirmed", "doc4_1")],
        {(CONFIRMED, "appropriation $doc4_1"), (CONFIRMED, "appropriation $doc4_3")},
    ),
    "a budget transfer that is only reserved": (
        [transfer("kind = 1", "fund4_2")],
        {(POSTED, "appropriation $doc4_2")},
    ),
    "an award that is only reserved": ([transfer("kind = 1", "award")], {(AWARDS, "application $grant")}),
    "a budget transfer into another year": (
        [transfer("credit_account = 202502", "fund4_2")],
        {(POSTED, "appropriation $doc4_2")},
    ),
    "an event of a confirmation before announcements": (
        [row("appropriation", "announced = false", "doc4_1")],
        {(CONFIRMED, "appropriation $doc4_1")},
    ),
    "a confirmation before announcements": (
        [row("appropriation", "announced = false", "doc4_1"), no_event("budget_confirmed", "doc4_1")],
        set(),
    ),
}
