"""Model of a case at the city: conclusion, conflict declarations, scores, pool. 三（二）"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from faults.model.duties import NO_DUTIES, Duties, take_duty
from faults.model.history import Step

REVIEWERS = 2
WRONG_STATUS = "wrong_status"


@dataclass(frozen=True, slots=True)
class Review:
    """State of a review; `scores` are the points each reviewer gave."""

    eligible: bool
    stage: str = "in_review"
    positions: frozenset[str] = frozenset()
    scores: tuple[tuple[str, int], ...] = ()
    investment: bool = False
    duties: Duties = NO_DUTIES
    events: tuple[str, ...] = ("eligibility.declaration_assessed.v1",)
    acts: tuple[tuple[str, str], ...] = ()

    @property
    def scored(self) -> set[str]:
        return {reviewer for reviewer, _ in self.scores}

    @property
    def complete(self) -> bool:
        return len(self.scores) >= REVIEWERS and self.positions <= self.scored

    @property
    def score_hundredths(self) -> int:
        """The mean of the reviewers' points in hundredths, rounded half up."""
        total, many = sum(points for _, points in self.scores), len(self.scores)
        return (200 * total + many) // (2 * many)


def apply(state: Review, step: Step) -> tuple[Review, str]:
    """Return the next state, or the same state and the code of the refusal."""
    after, code = RULES[step.act](state, step)
    if code:
        return state, code
    return replace(after, acts=(*after.acts, (step.act, step.actor))), ""


def _with_duty(state: Review, step: Step, duty: str) -> tuple[Review, str]:
    duties, code = take_duty(state.duties, step.actor, duty)
    return replace(state, duties=duties), code


def _conclude(state: Review, step: Step) -> tuple[Review, str]:
    passes = step.facts["outcome"] == "pass"
    if state.stage != "in_review":
        return state, WRONG_STATUS
    if passes is not state.eligible:
        return state, "conditions_not_met" if passes else "invalid"
    stage, event = ("passed", "review_passed") if passes else ("rejected", "review_rejected")
    concluded = replace(state, stage=stage, events=(*state.events, f"eligibility.{event}.v1"))
    return _with_duty(concluded, step, "conclude")


def _declare(state: Review, step: Step) -> tuple[Review, str]:
    if state.stage != "passed":
        return state, WRONG_STATUS
    if state.complete:
        return state, "panel_complete"
    if step.actor in state.positions:
        return state, "duplicate"
    return replace(state, positions=state.positions | {step.actor}), ""


def _recognise(state: Review, step: Step) -> tuple[Review, str]:
    if state.stage != "passed":
        return state, WRONG_STATUS
    if step.actor not in state.positions:
        return state, "conflict_of_interest"
    return _with_duty(replace(state, investment=True), step, "score")


def _score(state: Review, step: Step) -> tuple[Review, str]:
    if state.stage != "passed":
        return state, WRONG_STATUS
    if step.actor not in state.positions:
        return state, "conflict_of_interest"
    if step.actor in state.scored:
        return state, "duplicate"
    scored = replace(state, scores=(*state.scores, (step.actor, step.facts["points"])))
    return _with_duty(scored, step, "score")


def _enter(state: Review, step: Step) -> tuple[Review, str]:
    if state.stage != "passed":
        return state, WRONG_STATUS
    if len(state.scores) < REVIEWERS or not state.investment:
        return state, "not_ready_for_pool"
    entered = replace(state, stage="in_pool", events=(*state.events, "eligibility.pool_entered.v1"))
    return _with_duty(entered, step, "enter_pool")


RULES: dict[str, Callable[[Review, Step], tuple[Review, str]]] = {
    "conclude_review": _conclude,
    "declare_conflict": _declare,
    "recognise_investment": _recognise,
    "score_project": _score,
    "enter_pool": _enter,
}
