"""The consumer without a broker: groups, portions, offsets, lag, silence, and records that are no events."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.bus import Arrival, Message, Record, Unreadable
from shared.events.bus.consuming import PORTION_BYTES, ConsumerStalled, Member, _parse, group_of, portions
from shared.settings import Settings
from tests.shared.events.bus.test_message import SENT, record_of

ONE, TWO, UPDATES = (
    TopicPartition("intake.events", 0),
    TopicPartition("intake.events", 1),
    TopicPartition("district.library-updates", 0),
)


class Consumer:
    """A client that holds records by partition and remembers what is committed."""

    def __init__(
        self, *batches: dict[TopicPartition, list[Any]], ends: dict[TopicPartition, int] | None = None
    ) -> None:
        self.batches, self.ends = list(batches), ends or {}
        self.positions: dict[TopicPartition, int] = {}
        self.committed: list[dict[TopicPartition, int]] = []
        self.error: Exception | None = None

    def assignment(self) -> set[TopicPartition]:
        return set(self.ends)

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {each: self.ends[each] for each in partitions}

    async def position(self, partition: TopicPartition) -> int:
        return self.positions.get(partition, 0)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.error is not None:
            raise self.error
        self.committed.append(offsets)

    async def getmany(self, *_: Any, **__: Any) -> dict[TopicPartition, list[Any]]:
        return self.batches.pop(0) if self.batches else {}

    def client(self) -> AIOKafkaConsumer:
        return cast("AIOKafkaConsumer", self)


def raw(partition: TopicPartition, offset: int, value: bytes | None = b"{}", **more: Any) -> Any:
    return SimpleNamespace(
        topic=partition.topic, partition=partition.partition, offset=offset, key=b"k", value=value, headers=(), **more
    )


@pytest.mark.parametrize(
    ("service", "topic", "group"),
    [
        ("funding", "intake.events", "tenghuan.funding"),
        ("funding", "monitoring.events", "tenghuan.funding"),
        ("monitoring", "intake.events", "tenghuan.monitoring"),
        ("intake", "district.library-updates", "tenghuan.intake.inlets"),
        ("intake", "intake.dead-letters", "tenghuan.intake.inlets"),
    ],
)
def test_events_have_a_group_and_inbound_topics_another(service: str, topic: str, group: str) -> None:
    assert group_of(service, topic) == group


@pytest.mark.parametrize(
    ("sizes", "taken"),
    [
        pytest.param([10], [[10]], id="one"),
        pytest.param([PORTION_BYTES - 1, 1, 1], [[PORTION_BYTES - 1, 1], [1]], id="exactly full"),
        pytest.param([PORTION_BYTES, 1], [[PORTION_BYTES], [1]], id="one byte more"),
        pytest.param([PORTION_BYTES + 5, 1, 1], [[PORTION_BYTES + 5], [1, 1]], id="one that is too long goes alone"),
        pytest.param([0, 600_000, 0, 600_000, 600_000], [[0, 600_000, 0], [600_000], [600_000]], id="counted anew"),
    ],
)
def test_a_portion_is_about_a_megabyte(sizes: list[int], taken: list[list[int]]) -> None:
    fetched = {ONE: [raw(ONE, place, b"x" * size or None) for place, size in enumerate(sizes)]}
    found = [[len(each.value or b"") for each in portion[ONE]] for portion in portions(fetched)]
    assert found == taken


def test_much_is_taken_in_turns_of_a_megabyte_in_order() -> None:
    big, small = SimpleNamespace(value=b"x" * 600_000), SimpleNamespace(value=None)
    turns = list(portions({ONE: [big, small, big], TWO: [small, big, small]}))
    assert turns == [{ONE: [big, small]}, {ONE: [big], TWO: [small]}, {TWO: [big, small]}]


def test_each_turn_is_of_one_topic() -> None:
    other = TopicPartition("funding.events", 0)
    record = SimpleNamespace(value=b"{}")
    assert list(portions({ONE: [record], other: [record], TWO: [record]})) == [
        {other: [record]},
        {ONE: [record], TWO: [record]},
    ]


async def test_each_portion_is_committed_behind_its_last_record_after_its_delivery() -> None:
    big = b"x" * 700_000
    consumer = Consumer()
    happened: list[Any] = []

    async def deliver(arrivals: Sequence[Arrival]) -> None:
        found = [each.record.offset for each in arrivals if isinstance(each, Unreadable)]
        happened.append((found, [dict(each) for each in consumer.committed]))

    def refuse(_record: Record) -> Message:
        raise ValueError

    member = Member(Settings(), "intake", "g", dict.fromkeys((ONE.topic, UPDATES.topic), (deliver, refuse)))
    fetched = {
        ONE: [raw(ONE, 5, big), raw(ONE, 6, big), raw(ONE, 9)],
        TWO: [raw(TWO, 40), raw(TWO, 41)],
        UPDATES: [raw(UPDATES, 7)],
    }
    await member._take(consumer.client(), fetched)
    await member.wait_idle()
    first, second, third = {UPDATES: 8}, {ONE: 6}, {ONE: 10, TWO: 42}
    assert consumer.committed == [first, second, third]
    assert [found for found, _ in happened] == [[7], [5], [6, 9, 40, 41]]
    assert all(len(committed) <= place for place, (_, committed) in enumerate(happened))


def test_a_record_is_parsed_with_its_place_or_handed_on_as_unreadable() -> None:
    sent = record_of(SENT)

    def as_raw(record: Record, **changed: Any) -> Any:
        fields = {name: getattr(record, name) for name in ("topic", "partition", "offset", "key", "value", "headers")}
        return SimpleNamespace(**{**fields, **changed})

    seen: list[Record] = []

    def read(record: Record) -> Message:
        seen.append(record)
        return SENT

    assert _parse(as_raw(sent), read) == SENT
    assert seen == [sent]

    for error in (KeyError("id"), ValueError("x"), TypeError("y"), AttributeError("z")):

        def refuse(_record: Record, error: Exception = error) -> Message:
            raise error

        headers = (("a", None), ("b", b"1"))
        expected = Unreadable(Record("intake.events", 3, 7, None, None, (("a", b""), ("b", b"1"))), repr(error))
        assert _parse(as_raw(sent, key=None, value=None, headers=headers), refuse) == expected


async def test_lag_is_what_is_behind_the_position_by_topic() -> None:
    member = Member(Settings(), "intake", "g", {})
    assert await member.lag() == {}
    consumer = Consumer(ends={ONE: 10, TWO: 7, UPDATES: 3})
    consumer.positions = {ONE: 4, TWO: 7, UPDATES: 5}
    member._consumer = consumer.client()
    assert await member.lag() == {"intake.events": 6, "district.library-updates": 0}
    consumer.positions[TWO] = 5
    assert await member.lag() == {"intake.events": 8, "district.library-updates": 0}


@pytest.mark.parametrize(
    ("position", "batch", "stalled"),
    [(10, {}, False), (9, {}, True), (9, {ONE: ["late"]}, False), (11, {}, False)],
    ids=["nothing is behind", "a record is held back", "it comes at last", "ahead"],
)
async def test_a_silent_consumer_is_replaced_if_brokers_hold_records(
    position: int, batch: dict[TopicPartition, list[Any]], stalled: bool
) -> None:
    consumer = Consumer(batch, ends={ONE: 10, TWO: 0})
    consumer.positions = {ONE: position}
    fetch = Member(Settings(), "intake", "g", {})._fetch_after_silence(consumer.client())
    if stalled:
        with pytest.raises(ConsumerStalled, match="intake: no record for 60 s"):
            await fetch
    else:
        assert await fetch == batch


def test_a_stop_waits_for_the_batch_under_way() -> None:
    member = Member(Settings(), "intake", "g", {})
    assert (member.outage, member.stop()) == ("broker: not joined yet", True)
    member._between_batches.clear()
    assert member.stop() is False
    member._between_batches.set()
    member._leaving = True
    assert member.stop() is False
