"""Trying again: how long to wait before, and whether to at all."""

import asyncio
import random
import time
from typing import Generic, TypeVar

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0


class Pauses:
    """Ever longer pauses between tries that fail, and the shortest again once something went well."""

    def __init__(self) -> None:
        self._seconds = FIRST_SECONDS

    def fine(self) -> None:
        """Something went well: the next pause is the shortest again."""
        self._seconds = FIRST_SECONDS

    def next(self) -> float:
        """Seconds, by chance up to half less: those that failed together do not try again together."""
        seconds, self._seconds = self._seconds, min(self._seconds * 2, LONGEST_SECONDS)
        return seconds * random.uniform(0.5, 1.0)


What = TypeVar("What")


class Rests(Generic[What]):
    """What does not work for now, beside others that do: each rests, ever longer, before it is tried again."""

    def __init__(self, first_seconds: float, longest_seconds: float) -> None:
        self._first, self._longest = first_seconds, longest_seconds
        self._known: dict[What, tuple[float, float]] = {}
        """Until when each rests, and for how long the next time."""

    def failed(self, what: What) -> None:
        _, seconds = self._known.get(what, (0.0, self._first))
        self._known[what] = (time.monotonic() + seconds, min(seconds * 2, self._longest))

    def fine(self, what: What) -> None:
        """It works: the next rest is the shortest again."""
        self._known.pop(what, None)

    def resting(self) -> list[What]:
        return [what for what, (until, _) in self._known.items() if until > time.monotonic()]


def cancellations() -> int:
    """How often somebody asked this task to end; to be compared with what it was before a try.

    Clients cancel tasks of their own, and that may get out of them as if it were ours. The number alone says little:
    in Python 3.11 a task group that failed leaves it one too high.
    """
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
