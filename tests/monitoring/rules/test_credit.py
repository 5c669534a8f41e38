"""Tests of credit points, grades and periods. 四（一）3"""

from datetime import date, timedelta

import pytest

from services.monitoring.rules.credit import StandingGround, counts, entity_id, grade_for, ground_code, propose

pytestmark = pytest.mark.clause("四（一）3")

ON = date(2025, 6, 30)


def standing(code: str) -> StandingGround:
    return StandingGround("1", code, ON, "示例")


@pytest.mark.parametrize(
    ("codes", "grade", "points"),
    [
        ([], "A", 100),
        (["G6", "G6"], "A", 90),
        (["G6", "G6", "G6"], "B", 85),
        (["G7"], "B", 75),
        (["G7", "G6"], "C", 70),
        (["G7", "G8"], "C", 60),
        (["G7", "G8", "G6"], "D", 55),
        (["G2"], "D", 0),
        (["G7", "G7", "G7", "G7", "G7"], "D", 0),
    ],
)
def test_points_and_bounds_give_the_grade(codes: list[str], grade: str, points: int) -> None:
    proposal = propose([standing(code) for code in codes], ON)
    assert (proposal.grade, proposal.points) == (grade, points)
    assert len(proposal.explanation) == len(codes) + 2


def test_a_grave_ground_means_the_lowest_grade_whatever_the_points() -> None:
    assert (grade_for(95, False, ON), grade_for(95, True, ON)) == ("A", "D")


def test_a_ground_is_found_by_code_name_or_finding_kind() -> None:
    assert [ground_code(word) for word in ("G2", "funds_diverted", "scale_changed", "weather")] == [
        "G2",
        "G2",
        "G5",
        None,
    ]
    assert entity_id("91110000600037341L") == entity_id("91110000600037341L")


@pytest.mark.parametrize(
    ("occurred_on", "last"),
    [
        (date(2024, 3, 29), date(2027, 3, 28)),
        (date(2024, 6, 30), date(2027, 6, 29)),
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2024, 3, 1), date(2027, 2, 28)),
    ],
)
def test_a_ground_counts_for_three_years_from_the_day_it_occurred(occurred_on: date, last: date) -> None:
    day = timedelta(days=1)
    assert [counts(occurred_on, on) for on in (occurred_on, last - day, last, last + day)] == [True, True, True, False]
