"""Exponential backoff: delays between retries, overall and per key."""

import asyncio
import random
import time
from typing import Generic, TypeVar

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0


class Backoff:
    """Exponential backoff with jitter; resets after a success."""

    def __init__(self) -> None:
        self._seconds = FIRST_SECONDS

    def reset(self) -> None:
        """Start again with the shortest delay, after a success."""
        self._seconds = FIRST_SECONDS

    def next_delay(self) -> float:
        """Return the next delay in seconds, up to half of it taken off at random so that retries spread out."""
        seconds, self._seconds = self._seconds, min(self._seconds * 2, LONGEST_SECONDS)
        return seconds * random.uniform(0.5, 1.0)


Key = TypeVar("Key")


class KeyedBackoff(Generic[Key]):
    """Exponential backoff per key: a key that failed is blocked for a while, the others are not."""

    def __init__(self, first_seconds: float, longest_seconds: float) -> None:
        self._first, self._longest = first_seconds, longest_seconds
        self._known: dict[Key, tuple[float, float]] = {}
        """By key, the monotonic time until which it is blocked, and the next delay."""

    def failed(self, key: Key) -> None:
        """Block the key, each time for twice as long."""
        _, seconds = self._known.get(key, (0.0, self._first))
        self._known[key] = (time.monotonic() + seconds, min(seconds * 2, self._longest))

    def reset(self, key: Key) -> None:
        """Unblock the key and start again with its shortest delay, after a success."""
        self._known.pop(key, None)

    def blocked(self) -> list[Key]:
        """Return the keys that are blocked now."""
        return [key for key, (until, _) in self._known.items() if until > time.monotonic()]


def cancellations() -> int:
    """Return the number of cancellation requests of the current task, for comparison before and after a try.

    Client libraries cancel tasks of their own, and such a CancelledError may escape into ours. Only a higher number
    means that our task was cancelled: in Python 3.11 a failed task group leaves the number one too high.
    """
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
