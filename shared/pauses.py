"""Trying again: how long to wait before, and whether to at all."""

import asyncio
import random

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


def cancellations() -> int:
    """How often somebody asked this task to end; to be compared with what it was before a try.

    Clients cancel tasks of their own, and that may get out of them as if it were ours. The number alone says little:
    in Python 3.11 a task group that failed leaves it one too high.
    """
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
