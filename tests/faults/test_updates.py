"""Updates by the topic in the verdict: each answered once, in the order of its sender."""

from pathlib import Path

from faults.checker import updates
from faults.checker.reading import Snapshot, UpdateAnswer
from faults.workload.log import Command, CommandLog

SENT = {"rows": [[1, 1, ""]], "topic": "district.library-updates", "sent": True}


def _updates(*answered: tuple[int, str, int, int]) -> list[str]:
    """Return the kinds of differences after two updates of one sender were answered so: log place, key, part, parts."""
    log, found = CommandLog(Path("unwritten")), Snapshot()
    for number, key in enumerate(("one", "two"), 1):
        log.begin(Command(number, "intake", "push_resources", f"push-{number}", "key:1", key, dict(SENT), 0.0))
    for at, key, part, parts in answered:
        found.updates[key].append(UpdateAnswer(at, {"part": part, "parts": parts}))
    return [difference.kind for difference in updates.compare(log, found)]


def test_updates_by_the_topic_are_answered_once_and_in_their_order() -> None:
    assert _updates((1, "one", 1, 2), (2, "one", 2, 2), (3, "two", 1, 1)) == []
    assert _updates((1, "one", 1, 1)) == ["lost"]
    assert _updates((1, "one", 1, 1), (2, "one", 1, 1), (3, "two", 1, 1)) == ["doubled"]
    assert _updates((1, "one", 1, 2), (3, "two", 1, 1)) == ["doubled"]
    assert _updates((2, "one", 1, 1), (1, "two", 1, 1)) == ["order"]
    assert _updates((1, "one", 1, 1), (2, "two", 1, 1), (3, "three", 1, 1)) == ["doubled"]
