"""Replaying what was done to one thing in the order the database committed it, and judging every answer given.

A history has two kinds of acts. Those that took effect stand in an order that the database gives; the model must take
each of them, and none may come before one that had been answered when it began. Those that were refused stand nowhere;
each must have been right to refuse at some moment between its request and its answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

State = TypeVar("State")
ALWAYS = float("-inf")
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the suite and the model part. `kind`: lost, doubled, order, code, state, drift or other."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class Step:
    """An act: by whom, what it said, and between which moments it took effect, where that is known."""

    act: str
    actor: str
    said: Mapping[str, Any] = field(default_factory=dict)
    started: float = ALWAYS
    ended: float = NEVER
    label: str = ""

    def __str__(self) -> str:
        return self.label or f"{self.act} by {self.actor}"


Apply = Callable[[State, Step], tuple[State, str]]
"""The state after an act and an empty code, or the same state and the code of the refusal."""


@dataclass(frozen=True)
class Replayed(Generic[State]):
    """The states gone through, the first of them before any act, and where the suite's answers were not the model's."""

    states: Sequence[State]
    differences: Sequence[Difference]

    @property
    def last(self) -> State:
        return self.states[-1]


def replay(
    first: State, apply: Apply[State], committed: Sequence[Step], refused: Sequence[tuple[Step, str]] = ()
) -> Replayed[State]:
    """Go through a history. `refused` pairs acts with the codes they were answered."""
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
            told = ", ".join(dict.fromkeys(each or "accepted" for each in answers))
            differences.append(Difference("code", f"{step} was answered {code}; the model answers {told}"))
    return Replayed(states, differences)


def inversions(committed: Sequence[Step]) -> Sequence[Difference]:
    """Acts that stand before others which had been answered when they began."""
    found: list[Difference] = []
    latest: Step | None = None
    for step in committed:
        if latest is not None and step.ended < latest.started:
            found.append(Difference("order", f"{step} ended before {latest} began, and stands after it"))
        if latest is None or step.started > latest.started:
            latest = step
    return found


def window(committed: Sequence[Step], step: Step) -> tuple[int, int]:
    """First and last position, as a number of acts done before, at which this act may have been."""
    low = max((at + 1 for at, other in enumerate(committed) if other.ended < step.started), default=0)
    high = min((at for at, other in enumerate(committed) if other.started > step.ended), default=len(committed))
    return low, max(low, high)
