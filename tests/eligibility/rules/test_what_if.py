"""What-if comparison of a few projects: cells, gains and losses, intervals by district, patches. 四（一）2"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.eligibility.rules.what_if import (
    MAX_FRAMES,
    Group,
    Population,
    Subject,
    WhatIfResult,
    group_districts,
    patch_of,
    run,
)
from shared.errors import Invalid
from shared.policy import resolve
from tests.shared.policy.worked_cases import base

pytestmark = pytest.mark.clause("四（一）2")

ON = date(2024, 3, 1)
RULES = resolve(ON)
CHAOYANG, FENGTAI, HAIDIAN = "110105", "110106", "110108"
LOWER_FLOOR = {"building_renovated_area_m2": Decimal(10000)}


def subject(number: int, district: str, kind: str = "building", **changes: Any) -> Subject:
    facts = base(kind)
    area = changes.pop("area", None)
    if area:
        facts["components"][0]["renovated_area_m2"] = area
    facts = {key: value for key, value in (facts | changes).items() if value is not None}
    origin = "library" if number % 2 else "declaration"
    return Subject(UUID(int=number), origin, f"项目{number}", district, facts)  # type: ignore[arg-type]


# Each project's grant is 30 million yuan, which a cell shows whether the project is eligible or not.
SUBJECTS = [
    subject(0, CHAOYANG),
    subject(1, FENGTAI, area="15000"),
    subject(2, CHAOYANG, other_municipal_funds=None),
    subject(3, FENGTAI, "factory"),
    subject(4, FENGTAI, area="15000", other_municipal_funds=None),
    subject(5, CHAOYANG, title_clear=False, other_municipal_funds=True),
]
DISTRICTS = frozenset({CHAOYANG, FENGTAI})


def population() -> Population:
    return Population(("state",), SUBJECTS)


def compared(patch: dict[str, Any] = LOWER_FLOOR, *districts: frozenset[str]) -> WhatIfResult:
    groups = [Group(RULES, each) for each in districts or (DISTRICTS,)]
    return run(population(), groups, patch)


@pytest.mark.parametrize("groups", [(DISTRICTS,), (frozenset({FENGTAI}), frozenset({HAIDIAN}), frozenset({CHAOYANG}))])
def test_the_nine_cells_count_projects_and_money(groups: tuple[frozenset[str], ...]) -> None:
    table = compared(LOWER_FLOOR, *groups).table()
    answers = ("eligible", "ineligible", "undetermined")
    assert [(cell["before"], cell["after"]) for cell in table] == [(old, new) for old in answers for new in answers]
    found = {
        (cell["before"], cell["after"]): (cell["count"], cell["award_before_yuan"], cell["award_after_yuan"])
        for cell in table
        if cell["count"]
    }
    assert found == {
        ("eligible", "eligible"): (2, "60000000.00", "60000000.00"),
        ("ineligible", "eligible"): (1, "30000000.00", "30000000.00"),
        ("ineligible", "undetermined"): (1, "30000000.00", "30000000.00"),
        ("ineligible", "ineligible"): (1, "30000000.00", "30000000.00"),
        ("undetermined", "undetermined"): (1, "30000000.00", "30000000.00"),
    }
    assert {cell["award_before_yuan"] for cell in table if not cell["count"]} == {"0.00"}


def test_projects_that_become_eligible_or_cease_to_be() -> None:
    result = compared()
    (gained,) = result.changed_projects(gained=True)
    assert gained == {
        "id": UUID(int=1),
        "origin": "library",
        "project_name": "项目1",
        "district": FENGTAI,
        "before": "ineligible",
        "after": "eligible",
        "award_before_yuan": "30000000.00",
        "award_after_yuan": "30000000.00",
    }
    assert result.changed_projects(gained=False) == []
    higher = compared({"building_renovated_area_m2": Decimal(10**6)}, frozenset({FENGTAI}), frozenset({CHAOYANG}))
    assert [(row["project_name"], row["before"], row["after"]) for row in higher.changed_projects(gained=False)] == [
        ("项目0", "eligible", "ineligible")
    ]
    assert higher.changed_projects(gained=True) == []


def test_awards_are_an_interval_in_all_and_by_district() -> None:
    result = compared()
    assert result.award_interval() == {"certain_yuan": "60000000.00", "possible_yuan": "90000000.00", "unpriced": 0}
    assert result.award_interval("_after") == {
        "certain_yuan": "90000000.00",
        "possible_yuan": "150000000.00",
        "unpriced": 0,
    }

    def line(eligible: int, undetermined: int, certain: str, possible: str) -> dict[str, Any]:
        return {
            "eligible": eligible,
            "undetermined": undetermined,
            "certain_yuan": certain,
            "possible_yuan": possible,
            "unpriced": 0,
        }

    assert result.by_district() == [
        {
            "district": CHAOYANG,
            "before": line(1, 1, "30000000.00", "60000000.00"),
            "after": line(1, 1, "30000000.00", "60000000.00"),
        },
        {
            "district": FENGTAI,
            "before": line(1, 0, "30000000.00", "30000000.00"),
            "after": line(2, 1, "60000000.00", "90000000.00"),
        },
    ]


def unpriced(number: int, **changes: Any) -> Subject:
    made = subject(number, CHAOYANG, **changes)
    part = {key: value for key, value in made.facts["components"][0].items() if key != "fixed_investment_yuan"}
    return Subject(made.id, made.origin, made.name, made.district, {**made.facts, "components": [part]})


def test_projects_without_a_price_are_counted_and_not_taken_for_nothing() -> None:
    subjects = [
        subject(0, CHAOYANG),
        unpriced(1),
        unpriced(2, other_municipal_funds=None),
        unpriced(3, title_clear=False),
        subject(4, CHAOYANG, support_mode="interest_subsidy"),
    ]
    result = run(Population(("state",), subjects), [Group(RULES, DISTRICTS)], LOWER_FLOOR)
    assert result.award_interval() == {"certain_yuan": "30000000.00", "possible_yuan": "30000000.00", "unpriced": 3}


def test_conditions_are_summed_over_the_groups() -> None:
    result = compared(LOWER_FLOOR, frozenset({CHAOYANG}), frozenset({FENGTAI}))
    before = [(row["rule"], row["refused"], row["alone"]) for row in result.blocking(after=False)]
    assert before == [("building_renovated_area", 2, 2), ("title_clear", 1, 0), ("no_other_municipal_funds", 1, 0)]
    after = [(row["rule"], row["refused"]) for row in result.blocking(after=True)]
    assert after == [("title_clear", 1), ("no_other_municipal_funds", 1)]
    assert result.affected_rules() == ["building_renovated_area"]
    both = compared({"title_clear": "planning_conforms"}, frozenset({CHAOYANG}), frozenset({FENGTAI}))
    assert both.affected_rules() == ["title_clear"]


def test_a_population_without_projects_of_the_districts_is_empty() -> None:
    result = compared(LOWER_FLOOR, frozenset({HAIDIAN}))
    assert (result.rows.height, result.by_district(), result.changed_projects(gained=True)) == (0, [], [])
    assert result.award_interval("_after") == {"certain_yuan": "0.00", "possible_yuan": "0.00", "unpriced": 0}
    assert {cell["count"] for cell in result.table()} == {0}


def test_frames_are_kept_by_rules_day_and_districts_and_dropped_at_the_limit() -> None:
    people = population()
    first = people.frame([0, 2, 5], frozenset({CHAOYANG}), RULES)
    assert people.frame([0, 2, 5], frozenset({CHAOYANG}), RULES) is first
    assert first.height == 3
    assert people.frame([1], frozenset({FENGTAI}), RULES).height == 1
    assert people.frame([0, 2, 5], frozenset({CHAOYANG}), resolve(date(2024, 3, 2))) is not first
    assert len(people.frames) == 3
    for number in range(MAX_FRAMES - 3):
        people.frames[(number,)] = first
    people.frame([0, 2, 5], frozenset({CHAOYANG}), RULES)
    assert len(people.frames) == MAX_FRAMES == 32
    people.frame([3], frozenset({"other"}), RULES)
    assert len(people.frames) == 1


def test_districts_are_grouped_by_the_content_of_their_rules() -> None:
    own = resolve(ON, standards={"low_occupancy": Decimal("0.5")})
    groups = group_districts({CHAOYANG: RULES, FENGTAI: own, HAIDIAN: resolve(ON)})
    assert [(group.ruleset.hash, group.districts) for group in groups] == [
        (RULES.hash, frozenset({CHAOYANG, HAIDIAN})),
        (own.hash, frozenset({FENGTAI})),
    ]


def test_a_patch_has_numbers_lists_and_readings() -> None:
    parameters: dict[str, str | list[str]] = {"building_grant_rate": "0.15", "supported_industries": ["other"]}
    assert patch_of(parameters, {"cap_scope": "category"}, RULES) == {
        "building_grant_rate": Decimal("0.15"),
        "supported_industries": ["other"],
        "cap_scope": "category",
    }
    assert patch_of({}, {"cap_scope": "category"}, RULES) == {"cap_scope": "category"}


@pytest.mark.parametrize(
    ("parameters", "readings", "field", "words"),
    [
        ({"unknown": "1"}, {}, "/body/parameters/unknown", "没有参数 unknown"),
        ({"building_grant_rate": ["1"]}, {}, "/body/parameters/building_grant_rate", "十进制数字符串"),
        ({"supported_industries": "other"}, {}, "/body/parameters/supported_industries", "代码列表"),
        ({}, {"cap_scope": "other"}, "/body/interpretations/cap_scope", "可选：category、component、project"),
        ({}, {"unknown": "a"}, "/body/interpretations/unknown", "没有口径 unknown"),
        (
            {},
            {"completion_evidence": "title"},
            "/body/interpretations/completion_evidence",
            "不能测算；可以测算的：.*cap_scope",
        ),
        ({}, {}, "/body", "至少改动一项"),
    ],
)
def test_a_patch_that_cannot_be_applied_names_its_field(
    parameters: dict[str, Any], readings: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        patch_of(parameters, readings, RULES)
    assert refusal.value.field == field
