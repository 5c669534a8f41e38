"""A district's own figure: from its first day to its last, for its district and its key alone. 四（一）2"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from shared.policy import parameter, parameters
from shared.policy.errors import ParameterNotPublished

pytestmark = pytest.mark.clause("四（一）2")

KEY, DISTRICT = "low_occupancy", "110105"
FIRST, LAST, SECOND = date(2024, 3, 1), date(2024, 8, 31), date(2024, 6, 1)


@pytest.fixture(autouse=True)
def standards(monkeypatch: pytest.MonkeyPatch) -> None:
    city = parameters.history()[KEY][0]
    bounded = replace(city, valid_from=FIRST, value=Decimal("0.4"), district=DISTRICT)
    newer = replace(city, valid_from=SECOND, value=Decimal("0.5"), district="110106")
    older = replace(newer, valid_from=FIRST, value=Decimal("0.3"))
    monkeypatch.setattr(parameters, "district_standards", lambda: ((bounded, LAST), (older, None), (newer, None)))


def value(on: date, district: str | None) -> Decimal | None:
    try:
        found: Decimal = parameter(KEY, on, district)
    except ParameterNotPublished:
        return None
    return found


@pytest.mark.parametrize(
    ("on", "district", "expected"),
    [
        (date(2024, 2, 29), DISTRICT, None),
        (FIRST, DISTRICT, "0.4"),
        (LAST, DISTRICT, "0.4"),
        (date(2024, 9, 1), DISTRICT, None),
        (date(2024, 5, 31), "110106", "0.3"),
        (SECOND, "110106", "0.5"),
        (date(2030, 1, 1), "110106", "0.5"),
        (FIRST, "110107", None),
        (FIRST, None, None),
    ],
)
def test_a_standard_holds_from_its_first_to_its_last_day_in_its_district(
    on: date, district: str | None, expected: str | None
) -> None:
    assert value(on, district) == (None if expected is None else Decimal(expected))


def test_a_standard_of_one_key_leaves_the_others_alone() -> None:
    assert parameter("building_occupancy", FIRST, DISTRICT) == Decimal("0.80")
