"""Batches of the relay: which rows are published and deleted, and which topics and shards are skipped."""

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest

from shared.events.bus import Message, Unsendable
from shared.events.outbox import shard_of
from tests.shared.events.relay_bench import Bench, Row, row

LETTERS, AUDIT = "intake.dead-letters", "intake.audit"


async def test_every_column_of_a_row_is_in_its_message() -> None:
    bench = Bench(row(1))
    assert await bench.publish() == 1
    assert bench.bus.sent == [
        Message(
            id=UUID(int=1001),
            type="type-1",
            source="intake",
            aggregate_type="kind-1",
            subject=UUID(int=2001),
            seq=3001,
            time=datetime(2024, 3, 1, 2, 1, tzinfo=UTC),
            data=b"payload-1",
            headers={"district": "110105", "requestid": "request-1"},
        )
    ]


async def test_rows_are_deleted_after_the_bus_took_them_and_only_these() -> None:
    bench = Bench(row(1), row(2, 2), row(3, 4))
    assert await bench.publish(1, 2) == 2
    assert bench.driver.happened == ["intake.events 1 2", "deleted 1 2"]
    assert bench.left() == [3]
    assert bench.driver.asked == [({1, 2}, 1000, set())]


async def test_rows_that_the_bus_did_not_take_stay() -> None:
    bench = Bench(row(1), row(2, 2))
    bench.bus.fault = lambda _topic, _messages: OSError("away")
    with pytest.raises(OSError, match="away"):
        await bench.publish()
    assert (bench.driver.happened, bench.left()) == (["OSError intake.events 1 2"], [1, 2])


async def test_events_go_first_and_each_topic_by_itself() -> None:
    bench = Bench(row(1, topic=LETTERS), row(2), row(3, topic=AUDIT), row(4), row(5, topic=LETTERS))
    assert await bench.publish() == 5
    sent = [step for step in bench.driver.happened if not step.startswith("deleted")]
    assert sent[0] == "intake.events 2 4"
    assert sorted(sent[1:]) == [f"{AUDIT} 3", f"{LETTERS} 1 5"]
    assert bench.left() == []


async def test_a_closed_topic_is_skipped_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.backoff.time", standing := SimpleNamespace(monotonic=lambda: 1000.0))
    bench = Bench(row(1, topic=LETTERS), row(2), row(3, topic=AUDIT))
    bench.bus.fault = lambda topic, _messages: OSError("no such topic") if topic == LETTERS else None
    with pytest.raises(OSError, match="no such topic"):
        await bench.publish()
    assert bench.left() == [1]
    assert await bench.publish() == 0
    standing.monotonic = lambda: 1001.0
    with pytest.raises(OSError, match="no such topic"):
        await bench.publish()
    standing.monotonic = lambda: 1002.9
    assert await bench.publish() == 0
    standing.monotonic = lambda: 1003.0
    bench.bus.fault = lambda _topic, _messages: None
    assert await bench.publish() == 1
    assert [closed for _, _, closed in bench.driver.asked] == [set(), {LETTERS}, set(), {LETTERS}, set()]


async def test_a_topic_that_opened_begins_again_with_the_shortest_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.backoff.time", standing := SimpleNamespace(monotonic=lambda: 0.0))
    bench, closed = Bench(*(row(number, topic=LETTERS) for number in range(1, 9)), batch=1), True
    bench.bus.fault = lambda _topic, _messages: OSError("no such topic") if closed else None

    async def fails_at(moment: float) -> None:
        standing.monotonic = lambda: moment
        with pytest.raises(OSError, match="no such topic"):
            await bench.publish()

    await fails_at(0)  # closed until 1
    await fails_at(1)  # until 3
    closed, standing.monotonic = False, lambda: 3.0
    assert await bench.publish() == 1
    closed = True
    await fails_at(3)  # until 4
    assert bench.relay._closed_topics.blocked() == [LETTERS]
    standing.monotonic = lambda: 4.0
    assert bench.relay._closed_topics.blocked() == []


async def test_the_event_topic_is_never_closed() -> None:
    bench = Bench(row(1), row(2, topic=LETTERS))
    bench.bus.fault = lambda topic, _messages: OSError("away") if topic == "intake.events" else None
    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            await bench.publish()
    assert (bench.left(), bench.driver.asked[-1][2]) == ([1], set())


async def test_what_follows_an_unsendable_row_waits_in_its_shard_and_no_other() -> None:
    bench = Bench(row(1, 1), row(2, 2), row(3, 1), row(4, 2), row(5, 3), row(6, 1))
    bad = {3001 + 2, 3000 + 5}
    bench.bus.fault = lambda topic, sent: Unsendable(topic) if bad & {each.seq for each in sent} else None
    assert await bench.publish() == 3
    assert [step for step in bench.driver.happened if step.startswith("intake")] == [
        "intake.events 1",
        "intake.events 2",
        "intake.events 4",
    ]
    assert bench.left() == [3, 5, 6]
    assert sorted(bench.relay._blocked_shards.blocked()) == [1, 3]


async def test_a_shard_is_blocked_for_ten_seconds_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.backoff.time", standing := SimpleNamespace(monotonic=lambda: 0.0))
    bench = Bench(row(1, 2))
    bench.bus.fault = lambda topic, _messages: Unsendable(topic)
    for begin in (0.0, 10.0, 20.0):
        standing.monotonic = lambda begin=begin: begin
        assert (bench.relay._blocked_shards.blocked(), await bench.publish()) == ([], 0)
        standing.monotonic = lambda begin=begin: begin + 9.9
        assert bench.relay._blocked_shards.blocked() == [2]


@pytest.mark.parametrize(
    ("limit", "rows", "halved"), [(1000, 40, 20), (40, 40, 20), (7, 7, 3), (1, 1, 1), (2, 5, 1), (100, 0, 50)]
)
async def test_a_batch_is_halved_after_a_timeout(
    monkeypatch: pytest.MonkeyPatch, limit: int, rows: int, halved: int
) -> None:
    """Halve what was sent, not the limit: the next attempt shall differ from this one."""
    bench = Bench(*(row(number) for number in range(rows)))
    bench.relay._batch_limit = limit
    bench.bus.fault = lambda _topic, _messages: TimeoutError()
    if not rows:
        monkeypatch.setattr(bench.driver, "fetch", _late)
    with pytest.raises(TimeoutError):
        await bench.publish()
    assert (bench.relay._batch_limit, len(bench.left())) == (halved, rows)


async def _late(*_: object) -> list[Row]:
    raise TimeoutError


async def test_another_error_halves_nothing() -> None:
    bench = Bench(row(1), row(2))
    bench.bus.fault = lambda _topic, _messages: OSError("away")
    with pytest.raises(OSError, match="away"):
        await bench.publish()
    assert bench.relay._batch_limit == 1000


@pytest.mark.parametrize(
    ("subject", "checksum"),
    [
        ("00000000-0000-0000-0000-000000000000", 0xECBB4B55),
        ("018df7c8-0000-7000-8000-000000000001", 0x691AF911),
    ],
)
def test_the_shard_of_an_aggregate_never_changes(subject: str, checksum: int) -> None:
    """Compare with the CRC-32 of the id's bytes, modulo the sixteen shards."""
    assert shard_of(UUID(subject)) == checksum % 16
