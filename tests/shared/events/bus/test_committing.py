"""Commits without a broker: one at a time, and again after a failure for partitions that are still held."""

import asyncio

from aiokafka import TopicPartition

from shared.events.bus.committing import Commits
from tests.shared.events.bus.test_consuming import ONE, TWO, UPDATES, Consumer, raw


async def failed(consumer: Consumer) -> Commits:
    """Return commits of which one has failed: behind record 4 of ONE, and record 9 of TWO."""
    commits, consumer.error = Commits(), OSError("away")
    await commits.begin(consumer.client(), {ONE: [raw(ONE, 3), raw(ONE, 4)], TWO: [raw(TWO, 9)]})
    await commits.finish()
    assert consumer.committed == []
    consumer.error = None
    return commits


async def test_a_commit_that_failed_is_repeated_once_nothing_else_comes() -> None:
    consumer = Consumer(ends={ONE: 5, TWO: 10})
    commits = await failed(consumer)
    for _ in range(2):
        commits.repeat(consumer.client())
        await commits.finish()
    assert consumer.committed == [{ONE: 5, TWO: 10}]


async def test_what_is_owed_goes_with_the_next_commit() -> None:
    consumer = Consumer(ends={ONE: 5, TWO: 10})
    commits = await failed(consumer)
    await commits.begin(consumer.client(), {ONE: [raw(ONE, 7)], UPDATES: [raw(UPDATES, 0)]})
    await commits.finish()
    assert consumer.committed == [{ONE: 8, TWO: 10, UPDATES: 1}]


async def test_nothing_is_owed_for_partitions_that_others_hold() -> None:
    consumer = Consumer(ends={TWO: 10})
    commits = await failed(consumer)
    commits.repeat(consumer.client())
    await commits.finish()
    assert consumer.committed == [{TWO: 10}]


async def test_nothing_is_owed_after_a_new_assignment() -> None:
    consumer = Consumer(ends={ONE: 5, TWO: 10})
    commits = await failed(consumer)
    commits.forget()
    commits.repeat(consumer.client())
    await commits.finish()
    assert consumer.committed == []


async def test_a_repetition_waits_for_the_commit_under_way() -> None:
    asked, going = list[dict[TopicPartition, int]](), asyncio.Event()

    class Slow(Consumer):
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            asked.append(offsets)
            await going.wait()

    consumer = Slow(ends={ONE: 5, TWO: 10})
    commits = Commits()
    commits._owed = {TWO: 10}
    commits.repeat(consumer.client())
    commits._owed = {ONE: 5}
    commits.repeat(consumer.client())
    await asyncio.sleep(0)
    assert asked == [{TWO: 10}]
    going.set()
    await commits.finish()
    commits.repeat(consumer.client())
    await commits.finish()
    assert asked == [{TWO: 10}, {ONE: 5}]
