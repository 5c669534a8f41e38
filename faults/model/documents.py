"""Model of budget documents and plans: an appropriation takes two people, a plan is issued once. 三（二）"""

from dataclasses import dataclass, replace

from faults.model.duties import SAME_OFFICER
from faults.model.history import Step

WRONG_STATUS = "wrong_status"
TRANSITIONS = {"confirm_budget": ("drafted", "confirmed"), "issue_plan": ("drafted", "issued")}

EVENTS = {"confirm_budget": "funding.budget_confirmed.v1", "issue_plan": "funding.plan_issued.v1"}


@dataclass(frozen=True, slots=True)
class Document:
    """A budget document or a plan, with its drafter."""

    status: str = ""
    drafter: str = ""
    events: tuple[str, ...] = ()
    acts: tuple[tuple[str, str], ...] = ()


def apply(state: Document, step: Step) -> tuple[Document, str]:
    """Return the next state, or the same state and the code of the refusal."""
    acts = (*state.acts, (step.act, step.actor))
    if step.act not in TRANSITIONS:
        return (state, WRONG_STATUS) if state.status else (Document("drafted", step.actor, (), acts), "")
    before, after = TRANSITIONS[step.act]
    if state.status != before:
        return state, WRONG_STATUS
    if step.actor == state.drafter:
        return state, SAME_OFFICER
    return replace(state, status=after, events=(EVENTS[step.act],), acts=acts), ""
