"""Steps of a batch that succeeded, and those that failed or follow a failure in their stream."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.events.batch import Batch
from shared.events.bus import Message
from shared.events.ordering import Step, Stream, stream_of

SUBJECTS = {"a": UUID(int=1), "b": UUID(int=2)}


def step(name: str, verdict: Any = "handle") -> Step:
    """Return the step of an event with a name such as a3, the third of aggregate a."""
    subject, seq, at = SUBJECTS[name[0]], int(name[1:]), datetime(2024, 3, 1, tzinfo=UTC)
    return Step(Message(UUID(int=ord(name[0]) * 1000 + seq), "t", "intake", "k", subject, seq, at, b"", {}), verdict)


def names(steps: list[Step]) -> str:
    letters = {subject: letter for letter, subject in SUBJECTS.items()}
    return " ".join(f"{letters[each.message.subject]}{each.message.seq}" for each in steps)


def batch(*steps: Step, failing: tuple[str, ...] = ()) -> Batch:
    failed: dict[Stream, tuple[UUID, Exception]] = {}
    for name in failing:
        message = step(name).message
        failed[stream_of(message)] = (message.id, RuntimeError(name))
    return Batch(list(steps), frozenset(), failed)


@pytest.mark.parametrize(
    ("failing", "succeeded", "failed"),
    [
        ((), "a1 b1 a2 b2 a3", ""),
        (("a2",), "a1 b1 b2", "a2 a3"),
        (("a1",), "b1 b2", "a1 a2 a3"),
        (("a3",), "a1 b1 a2 b2", "a3"),
        (("a2", "b1"), "a1", "b1 a2 b2 a3"),
        (("b2",), "a1 b1 a2 a3", "b2"),
        (("a9",), "a1 b1 a2 b2 a3", ""),
    ],
)
def test_a_failure_takes_the_rest_of_its_stream_with_it(failing: tuple[str, ...], succeeded: str, failed: str) -> None:
    steps = [step(name) for name in ("a1", "b1", "a2", "b2", "a3")]
    done, left = batch(*steps, failing=failing).split()
    assert (names(done), names(left)) == (succeeded, failed)


def test_only_steps_to_handle_are_due_and_a_new_batch_has_settled_nothing() -> None:
    steps = [step("a1", "skip"), step("a2"), step("b1", "bury"), step("b2"), step("a3", "park")]
    one = batch(*steps)
    assert [message.seq for message in one.due()] == [2, 2]
    assert [message.subject for message in one.due()] == [SUBJECTS["a"], SUBJECTS["b"]]
    assert (one.failed, one.parked, sum(one.tally.values())) == ({}, [], 0)
    one.tally["park"] += 1
    assert batch().tally["park"] == 0
