"""Scores of the pool-entry assessment: weighted marks and their mean (三（二）)."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

POINT = Decimal("0.01")


def weighted_score(marks: Sequence[Mapping[str, Any]], weights: Mapping[str, Decimal]) -> Decimal:
    """Return the weighted mean of the points (0 to 100) of each criterion, not rounded."""
    points = {mark["criterion"]: Decimal(mark["points"]) for mark in marks}
    return sum((points[key] * weight for key, weight in weights.items()), Decimal(0)) / sum(weights.values())


def average(scores: Sequence[Decimal]) -> Decimal:
    """Return the mean of the reviewers' scores, rounded half up to two decimals."""
    return rounded(sum(scores, Decimal(0)) / len(scores))


def rounded(score: Decimal) -> Decimal:
    """Return a score rounded half up to two decimals."""
    return score.quantize(POINT, ROUND_HALF_UP)
