"""The day whose weights and pass score count: that of the conclusion, before it that of the acceptance. 三（二）"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.eligibility import pool
from services.eligibility.models import Review
from services.eligibility.pool import pass_score_of, weights_of

pytestmark = pytest.mark.clause("三（二）")
ACCEPTED, CONCLUDED = date(2024, 2, 5), date(2024, 3, 6)
PERIODS: Mapping[str, Mapping[date, Any]] = {
    "pool_assessment_weights": {ACCEPTED: {"industry": Decimal(30)}, CONCLUDED: {"industry": Decimal(31)}},
    "pool_assessment_pass_score": {ACCEPTED: Decimal(60), CONCLUDED: Decimal(61)},
}


@pytest.mark.parametrize(
    ("figure", "key"),
    [(weights_of, "pool_assessment_weights"), (pass_score_of, "pool_assessment_pass_score")],
    ids=["weights", "pass score"],
)
@pytest.mark.parametrize(("concluded", "day"), [(CONCLUDED, CONCLUDED), (None, ACCEPTED)], ids=["concluded", "open"])
def test_the_figure_is_that_of_the_conclusion(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[[Review], Any], key: str, concluded: date | None, day: date
) -> None:
    monkeypatch.setattr(pool, "parameter", lambda name, on: PERIODS[name][on])
    assert figure(Review(accepted_on=ACCEPTED, concluded_on=concluded)) == PERIODS[key][day]
