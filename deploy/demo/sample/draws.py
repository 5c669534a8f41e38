"""Reproducible draws. Only ``Random.random()`` is promised to give the same sequence in every Python version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


def whole(rng: Random, low: int, high: int) -> int:
    """Return a whole number from low to high, both included."""
    return low + int(rng.random() * (high - low + 1))


def chance(rng: Random, percent: int) -> bool:
    """Return True in this many cases of a hundred."""
    return rng.random() * 100 < percent


def pick(rng: Random, values: Sequence[T]) -> T:
    """Return one of the values, all equally likely."""
    return values[whole(rng, 0, len(values) - 1)]


def weighted(rng: Random, values: Sequence[tuple[T, int]]) -> T:
    """Return one of the values with the probability of its weight."""
    left = rng.random() * sum(weight for _, weight in values)
    for value, weight in values:
        left -= weight
        if left < 0:
            return value
    return values[-1][0]


def day_between(rng: Random, first: date, last: date) -> date:
    """Return a day from first to last, both included."""
    return first + timedelta(days=whole(rng, 0, (last - first).days))


def hundredths(number: int) -> str:
    """Return a number of hundredths (fen, square decimetres, per cent) as a decimal string with two places."""
    return f"{number // 100}.{number % 100:02d}"


def in_hundredths(text: str) -> int:
    """Return the number of hundredths in a decimal string with at most two places."""
    whole_part, _, fraction = text.partition(".")
    return int(whole_part) * 100 + int(fraction.ljust(2, "0"))
