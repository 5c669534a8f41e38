"""The conditions of each clause of 二 and 四（一）2: a declaration that fails one is refused with its clause."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from shared.policy import Decision, assess, resolve
from tests.shared.policy.worked_cases import base

ON = date(2024, 3, 1)
BUILDING, FACTORY = base("building")["components"][0], base("factory")["components"][0]


def decided(kind: str, changes: dict[str, Any], *, component: dict[str, Any] | None = None) -> Decision:
    """Assess a declaration that meets every rule, after changes to its facts and to its first component."""
    facts = deepcopy(base(kind)) | changes
    facts["components"][0] |= component or {}
    return assess(facts, resolve(ON))


def refused_by(kind: str, changes: dict[str, Any], *, component: dict[str, Any] | None = None) -> tuple[str, ...]:
    """Return the clauses that refuse the changed declaration; none when it is not refused."""
    decision = decided(kind, changes, component=component)
    assert (decision.decision == "ineligible") == bool(decision.unmet)
    return decision.unmet


@pytest.mark.parametrize("kind", ["building", "factory", "area"])
def test_a_declaration_that_meets_every_condition_is_eligible(kind: str) -> None:
    assert decided(kind, {}).decision == "eligible"


@pytest.mark.clause("二")
def test_a_project_conforms_to_function_positioning_and_planning() -> None:
    assert refused_by("building", {"planning_conforms": False}) == ("二",)


@pytest.mark.clause("二（一）")
def test_there_are_three_types_of_projects() -> None:
    assert "二（一）" in refused_by("building", {"project_type": "infrastructure"})


@pytest.mark.clause("二（一）1")
@pytest.mark.parametrize(
    "component",
    [
        {"stock_use": "other"},
        {
            "wholly_vacant": False,
            "district_tax_per_m2_yuan": "200",
            "function_mismatch": False,
            "district_says_low_occupancy": False,
        },
        {"completed_on": "2014-03-02"},
        {"renovated_area_m2": "20000"},
    ],
    ids=["use", "grounds", "age", "area"],
)
def test_a_building_is_stock_inefficient_old_and_large(component: dict[str, Any]) -> None:
    assert refused_by("building", {}, component=component) == ("二（一）1",)


@pytest.mark.clause("二（一）2")
@pytest.mark.parametrize(
    "component",
    [
        {"stock_use": "office"},
        {"production_ended": False},
        {"end_cause": "other", "other_cause_accepted": False},
        {"renovated_area_m2": "3000"},
    ],
    ids=["use", "production", "cause", "area"],
)
def test_a_factory_is_stock_out_of_production_for_a_cause_and_large(component: dict[str, Any]) -> None:
    assert refused_by("factory", {}, component=component) == ("二（一）2",)


@pytest.mark.clause("二（一）3")
@pytest.mark.parametrize(
    ("changes", "component"),
    [
        ({"contiguous": False}, {}),
        ({"single_entity": False}, {}),
        ({}, {"renovated_area_m2": "20000"}),
        ({"components": [BUILDING, FACTORY], "project_type": "inefficient_building"}, {}),
    ],
    ids=["contiguous", "entity", "scale", "declared as one"],
)
def test_a_package_is_contiguous_of_one_entity_large_and_declared_as_one(
    changes: dict[str, Any], component: dict[str, Any]
) -> None:
    assert refused_by("area", deepcopy(changes), component=component) == ("二（一）3",)


@pytest.mark.clause("二（二）")
@pytest.mark.parametrize("fact", ["title_clear", "industry_positioning", "admission_standard", "operating_mechanism"])
def test_title_positioning_admission_and_operation_are_each_required(fact: str) -> None:
    assert refused_by("building", {fact: False}) == ("二（二）",)


@pytest.mark.clause("二（二）1")
@pytest.mark.parametrize("industries", [["retail"], ["high_precision", "other"]])
def test_every_declared_industry_is_supported(industries: list[str]) -> None:
    assert refused_by("building", {"industries": industries}) == ("二（二）1",)


@pytest.mark.clause("二（二）2")
@pytest.mark.parametrize("fact", ["green_retrofit_simultaneous", "renewable_planned", "green_materials"])
def test_energy_retrofit_renewables_and_green_materials_are_each_required(fact: str) -> None:
    assert refused_by("building", {fact: False}) == ("二（二）2",)


@pytest.mark.clause("二（二）3")
def test_coordination_with_the_surroundings_is_judged_by_an_official() -> None:
    assert refused_by("building", {"surroundings_coordinated": False}) == ("二（二）3",)
    assert decided("building", {"surroundings_coordinated": None}).open == ("二（二）3",)


@pytest.mark.clause("二（三）1")
@pytest.mark.parametrize(
    ("kind", "changes", "component"),
    [
        ("building", {"key_tenant_planned": False}, {}),
        ("building", {}, {"planned_occupancy": "0.7999"}),
        ("factory", {}, {"planned_occupancy": "0.6999"}),
    ],
)
def test_key_tenants_and_occupancy_are_promised(kind: str, changes: dict[str, Any], component: dict[str, Any]) -> None:
    assert refused_by(kind, changes, component=component) == ("二（三）1",)


@pytest.mark.clause("二（三）2")
@pytest.mark.parametrize("changes", [{"pv_roof_share": "0.3999"}, {"energy_saving_ratio": "0.1499"}])
def test_photovoltaic_area_and_energy_saving_are_promised(changes: dict[str, Any]) -> None:
    assert refused_by("building", changes) == ("二（三）2",)


@pytest.mark.clause("二（四）")
def test_one_support_mode_is_chosen_and_not_both() -> None:
    assert refused_by("building", {"support_mode": "both"}) == ("二（四）",)
    assert refused_by("building", {"support_mode": "interest_subsidy"}) == ()


@pytest.mark.clause("二（五）")
@pytest.mark.parametrize("changes", [{"construction_status": "completed"}, {"other_municipal_funds": True}])
def test_completed_projects_and_other_municipal_money_are_excluded(changes: dict[str, Any]) -> None:
    assert refused_by("building", changes) == ("二（五）",)


@pytest.mark.clause("二（五）")
def test_a_project_that_is_not_ready_to_start_is_an_exception_with_a_reason() -> None:
    decision = decided("building", {"construction_status": "not_ready"})
    assert (decision.decision, decision.needs_reason) == ("eligible", ("二（五）",))


@pytest.mark.clause("四（一）2")
def test_a_project_outside_the_reserve_library_is_an_exception_with_a_reason() -> None:
    decision = decided("building", {"in_reserve_library": False})
    assert (decision.decision, decision.needs_reason) == ("eligible", ("四（一）2",))
