"""Delays between retries: doubling, the longest one, the random part, the reset, and delays by key."""

import asyncio

import pytest

from shared.backoff import Backoff, KeyedBackoff, cancellations


class Time:
    """A monotonic clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    set_by_hand = Time()
    monkeypatch.setattr("shared.backoff.time", set_by_hand)
    return set_by_hand


def test_delays_double_up_to_the_longest_and_start_again_after_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.backoff.random.uniform", lambda low, high: high)
    retries = Backoff()
    assert [retries.next_delay() for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    retries.reset()
    assert [retries.next_delay() for _ in range(2)] == [0.1, 0.2]


def test_up_to_half_of_a_delay_is_taken_off_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    monkeypatch.setattr("shared.backoff.random.uniform", uniform)
    assert Backoff().next_delay() == 0.05
    assert drawn == [(0.5, 1.0)]


def test_a_key_that_failed_is_blocked_each_time_for_twice_as_long(time: Time) -> None:
    keys = KeyedBackoff[str](1.0, 3.0)
    for seconds in (1.0, 2.0, 3.0, 3.0):
        keys.failed("a")
        time.seconds += seconds - 0.5
        assert keys.blocked() == ["a"]
        time.seconds += 0.5
        assert keys.blocked() == []


def test_keys_are_blocked_and_reset_apart(time: Time) -> None:
    keys = KeyedBackoff[str](1.0, 60.0)
    keys.failed("a")
    keys.failed("a")
    keys.failed("b")
    assert keys.blocked() == ["a", "b"]
    time.seconds += 1.5
    assert keys.blocked() == ["a"]
    keys.reset("a")
    keys.reset("never failed")
    assert keys.blocked() == []
    keys.failed("a")
    time.seconds += 1.0
    assert keys.blocked() == []


async def test_cancellation_requests_of_the_current_task_are_counted() -> None:
    assert cancellations() == 0
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    assert cancellations() == 1
    with pytest.raises(asyncio.CancelledError):
        await asyncio.Event().wait()
    task.uncancel()
    assert cancellations() == 0


def test_outside_of_a_task_nothing_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.backoff.asyncio.current_task", lambda: None)
    assert cancellations() == 0
