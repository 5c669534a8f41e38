"""Scores of the pool-entry assessment: weights, the mean, rounding half up. 三（二）"""

from decimal import Decimal

import pytest

from services.eligibility.rules.pool import average, rounded, weighted_score

pytestmark = pytest.mark.clause("三（二）")


def test_points_count_by_their_weight_whatever_the_sum_of_weights() -> None:
    marks = [{"criterion": "b", "points": "50.5"}, {"criterion": "a", "points": "90"}]
    # (90 · 3 + 50.5 · 1) / 4
    assert weighted_score(marks, {"a": Decimal(3), "b": Decimal(1)}) == Decimal("80.125")
    assert weighted_score(marks, {"a": Decimal(60), "b": Decimal(20)}) == Decimal("80.125")


def test_the_mean_is_rounded_half_up_once() -> None:
    assert str(average([Decimal("80.005"), Decimal("80.005")])) == "80.01"
    assert str(average([Decimal("80.004"), Decimal("80.004"), Decimal("80.007")])) == "80.01"
    assert str(average([Decimal(70), Decimal(80), Decimal(81)])) == "77.00"
    assert (str(rounded(Decimal("79.995"))), str(rounded(Decimal("79.9949")))) == ("80.00", "79.99")
