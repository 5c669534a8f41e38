"""Changes of plans and their projects, their reservations and events, and what each contradicts."""

from tests.funding.ledger.tampering import (
    PLANS,
    PROJECTS,
    Tampering,
    event,
    event_again,
    gone,
    no_event,
    row,
    transfer,
)

PLAN_CHANGES: Tampering = {
    "a project planned one fen higher": (
        [row("plan_item", "amount_yuan = amount_yuan + 0.01", "grant", "application_id")],
        {(PLANS, "plan $plan5"), (PROJECTS, "application $grant")},
    ),
    "a project dropped from its plan": (
        [row("plan_item", "status = 'dropped'", "grant", "application_id")],
        {(PLANS, "plan $plan5"), (PROJECTS, "application $grant")},
    ),
    "a dropped project put back": (
        [row("plan_item", "status = 'planned'", "done", "application_id")],
        {(PLANS, "plan $plan5"), (PROJECTS, "application $done")},
    ),
    "a plan of another year": ([row("investment_plan", "year = 2026", "plan4")], {(PROJECTS, "application $loan")}),
    "a plan withdrawn beside the ledger": (
        [row("investment_plan", "status = 'withdrawn'", "plan4")],
        {(PLANS, "plan $plan4"), (PROJECTS, "application $loan")},
    ),
    "another total of a plan": (
        [row("investment_plan", "total_yuan = total_yuan + 0.01", "plan4")],
        {(PLANS, "plan $plan4")},
    ),
    "another number of a plan": ([row("investment_plan", "plan_no = 'x'", "plan4")], {(PLANS, "plan $plan4")}),
    "a plan that was not announced": (
        [no_event("plan_issued", "plan4")],
        {(PLANS, "plan $plan4"), (PROJECTS, "application $loan")},
    ),
    "a plan announced twice": (
        [event_again("plan_issued", "plan4")],
        {(PLANS, "plan $plan4"), (PROJECTS, "application $loan")},
    ),
    "a plan announced for another year": (
        [event("plan_issued", "plan4", year="2026")],
        {(PROJECTS, "application $loan")},
    ),
    "a plan announced with another total": (
        [event("plan_issued", "plan4", total_yuan='"1.00"')],
        {(PLANS, "plan $plan4")},
    ),
    "a planned project announced with another amount": (
        [event("plan_issued", "plan4", **{"items,0,amount_yuan": '"1.00"'})],
        {(PROJECTS, "application $loan")},
    ),
    "a deleted reservation": ([gone("funding_ledger.transfer", "planned")], {(PROJECTS, "application $grant")}),
    "a reservation in another year": (
        [transfer("debit_account = 202402", "planned")],
        {(PROJECTS, "application $grant")},
    ),
    "a reservation one fen lower": ([transfer("amount = amount - 1", "planned")], {(PROJECTS, "application $grant")}),
}  # fmt: skip
