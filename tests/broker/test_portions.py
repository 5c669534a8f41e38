"""Batches of fetched records: pure functions, no broker."""

from types import SimpleNamespace

from aiokafka import TopicPartition

from shared.events.bus.consuming import portions
from tests.broker.subscriber import TOPIC


def test_much_is_taken_in_turns_of_a_megabyte_in_order() -> None:
    one, two = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)
    big, small = SimpleNamespace(value=b"x" * 600_000), SimpleNamespace(value=None)
    turns = list(portions({one: [big, small, big], two: [small, big, small]}))
    assert turns == [{one: [big, small]}, {one: [big], two: [small]}, {two: [big, small]}]


def test_each_turn_is_of_one_topic() -> None:
    one, other, two = TopicPartition(TOPIC, 0), TopicPartition("funding.events", 0), TopicPartition(TOPIC, 1)
    record = SimpleNamespace(value=b"{}")
    assert list(portions({one: [record], other: [record], two: [record]})) == [
        {other: [record]},
        {one: [record], two: [record]},
    ]
