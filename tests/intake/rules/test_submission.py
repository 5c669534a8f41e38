"""Completeness of a declaration before its submission: each gap, and what is just no gap."""

from typing import Any

import pytest

from services.intake.rules.checklist import Line, item
from services.intake.rules.submission import Gap, gaps, material_gaps

pytestmark = pytest.mark.clause("三（一）")

BUILDING = {"kind": "building", "renovated_area_m2": "3000.00", "fixed_investment_yuan": "9000000.00"}
FACTORY = BUILDING | {"kind": "factory"}
ROADS = {"kind": "infrastructure", "renovated_area_m2": None, "fixed_investment_yuan": "1000000.00"}
FACTS: dict[str, Any] = {
    "project_type": "inefficient_building",
    "support_mode": "investment_grant",
    "construction_status": "under_construction",
    "other_municipal_funds": False,
    "components": [BUILDING],
}
DECLARATION: dict[str, Any] = {
    "project_code": "2401-110105-04-01-000001",
    "address": "朝阳区示例路1号",
    "operation_mode": "own",
    "loan_bank": None,
    "loan_amount_yuan": None,
    "loan_term_months": None,
}
LOAN: dict[str, Any] = {"loan_bank": "某银行", "loan_amount_yuan": "1000000.00", "loan_term_months": 36}
PACKAGE: dict[str, Any] = {
    "project_type": "area_package",
    "single_entity": True,
    "components": [BUILDING, FACTORY, ROADS],
}


def subjects(declaration: dict[str, Any] | None = None, **facts: Any) -> list[tuple[str, str]]:
    found = gaps({**DECLARATION, **(declaration or {}), "facts": FACTS | facts}, ())
    return [(gap.subject, gap.clause) for gap in found]


@pytest.mark.parametrize(
    ("name", "clause"), [("project_code", "三（一）"), ("address", "三（一）"), ("operation_mode", "二")]
)
@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_field_is_a_gap(name: str, clause: str, empty: str | None) -> None:
    assert subjects({name: empty}) == [(f"/{name}", clause)]


@pytest.mark.parametrize(
    ("name", "clause"),
    [
        ("project_type", "二（一）"),
        ("support_mode", "二（四）"),
        ("construction_status", "二（五）"),
        ("other_municipal_funds", "二（五）"),
    ],
)
def test_an_unknown_fact_is_a_gap(name: str, clause: str) -> None:
    assert subjects(None, **{name: None}) == [(f"/facts/{name}", clause)]
    without = {key: value for key, value in FACTS.items() if key != name}
    assert [gap.subject for gap in gaps({**DECLARATION, "facts": without}, ())] == [f"/facts/{name}"]


@pytest.mark.parametrize("value", [False, True])
def test_an_answer_of_no_is_an_answer(value: bool) -> None:
    assert subjects(other_municipal_funds=value) == []


@pytest.mark.parametrize("none", [None, []])
def test_a_project_without_parts_has_one_gap(none: list[Any] | None) -> None:
    assert subjects(components=none) == [("/facts/components", "二（一）")]


def test_each_part_states_its_area_and_its_investment() -> None:
    bare = {"kind": "building"}
    assert subjects(components=[BUILDING, bare]) == [
        ("/facts/components/1/renovated_area_m2", "二（一）"),
        ("/facts/components/1/fixed_investment_yuan", "二（四）1"),
    ]
    found = gaps({**DECLARATION, "facts": FACTS | {"components": [BUILDING, bare]}}, ())
    assert [(gap.label, gap.how_to_fix) for gap in found] == [
        ("第2项改造面积", "填写该组成部分的改造面积（平方米）"),
        ("第2项固定资产投资", "填写该组成部分的固定资产投资（元）"),
    ]


def test_infrastructure_needs_an_investment_but_no_area() -> None:
    roads = ROADS | {"fixed_investment_yuan": None}
    assert subjects(None, **PACKAGE | {"components": [BUILDING, FACTORY, roads]}) == [
        ("/facts/components/2/fixed_investment_yuan", "二（四）1")
    ]


@pytest.mark.parametrize(
    ("project_type", "components", "clause"),
    [
        ("inefficient_building", [BUILDING], None),
        ("inefficient_building", [BUILDING, FACTORY], "二（一）1"),
        ("inefficient_building", [BUILDING, ROADS], "二（一）1"),
        ("inefficient_building", [ROADS], "二（一）1"),
        ("old_factory", [FACTORY, FACTORY], None),
        ("old_factory", [FACTORY, BUILDING], "二（一）2"),
    ],
)
def test_a_project_of_one_type_has_parts_of_its_kind_only(
    project_type: str, components: list[Any], clause: str | None
) -> None:
    expected = [("/facts/components", clause)] if clause else []
    assert subjects(project_type=project_type, components=components) == expected


@pytest.mark.parametrize(
    ("changed", "gap"),
    [
        ({}, None),
        ({"single_entity": None}, "/facts/single_entity"),
        ({"single_entity": False}, "/facts/single_entity"),
        ({"components": [BUILDING, BUILDING]}, None),
        ({"components": [FACTORY, ROADS, ROADS]}, "/facts/components"),
    ],
)
def test_a_package_has_one_entity_and_two_buildings_or_factories(changed: dict[str, Any], gap: str | None) -> None:
    assert subjects(None, **PACKAGE | changed) == ([(gap, "二（一）3")] if gap else [])


def test_other_types_need_no_single_entity() -> None:
    assert subjects(single_entity=False) == []


@pytest.mark.parametrize("name", LOAN)
def test_only_an_interest_subsidy_needs_each_term_of_the_loan(name: str) -> None:
    assert subjects(LOAN | {name: None}, support_mode="interest_subsidy") == [(f"/{name}", "二（四）2")]
    assert subjects(LOAN | {name: None}) == subjects(LOAN, support_mode="interest_subsidy") == []


def test_missing_materials_of_the_applicant_are_gaps() -> None:
    ours, district = item("fund_application_report"), item("request_letter")
    government = item("government_opinion")
    lines = [
        Line(ours, "missing", ""),
        Line(item("title_deed"), "unknown", ""),
        Line(item("permits"), "present", ""),
        Line(district, "missing", ""),
        Line(government, "missing", ""),
    ]
    gap = Gap("fund_application_report", ours.name, "三（一）", ours.how)
    assert gaps({**DECLARATION, "facts": FACTS}, lines) == [gap]
    providers = ("district_officer", "district_government")
    assert [each.subject for each in material_gaps(lines, *providers)] == [district.code, government.code]


def test_gaps_are_listed_in_the_order_of_the_form() -> None:
    lines = [Line(item("permits"), "missing", "")]
    names = dict.fromkeys(DECLARATION)
    found = gaps({**names, "facts": {"support_mode": "interest_subsidy"}}, lines)
    assert [gap.subject for gap in found] == [
        "/project_code",
        "/address",
        "/operation_mode",
        "/facts/project_type",
        "/facts/construction_status",
        "/facts/other_municipal_funds",
        "/facts/components",
        "/loan_bank",
        "/loan_amount_yuan",
        "/loan_term_months",
        "permits",
    ]
    assert found[0].as_dict() == {
        "subject": "/project_code",
        "label": "项目代码",
        "clause": "三（一）",
        "how_to_fix": "填写投资项目在线审批监管平台的项目代码，如 2401-110105-04-01-000001",
    }
