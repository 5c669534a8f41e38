"""Order within a stream: verdicts, queues that a batch unblocks, and the order of a mixed batch."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.events.bus import Message
from shared.events.ordering import StreamState, in_order, plan_steps, stream_of, unblocked

SUBJECTS = {"a": UUID(int=1), "b": UUID(int=2)}
NO_FAULT = ""


def event(name: str) -> Message:
    """Return the event with a name such as a3, the third of aggregate a; A3 is the one of another service."""
    source, subject = ("funding", name[0].lower()) if name[0].isupper() else ("intake", name[0])
    seq, at = int(name[1:]), datetime(2024, 3, 1, tzinfo=UTC)
    return Message(UUID(int=ord(name[0]) * 1000 + seq), "t", source, "k", SUBJECTS[subject], seq, at, b"", {})


def named(message: Message) -> str:
    letter = next(name for name, subject in SUBJECTS.items() if subject == message.subject)
    return f"{letter.upper() if message.source == 'funding' else letter}{message.seq}"


def fault(message: Message) -> str:
    return "not understood" if message.type == "bad" else NO_FAULT


def states(**given: tuple[int, int | None]) -> dict[tuple[str, UUID], StreamState]:
    known = {stream_of(event(f"{name}1")): StreamState() for name in "abAB"}
    for name, (seen, parked) in given.items():
        known[stream_of(event(f"{name}1"))] = StreamState(seen, parked)
    return known


@pytest.mark.parametrize(
    ("arriving", "ordered"),
    [
        ("a3 a1 a2", "a1 a2 a3"),
        ("a2 b2 a1 b1", "a1 b1 a2 b2"),
        ("b1 a2 a1 b2", "b1 a1 a2 b2"),
        ("a2 A1 a1", "a1 A1 a2"),
        ("a10 a9 a2", "a2 a9 a10"),
        ("", ""),
    ],
)
def test_the_events_of_a_stream_are_sorted_in_the_places_the_stream_had(arriving: str, ordered: str) -> None:
    assert " ".join(named(each) for each in in_order([event(name) for name in arriving.split()])) == ordered


@pytest.mark.parametrize(
    ("known", "arriving", "verdicts", "after"),
    [
        pytest.param({}, "a1 a2", "handle handle", {"a": (2, None)}, id="in sequence"),
        pytest.param({"a": (3, None)}, "a1 a3 a4", "skip skip handle", {"a": (4, None)}, id="some seen before"),
        pytest.param({"a": (3, None)}, "a4 a4", "handle skip", {"a": (4, None)}, id="a repetition within the batch"),
        pytest.param({}, "a2 a3", "park park", {"a": (0, 2)}, id="a gap"),
        pytest.param({"a": (1, None)}, "a2 a4 a5", "handle park park", {"a": (2, 4)}, id="a gap within the batch"),
        pytest.param({"a": (1, 3)}, "a2", "park", {"a": (1, 3)}, id="behind a parked one"),
        pytest.param({"a": (5, 7)}, "a4 a5 a6", "skip skip park", {"a": (5, 7)}, id="old ones beside a parked one"),
        pytest.param(
            {"a": (1, 3)}, "a4 b1 A1", "park handle handle", {"a": (1, 3), "b": (1, None), "A": (1, None)},
            id="a parked one blocks its stream only",
        ),
        pytest.param(
            {}, "a2 b2 a3 b1", "park park park park", {"a": (0, 2), "b": (0, 2)}, id="two gaps of two streams"
        ),
    ],
)  # fmt: skip
def test_each_message_has_its_verdict_and_moves_its_stream(
    known: dict[str, tuple[int, int | None]],
    arriving: str,
    verdicts: str,
    after: dict[str, tuple[int, int | None]],
) -> None:
    found = states(**known)
    steps = plan_steps([event(name) for name in arriving.split()], found, fault)
    assert " ".join(step.verdict for step in steps) == verdicts
    assert {stream: (each.seen, each.parked) for stream, each in found.items()} == {
        stream: (each.seen, each.parked) for stream, each in states(**after).items()
    }


def test_a_parked_step_says_why() -> None:
    known = states(b=(4, 5))
    gap, behind, blocked = plan_steps([event("a3"), event("a4"), event("b6")], known, fault)
    assert (gap.error, behind.error, blocked.error) == (
        "gap: event 3 after 0",
        *["an earlier event of this aggregate is parked"] * 2,
    )


def test_what_is_not_understood_is_buried_in_its_turn_and_asked_only_then() -> None:
    asked: list[str] = []

    def ask(message: Message) -> str:
        asked.append(named(message))
        return "not understood" if message.seq == 2 else NO_FAULT

    steps = plan_steps([event(name) for name in ("a1", "a2", "a3", "b2", "a1")], states(), ask)
    assert [step.verdict for step in steps] == ["handle", "bury", "handle", "park", "skip"]
    assert [step.error for step in steps] == ["", "not understood", "", "gap: event 2 after 0", ""]
    assert asked == ["a1", "a2", "a3"]


@pytest.mark.parametrize(
    ("seen", "parked", "tried", "arriving", "free"),
    [
        pytest.param(0, 2, False, "a1", True, id="the missing one is here"),
        pytest.param(0, 3, False, "a1", True, id="the next one is here, the gap behind it stays"),
        pytest.param(0, 3, False, "a2", False, id="another one is here, the next is not"),
        pytest.param(1, 2, False, "", True, id="the parked one itself is next"),
        pytest.param(1, 3, False, "", False, id="it waits still"),
        pytest.param(1, 3, False, "A2", False, id="another service's event of that number"),
        pytest.param(1, 3, False, "b2", False, id="another aggregate's event of that number"),
        pytest.param(1, 2, True, "", False, id="it was tried and failed"),
        pytest.param(0, 2, True, "a1", False, id="it was tried and failed, an earlier one comes"),
        pytest.param(2, 4, False, "a1 a5 a3", True, id="the missing one among others"),
        pytest.param(2, 5, False, "a4", False, id="one behind the missing one"),
        pytest.param(0, None, False, "a1", False, id="nothing is parked"),
        pytest.param(1, 5, False, "a2 a3", True, id="the next event comes before another"),
        pytest.param(1, 5, False, "a3 a4", False, id="of two, none is the next"),
    ],
)
def test_a_queue_is_unblocked_when_its_next_event_is_here(
    seen: int, parked: int | None, tried: bool, arriving: str, free: bool
) -> None:
    stream = stream_of(event("a1"))
    known = {**states(), stream: StreamState(seen, parked, tried)}
    assert unblocked(known, [event(name) for name in arriving.split()]) == ({stream} if free else set())
