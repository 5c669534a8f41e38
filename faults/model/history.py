"""Replay of a history on the model: acts in the order of their commits, refusals within their time window.

Accepted acts have an order, given by the database: the model must accept each, and none may precede an act that had
been answered before it began. A refused act has no place in it: it must have been right to refuse at some moment
between its request and its answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

State = TypeVar("State")
ALWAYS = float("-inf")
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference between suite and model. `kind`: lost, doubled, order, code, state, drift or other."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class Step:
    """An act: actor, facts of the request, and the times of request and answer where they are known."""

    act: str
    actor: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    started: float = ALWAYS
    ended: float = NEVER
    label: str = ""

    def __str__(self) -> str:
        return self.label or f"{self.act} by {self.actor}"


Apply = Callable[[State, Step], tuple[State, str]]
"""Returns the state after an act and an empty code, or the same state and the code of the refusal."""


@dataclass(frozen=True)
class Replayed(Generic[State]):
    """States of a replay, beginning with the one before any act, and differences."""

    states: Sequence[State]
    differences: Sequence[Difference]

    @property
    def last(self) -> State:
        return self.states[-1]


def replay(
    first: State, apply: Apply[State], committed: Sequence[Step], refused: Sequence[tuple[Step, str]] = ()
) -> Replayed[State]:
    """Replay a history. `refused` pairs acts with the codes they were answered."""
    states, differences = [first], list(inversions(committed))
    for step in committed:
        state, code = apply(states[-1], step)
        if code:
            differences.append(Difference("code", f"{step} took effect; the model refuses it with {code}"))
        states.append(state)
    for step, code in refused:
        low, high = window(committed, step)
        answers = [apply(state, step)[1] for state in states[low : high + 1]]
        if code not in answers:
            expected = ", ".join(dict.fromkeys(each or "accepted" for each in answers))
            differences.append(Difference("code", f"{step} was answered {code}; the model answers {expected}"))
    return Replayed(states, differences)


def inversions(committed: Sequence[Step]) -> Sequence[Difference]:
    """Return the acts committed after others that began only after their answer."""
    found: list[Difference] = []
    latest: Step | None = None
    for step in committed:
        if latest is not None and step.ended < latest.started:
            found.append(Difference("order", f"{step} ended before {latest} began, but was committed after it"))
        if latest is None or step.started > latest.started:
            latest = step
    return found


def window(committed: Sequence[Step], step: Step) -> tuple[int, int]:
    """Return the first and last position at which an act may have happened, as numbers of earlier acts."""
    low = max((at + 1 for at, other in enumerate(committed) if other.ended < step.started), default=0)
    high = min((at for at, other in enumerate(committed) if other.started > step.ended), default=len(committed))
    return low, max(low, high)
