"""Backoff: first delay, growth, ceiling and reset, overall and per key, without waiting."""

import asyncio

import pytest

from shared import backoff
from shared.backoff import Backoff, KeyedBackoff, cancellations


class StandingClock:
    """Replaces the monotonic clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    standing = StandingClock()
    monkeypatch.setattr(backoff, "time", standing)
    return standing


@pytest.fixture
def jitter(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Take the upper bound of each random number, and record the bounds."""
    asked: list[tuple[float, float]] = []

    def highest(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    monkeypatch.setattr("random.uniform", highest)
    return asked


def test_delays_double_up_to_the_ceiling_and_begin_again_after_a_success(jitter: list[tuple[float, float]]) -> None:
    delays = Backoff()
    assert [delays.next_delay() for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    delays.reset()
    assert [delays.next_delay() for _ in range(2)] == [0.1, 0.2]
    assert jitter == [(0.5, 1.0)] * 10


def test_one_backoff_knows_nothing_of_another(jitter: list[tuple[float, float]]) -> None:
    one, other = Backoff(), Backoff()
    assert [one.next_delay() for _ in range(3)] == [0.1, 0.2, 0.4]
    assert other.next_delay() == 0.1


def blocked_for(backing: KeyedBackoff[str], clock: StandingClock, key: str) -> int:
    """Return for how many whole seconds the key is blocked, and move the clock to the end of them."""
    seconds = 0
    while key in backing.blocked():
        clock.now += 1.0
        seconds += 1
        assert seconds < 100
    return seconds


def test_a_key_is_blocked_twice_as_long_each_time_up_to_the_ceiling(clock: StandingClock) -> None:
    backing = KeyedBackoff[str](1.0, 6.0)
    blocked = []
    for _ in range(5):
        backing.failed("bad")
        blocked.append(blocked_for(backing, clock, "bad"))
    assert blocked == [1, 2, 4, 6, 6]


def test_a_success_of_one_key_leaves_the_others_blocked_and_their_growth(clock: StandingClock) -> None:
    backing = KeyedBackoff[str](1.0, 60.0)
    for key in ("one", "two", "one", "two", "one", "two"):
        backing.failed(key)
    assert sorted(backing.blocked()) == ["one", "two"]
    backing.reset("one")
    backing.reset("never failed")
    assert backing.blocked() == ["two"]
    backing.failed("one")
    assert (blocked_for(backing, clock, "one"), blocked_for(backing, clock, "two")) == (1, 3)
    backing.failed("two")
    assert blocked_for(backing, clock, "two") == 8


def test_a_key_whose_time_is_over_is_free_but_not_forgotten(clock: StandingClock) -> None:
    backing = KeyedBackoff[str](10.0, 10.0)
    backing.failed("bad")
    clock.now += 9.999
    assert backing.blocked() == ["bad"]
    clock.now += 0.001
    assert backing.blocked() == []


async def test_cancellation_requests_of_the_current_task_are_counted() -> None:
    counts, begun = [], asyncio.Event()

    async def cancelled_once() -> None:
        counts.append(cancellations())
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            counts.append(cancellations())

    task = asyncio.create_task(cancelled_once())
    await begun.wait()
    task.cancel()
    await task
    assert counts == [0, 1]
