"""Model of the payment of a release: ordered once at a time, answered by one receipt, or withdrawn before. 三（二）"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from faults.model.duties import NO_DUTIES, Duties, take_duty
from faults.model.history import Step

WRONG_STATUS = "wrong_status"


@dataclass(frozen=True, slots=True)
class Payment:
    """State of a release at the treasury; `duties` are those held on its newest order."""

    status: str = ""
    duties: Duties = NO_DUTIES
    events: tuple[str, ...] = ()
    acts: tuple[tuple[str, str], ...] = ()


def apply(state: Payment, step: Step) -> tuple[Payment, str]:
    """Return the next state, or the same state and the code of the refusal."""
    after, code = RULES[step.act](state, step)
    return (state, code) if code else (replace(after, acts=(*after.acts, (step.act, step.actor))), "")


def _issue(state: Payment, step: Step) -> tuple[Payment, str]:
    if state.status in ("ordered", "paid", "returned"):
        return state, "duplicate"
    duties, code = take_duty(NO_DUTIES, step.actor, "issue_order")
    return replace(state, status="ordered", duties=duties), code


def _withdraw(state: Payment, step: Step) -> tuple[Payment, str]:
    if state.status != "ordered":
        return state, WRONG_STATUS
    duties, code = take_duty(state.duties, step.actor, "issue_order")
    return replace(state, status="withdrawn", duties=duties), code


def _book(state: Payment, step: Step) -> tuple[Payment, str]:
    """Book a receipt: it is matched with the line that waits for it, and open if none does."""
    duties, code = take_duty(state.duties, step.actor, "book_receipt")
    waits = state.status == "ordered"
    answer = step.facts.get("answer")
    if code or (answer and answer[0] != ("matched" if waits else "open")):
        return state, code or ("matched" if waits else "open")
    return replace(state, status=step.facts["result"] if waits else state.status, duties=duties), ""


RULES: dict[str, Callable[[Payment, Step], tuple[Payment, str]]] = {
    "issue_payment_order": _issue,
    "withdraw_payment_order": _withdraw,
    "book_receipts": _book,
}
