"""Checks of topics after the loss of a broker, and bounds of resources: pure functions, no servers."""

import base64
import json
from uuid import UUID

import pytest

from faults.garbage import HEADER, UNDECODABLE, UNKNOWN_VERSION
from faults.published import PublishedTopic
from faults.topic_checks import compare_letters
from faults.usage import FILES_GROWTH, MEMORY_GROWTH_MB, Usage, excesses_of

ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


def letter(mark: str, kind: str = UNDECODABLE) -> dict[str, object]:
    headers = [[HEADER, base64.b64encode(f"{kind} {mark}".encode()).decode()]]
    event_id = UUID(mark) if kind == UNKNOWN_VERSION else None
    return {"id": mark, "event_id": event_id, "record": json.dumps({"headers": headers})}


@pytest.mark.parametrize(
    ("letters", "on_topics", "sent", "found"),
    [
        ([letter(ONE), letter(TWO, UNKNOWN_VERSION)], {ONE, TWO}, {ONE, TWO}, ()),
        ([letter(ONE)], {ONE, TWO}, {ONE, TWO}, ("has no dead letter for 1 records",)),
        ([letter(ONE), letter(TWO)], {ONE}, {ONE}, ("has 2 dead letters for which|has 1 dead letters for which",)),
        ([letter(ONE), letter(TWO)], {TWO}, {ONE, TWO}, ()),  # the first was lost with the broker, and handled before
        ([letter(ONE), letter(ONE)], {ONE}, {ONE}, ("has 2 dead letters for 1 records",)),
    ],
)
def test_letters_are_those_of_the_garbage_on_the_topics_or_lost_with_them(
    letters: list[object], on_topics: set[str], sent: set[str], found: tuple[str, ...]
) -> None:
    differences = list(compare_letters(letters, on_topics, sent))
    assert len(differences) == len(found)
    for difference, words in zip(differences, found, strict=True):
        assert any(difference.startswith(each) for each in words.split("|"))


def test_an_event_published_before_its_predecessors_is_seen_and_out_of_order() -> None:
    topic = PublishedTopic()
    for seq in (2, 1, 2):
        topic.add("intake.events", {"ce_subject": ONE.encode(), "ce_sequence": str(seq).encode()})
    assert topic.seen[UUID(ONE)] == {1, 2}
    assert len(topic.out_of_order) == 1


def usage(memory: float = 0.0, files: int = 0) -> Usage:
    return Usage((100.0, 100.0 + memory), memory, (20, 20 + files), files, (14, 3))


def test_growth_and_connections_beyond_their_bounds_are_told() -> None:
    bounds = {"tenghuan": 14, "relay": 3}
    within = {"intake": usage(MEMORY_GROWTH_MB, FILES_GROWTH)}
    assert list(excesses_of(within, {"tenghuan-intake": 14, "relay-intake": 3}, bounds)) == []
    beyond = {"intake": usage(MEMORY_GROWTH_MB + 1, FILES_GROWTH + 1)}
    told = list(excesses_of(beyond, {"tenghuan-intake": 15, "relay-intake": 4}, bounds))
    assert [words.split(" ", 1)[0] for words in told] == ["a", "a", "tenghuan-intake", "relay-intake"]
