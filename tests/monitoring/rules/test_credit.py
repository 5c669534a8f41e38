"""Tests of credit points, grades, effects and periods. 四（一）3"""

from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from services.monitoring.rules.credit import (
    StandingGround,
    counts,
    entity_id,
    grade_effects,
    grade_for,
    ground_code,
    ground_source,
    is_grave,
    propose,
)
from tests.shared.policy.periods import add_period

pytestmark = pytest.mark.clause("四（一）3")

ON = date(2025, 6, 30)
NEXT = ON + timedelta(days=1)
NAMES = {
    "G1": ("false_material", 100),
    "G2": ("funds_diverted", 100),
    "G3": ("municipal_funds_hidden", 100),
    "G4": ("not_started_or_stopped", 20),
    "G5": ("unapproved_change", 20),
    "G6": ("report_late_or_missing", 5),
    "G7": ("inspection_obstructed", 25),
    "G8": ("targets_missed", 15),
    "G9": ("safety_or_quality_penalty", 20),
    "G10": ("listed_dishonest", 100),
}
GRAVE = {"G1", "G2", "G3", "G10"}
FINDINGS = {
    "funds_diverted": "G2",
    "scale_changed": "G5",
    "not_started": "G4",
    "stopped": "G4",
    "safety": "G9",
    "obstructed": "G7",
    "false_material": "G1",
    "other_municipal_funds": "G3",
}


def standing(code: str, number: str = "1") -> StandingGround:
    return StandingGround(number, code, ON, "示例", "P-1")


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
        (["G7", "G7", "G7", "G7"], "D", 0),
        (["G7", "G7", "G7", "G7", "G7"], "D", 0),
    ],
)
def test_points_and_bounds_give_the_grade(codes: list[str], grade: str, points: int) -> None:
    proposal = propose([standing(code) for code in codes], ON)
    assert (proposal.grade, proposal.points) == (grade, points)
    assert len(proposal.explanation) == len(codes) + 2


@pytest.mark.parametrize("code", NAMES)
def test_each_ground_costs_its_points(code: str) -> None:
    (row,) = propose([standing(code)], ON).grounds
    assert (row["code"], row["points"], row["grave"]) == (code, NAMES[code][1], code in GRAVE)
    assert is_grave(code, ON) is (code in GRAVE)


@pytest.mark.parametrize(
    ("points", "grade"),
    [(100, "A"), (90, "A"), (89, "B"), (75, "B"), (74, "C"), (60, "C"), (59, "D"), (0, "D")],
)
def test_a_grade_begins_at_its_bound(points: int, grade: str) -> None:
    assert grade_for(points, False, ON) == grade
    assert grade_for(points, True, ON) == "D"


def test_a_proposal_explains_each_step() -> None:
    mild = propose([StandingGround("7", "G6", date(2025, 4, 16), "晚报", "P-2"), standing("G8", "8")], ON)
    assert mild.grounds[0] == {
        "ground_id": "7",
        "code": "G6",
        "label": mild.grounds[0]["label"],
        "points": 5,
        "grave": False,
        "occurred_on": "2025-04-16",
        "detail": "晚报",
        "declaration_id": "P-2",
    }
    assert mild.explanation[0] == "起评 100 分"
    assert mild.explanation[1] == f"G6 {mild.grounds[0]['label']}（2025-04-16）：减 5 分"
    assert mild.explanation[-1] == "得分 80，对应 B 级"
    assert propose([standing("G10")], ON).explanation[-1] == "得分 0，存在严重失信事由，定为 D 级"


def test_points_bounds_gravity_and_effects_are_those_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = {name: Decimal(7) for name, _ in NAMES.values()}
    add_period(monkeypatch, "credit_points", NEXT, costs)
    assert [propose([standing("G6")], day).points for day in (ON, NEXT)] == [95, 93]
    add_period(monkeypatch, "credit_grades", NEXT, {"A": 96, "B": 75, "C": 60, "D": 0})
    assert [grade_for(95, False, day) for day in (ON, NEXT)] == ["A", "B"]
    assert [propose([standing("G6")], day).grade for day in (ON, NEXT)] == ["A", "B"]
    add_period(monkeypatch, "credit_severe_grounds", NEXT, ["report_late_or_missing"])
    assert [is_grave("G6", day) for day in (ON, NEXT)] == [False, True]
    assert [propose([standing("G6")], day).grade for day in (ON, NEXT)] == ["A", "D"]
    add_period(monkeypatch, "credit_effects", NEXT, {"A": ["一"], "B": ["二"], "C": ["三"], "D": ["四"]})
    assert [grade_effects(day)["D"] for day in (ON, NEXT)] == [
        ("提请暂停拨付", "提请追回资金", "提请不予受理新的申报"),
        ("四",),
    ]


@pytest.mark.parametrize("code", NAMES)
def test_a_ground_is_found_by_its_code_and_its_name(code: str) -> None:
    assert ground_code(code) == ground_code(NAMES[code][0]) == code


@pytest.mark.parametrize("kind", FINDINGS)
def test_a_ground_is_found_by_the_kind_of_a_finding(kind: str) -> None:
    assert ground_code(kind) == FINDINGS[kind]


def test_other_words_name_no_ground() -> None:
    assert ground_code("weather") is None


def test_the_source_of_a_ground_has_each_part_that_tells_grounds_apart() -> None:
    day, project = date(2025, 1, 2), UUID(int=7)
    assert ground_source(day, None, "晚报") == "officer:2025-01-02:晚报"
    assert ground_source(day, project, "晚报") == f"officer:2025-01-02:{project}:晚报"
    longest, longer = "长" * 100, "长" * 101
    assert ground_source(day, None, longest) == f"officer:2025-01-02:{longest}"
    digest = sha256(longer.encode()).hexdigest()
    assert ground_source(day, None, longer) == f"officer:2025-01-02:{longest}:{digest}"


def test_an_entity_has_one_id() -> None:
    uscc = "91110000600037341L"
    assert entity_id(uscc) == uuid5(NAMESPACE_URL, f"urn:uscc:{uscc}")


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


def test_the_years_of_a_ground_are_those_of_the_asking_day(monkeypatch: pytest.MonkeyPatch) -> None:
    add_period(monkeypatch, "credit_ground_years", NEXT, 1)
    occurred_on = date(2023, 1, 1)
    assert [counts(occurred_on, day) for day in (ON, NEXT)] == [True, False]
