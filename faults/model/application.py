"""Model of a fund application: draft, approval, plan, request, hold, release, clawback. 二（四）, 三（二）, 四（一）1

The budget is not part of it (budget.py): the case itself must allow an act that is refused for lack of money.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from faults.model.duties import NO_DUTIES, Duties, take_duty
from faults.model.history import Step
from faults.model.money import award_fen, fen

WRONG_STATUS, HELD = "wrong_status", "funds_held"
RELEASED, HELD_EVENT, CLAWED, SENT_BACK = (
    "funding.funds_released.v1", "funding.funds_held.v1", "funding.funds_clawed_back.v1", "funding.funds_sent_back.v1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Application:
    """State of an application. `holds` counts those in force; `requests` pairs each request with its status."""

    investment_fen: int
    status: str = "received"
    holds: int = 0
    payee: str = ""
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
    """Return the next state, or the same state and the code of the refusal."""
    after, code = RULES[step.act](state, step)
    if code:
        return state, code
    acts = [(step.act, step.actor)]
    if step.act == "demand_clawback":
        acts.append(("hold_funds", step.actor))
    return replace(after, acts=(*after.acts, *acts)), ""


def _with_duty(state: Application, step: Step, duty: str, *events: str) -> tuple[Application, str]:
    duties, code = take_duty(state.duties, step.actor, duty)
    return replace(state, duties=duties, events=state.events + events), code


def _with_request(state: Application, step: Step, status: str) -> Application:
    """Return the case with one of its requests at a status."""
    return replace(state, requests=tuple({**dict(state.requests), step.facts["request"]: status}.items()))


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


def _hold(state: Application, step: Step) -> tuple[Application, str]:
    return _with_duty(replace(state, holds=state.holds + 1), step, "hold", HELD_EVENT)


def _lift(state: Application, step: Step) -> tuple[Application, str]:
    if state.holds != 1:
        return state, WRONG_STATUS if state.holds else "not_found"
    return _with_duty(replace(state, holds=0), step, "lift_hold", HELD_EVENT)


def _enter_payee(state: Application, step: Step) -> tuple[Application, str]:
    if state.payee:
        return state, "duplicate"
    return _with_duty(replace(state, payee="entered"), step, "report")


def _confirm_payee(state: Application, step: Step) -> tuple[Application, str]:
    if state.payee != "entered":
        return state, WRONG_STATUS
    return _with_duty(replace(state, payee="confirmed"), step, "check_payee")


def _request_release(state: Application, step: Step) -> tuple[Application, str]:
    if state.status not in ("planned", "releasing"):
        return state, WRONG_STATUS
    if state.holds:
        return state, HELD
    if "requested" in dict(state.requests).values():
        return state, "already_requested"
    if state.payee != "confirmed":
        return state, "no_payee"
    return _with_duty(_with_request(state, step, "requested"), step, "request_release")


def _release(state: Application, step: Step) -> tuple[Application, str]:
    if state.holds:
        return state, HELD
    if dict(state.requests).get(step.facts["request"]) != "requested":
        return state, WRONG_STATUS
    paid = replace(_with_request(state, step, "paid"), status="released", released_fen=state.award_fen)
    return _with_duty(paid, step, "release", RELEASED)


def _send_back(state: Application, step: Step) -> tuple[Application, str]:
    """Note that the bank sent the payment back: it may be asked for again."""
    if dict(state.requests).get(step.facts["request"]) != "paid":
        return state, WRONG_STATUS
    waiting = replace(_with_request(state, step, "returned"), status="releasing", released_fen=0)
    return replace(waiting, events=(*waiting.events, SENT_BACK)), ""


def _request_clawback(state: Application, step: Step) -> tuple[Application, str]:
    if fen(step.facts["yuan"]) > state.released_fen - state.demanded_fen:
        return state, "more_than_paid"
    return _with_duty(_with_request(state, step, "requested"), step, "request_clawback")


def _demand(state: Application, step: Step) -> tuple[Application, str]:
    if dict(state.requests).get(step.facts["request"]) != "requested":
        return state, WRONG_STATUS
    demanded = replace(state, demanded_fen=state.demanded_fen + fen(step.facts["yuan"]), holds=state.holds + 1)
    decided, code = _with_duty(_with_request(demanded, step, "demanded"), step, "clawback", HELD_EVENT, CLAWED)
    return (state, code) if code else _with_duty(decided, step, "hold")


def _recover(state: Application, step: Step) -> tuple[Application, str]:
    if dict(state.requests).get(step.facts["request"]) != "demanded":
        return state, WRONG_STATUS
    recovered = replace(state, recovered_fen=fen(step.facts["yuan"]))
    return _with_duty(_with_request(recovered, step, "recovered"), step, "book_recovery", CLAWED)


RULES: dict[str, Callable[[Application, Step], tuple[Application, str]]] = {
    "draft_approval": _draft,
    "approve_application": _approve,
    "enter_plan": _plan,
    "hold_funds": _hold,
    "lift_hold": _lift,
    "enter_payee": _enter_payee,
    "confirm_payee": _confirm_payee,
    "request_release": _request_release,
    "release_funds": _release,
    "note_sent_back": _send_back,
    "request_clawback": _request_clawback,
    "demand_clawback": _demand,
    "record_recovery": _recover,
}
