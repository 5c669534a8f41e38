"""Changes of plans and their projects, their reservations and events, and what each contradicts."""

from tests.funding.ledger.tampering import (
    CHANGED,
    PLANS,
    PROJECTS,
    Tampering,
    act,
    event,
    event_again,
    gone,
    no_act,
    no_event,
    row,
    transfer,
)

CHANGE = {(CHANGED, "change $change")}
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
    "a change issued by its drafter": (
        [
            "ALTER TABLE funding.plan_change DROP CONSTRAINT ck_plan_change_two_people",
            row("plan_change", "drafted_by = decided_by", "change"),
        ],
        CHANGE,
    ),
    "a change of another plan": ([row("plan_change", "plan_id = '$plan4'", "change")], CHANGE),
    "another document of a change": ([row("plan_change", "document_no = 'x'", "change")], CHANGE),
    "a change with another project": ([row("plan_change", "items = items || items", "change")], CHANGE),
    "a change that cancels": ([row("plan_change", "kind = 'cancel'", "change")], CHANGE),
    "a deleted change": ([gone("funding.plan_change", "change")], CHANGE),
    "a withdrawn change put into force": (
        [row("plan_change", "status = 'issued'", "unchanged")],
        {(CHANGED, "change $unchanged")},
    ),
    "a change that was not announced": ([no_event("plan_changed", "change")], CHANGE),
    "a change announced twice": ([event_again("plan_changed", "change")], CHANGE),
    "a change announced with another total": (
        [event("plan_changed", "change", total_yuan='"1.00"')],
        {(PLANS, "plan $plan5")},
    ),
    "a change that was not recorded": ([no_act("issue_plan_change", "plan5")], CHANGE),
    "a change recorded by another person": ([act("actor = 'x'", "issue_plan_change", "plan5")], CHANGE),
    "a cancelled plan with projects": (
        [row("investment_plan", "status = 'cancelled'", "plan4")],
        {(PLANS, "plan $plan4")},
    ),
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
