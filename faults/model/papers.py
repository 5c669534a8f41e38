"""The papers of the desk: an appropriation takes two people, a plan is issued once. 三（二）"""

from dataclasses import dataclass, replace

from faults.model.duties import SAME_OFFICER
from faults.model.history import Step

WRONG_STATUS = "wrong_status"
FOLLOWS = {"confirm_budget": ("drafted", "confirmed"), "issue_plan": ("drafted", "issued")}


@dataclass(frozen=True, slots=True)
class Paper:
    """A budget's paper or a plan, and who drafted it."""

    status: str = ""
    drafter: str = ""
    events: tuple[str, ...] = ()
    acts: tuple[tuple[str, str], ...] = ()


def apply(state: Paper, step: Step) -> tuple[Paper, str]:
    """The next state, or the code of the refusal."""
    acts = (*state.acts, (step.act, step.actor))
    if step.act not in FOLLOWS:
        return (state, WRONG_STATUS) if state.status else (Paper("drafted", step.actor, (), acts), "")
    before, after = FOLLOWS[step.act]
    if state.status != before:
        return state, WRONG_STATUS
    if step.actor == state.drafter:
        return state, SAME_OFFICER
    events = ("funding.plan_issued.v1",) if step.act == "issue_plan" else ()
    return replace(state, status=after, events=events, acts=acts), ""
