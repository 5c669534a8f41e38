"""A fund application: drafted, approved, planned, asked for, held, paid, demanded back. 二（四）, 三（二）, 四（一）1

The budget is not judged here (budget.py): an act refused for want of money must be one that the case itself allows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from faults.model.duties import NO_DUTIES, Duties, taken
from faults.model.history import Step
from faults.model.money import award_fen, fen

WRONG_STATUS, HELD = "wrong_status", "funds_held"
RELEASED, HELD_EVENT, CLAWED = (
    "funding.funds_released.v1", "funding.funds_held.v1", "funding.funds_clawed_back.v1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Application:
    """Where it stands. `holds` counts those in force; `requests` pairs each request with its status."""

    investment_fen: int
    status: str = "received"
    holds: int = 0
    requests: tuple[tuple[str, str], ...] = ()
    released_fen: int = 0
    demanded_fen: int = 0
    recovered_fen: int = 0
    duties: Duties = NO_DUTIES
    events: tuple[str, ...] = ()
    acts: tuple[tuple[str, str], ...] = (("receive_application", "service:funding"),)

    @property
    def award_fen(self) -> int:
        return award_fen(self.investment_fen)

    @property
    def awarded(self) -> bool:
        return self.status in ("approved", "planned", "released")


def apply(state: Application, step: Step) -> tuple[Application, str]:
    """The next state, or the code of the refusal."""
    after, code = RULES[step.act](state, step)
    if code:
        return state, code
    acts = [(step.act, step.actor)]
    if step.act == "demand_clawback":
        acts.append(("hold_funds", step.actor))
    return replace(after, acts=(*after.acts, *acts)), ""


def _with_duty(state: Application, step: Step, duty: str, *events: str) -> tuple[Application, str]:
    duties, code = taken(state.duties, step.actor, duty)
    return replace(state, duties=duties, events=state.events + events), code


def _request(state: Application, step: Step, status: str) -> Application:
    """The case with one of its requests at a status."""
    return replace(state, requests=tuple({**dict(state.requests), step.said["request"]: status}.items()))


def _draft(state: Application, step: Step) -> tuple[Application, str]:
    if state.status not in ("received", "drafted"):
        return state, WRONG_STATUS
    return _with_duty(replace(state, status="drafted"), step, "draft_approval")


def _approve(state: Application, step: Step) -> tuple[Application, str]:
    if state.status != "drafted":
        return state, WRONG_STATUS
    return _with_duty(replace(state, status="approved"), step, "approve", "funding.funds_approved.v1")


def _plan(state: Application, _step: Step) -> tuple[Application, str]:
    return (replace(state, status="planned"), "") if state.status == "approved" else (state, WRONG_STATUS)


def _hold(state: Application, _step: Step) -> tuple[Application, str]:
    return replace(state, holds=state.holds + 1, events=(*state.events, HELD_EVENT)), ""


def _lift(state: Application, _step: Step) -> tuple[Application, str]:
    if state.holds != 1:
        return state, WRONG_STATUS if state.holds else "not_found"
    return replace(state, holds=0, events=(*state.events, HELD_EVENT)), ""


def _ask(state: Application, step: Step) -> tuple[Application, str]:
    if state.status != "planned":
        return state, WRONG_STATUS
    if state.holds:
        return state, HELD
    if "requested" in dict(state.requests).values():
        return state, "already_requested"
    return _with_duty(_request(state, step, "requested"), step, "request_release")


def _release(state: Application, step: Step) -> tuple[Application, str]:
    if state.holds:
        return state, HELD
    if dict(state.requests).get(step.said["request"]) != "requested":
        return state, WRONG_STATUS
    paid = replace(_request(state, step, "paid"), status="released", released_fen=state.award_fen)
    return _with_duty(paid, step, "release", RELEASED)


def _ask_back(state: Application, step: Step) -> tuple[Application, str]:
    if fen(step.said["yuan"]) > state.released_fen - state.demanded_fen:
        return state, "more_than_paid"
    return _with_duty(_request(state, step, "requested"), step, "request_clawback")


def _demand(state: Application, step: Step) -> tuple[Application, str]:
    if dict(state.requests).get(step.said["request"]) != "requested":
        return state, WRONG_STATUS
    demanded = replace(state, demanded_fen=state.demanded_fen + fen(step.said["yuan"]), holds=state.holds + 1)
    return _with_duty(_request(demanded, step, "demanded"), step, "clawback", HELD_EVENT, CLAWED)


def _recover(state: Application, step: Step) -> tuple[Application, str]:
    if dict(state.requests).get(step.said["request"]) != "demanded":
        return state, WRONG_STATUS
    recovered = replace(state, recovered_fen=fen(step.said["yuan"]), events=(*state.events, CLAWED))
    return _request(recovered, step, "recovered"), ""


RULES: dict[str, Callable[[Application, Step], tuple[Application, str]]] = {
    "draft_approval": _draft,
    "approve_application": _approve,
    "enter_plan": _plan,
    "hold_funds": _hold,
    "lift_hold": _lift,
    "request_release": _ask,
    "release_funds": _release,
    "request_clawback": _ask_back,
    "demand_clawback": _demand,
    "record_recovery": _recover,
}
