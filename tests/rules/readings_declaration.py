"""Readings that change a declaration's decision, an exclusion, the edition or a district's duty."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from services.eligibility.rules.library import join_resources
from services.eligibility.rules.reviews import decided_on, reference_day
from services.funding.rules.money_bars import Works, basis_of
from services.funding.rules.public_money import over_limit
from services.intake.rules.quarters import reporting_units
from shared.policy import CompletionStep, assess, checks_completion, edition_on, interpretations, resolve
from tests.rules.switches import Switch
from tests.shared.policy.worked_cases import base

ON = date(2024, 3, 1)
NO_GROUND = {
    "wholly_vacant": False,
    "district_tax_per_m2_yuan": "300",
    "district_says_low_occupancy": False,
    "function_mismatch": False,
}
INFRASTRUCTURE = [{"kind": "infrastructure", "fixed_investment_yuan": "20000000.00"}]
TWO_BUILDINGS = [
    base("building")["components"][0] | {"renovated_area_m2": "30000", "planned_occupancy": "0.85"},
    base("building")["components"][0] | {"renovated_area_m2": "10000", "planned_occupancy": "0.70"},
]
RESOURCE = {
    "completed_on": "2014-02-01",
    "completion_proof": "acceptance",
    "gross_floor_area_m2": "20000.00",
    "leasable_area_m2": "14000.00",
    "vacant_area_m2": "2000.00",
    "annual_district_tax_yuan": "3000000.00",
}
STEPS: tuple[CompletionStep, ...] = ("declaration", "city_receipt", "plan_issue")


def decision(
    key: str,
    option: str,
    kind: str = "building",
    on: date = ON,
    component: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Return the decision on a declaration that meets every rule, after changes, under one choice of a reading."""
    facts = deepcopy(base(kind)) | changes
    facts["components"] = [part | (component or {}) for part in facts["components"]]
    return assess(facts, resolve(on, interpretations={key: option})).decision


def library_decision(key: str, option: str, **component: Any) -> str:
    """Return the decision on a library project whose building takes its facts from the resource ledger."""
    readings = interpretations({key: option})
    facts = deepcopy(base("building"))
    part = {name: value for name, value in facts["components"][0].items() if name not in component}
    stated = {name: value for name, value in (part | component).items() if value is not None}
    joined = join_resources(facts | {"components": [stated | {"resource_id": "R1"}]}, {"R1": RESOURCE}, readings)
    return assess(joined, resolve(ON, interpretations={key: option})).decision


def edition(option: str) -> str:
    """Return the edition that governs a declaration accepted under the trial edition and decided today."""
    day, _ = reference_day(date(2023, 3, 1), None, decided_on(ON, option))
    return str(edition_on(day)["id"])


SWITCHES = (
    Switch(
        "standalone_infrastructure",
        "decision on a project of infrastructure alone",
        lambda option: decision(
            "standalone_infrastructure", option, project_type="infrastructure", components=INFRASTRUCTURE
        ),
        {"inside_package_only": "ineligible", "allowed": "eligible"},
    ),
    Switch(
        "building_grounds",
        "decision on a building with low occupancy and a fitting function",
        lambda option: decision(
            "building_grounds", option, component=NO_GROUND | {"district_says_low_occupancy": True}
        ),
        {"any": "eligible", "use_and_mismatch": "ineligible"},
    ),
    Switch(
        "tax_area",
        "decision on a building with 3 million yuan of tax a year",
        lambda option: library_decision("tax_area", option, **NO_GROUND | {"district_tax_per_m2_yuan": None}),
        {"title_gfa": "eligible", "leasable": "ineligible", "in_use": "ineligible"},
    ),
    Switch(
        "renovated_area_basis",
        "decision on a building of 26 000 m² with works on 20 000 m²",
        lambda option: decision(
            "renovated_area_basis",
            option,
            component={"renovated_area_m2": "20000", "gross_floor_area_m2": "26000"},
        ),
        {"works_area": "ineligible", "whole_building": "eligible"},
    ),
    Switch(
        "renovated_area_basis",
        "decision on a factory of 5 000 m² with works on 3 000 m²",
        lambda option: decision(
            "renovated_area_basis",
            option,
            "factory",
            component={"renovated_area_m2": "3000", "gross_floor_area_m2": "5000"},
        ),
        {"works_area": "ineligible", "whole_building": "eligible"},
    ),
    Switch(
        "completion_evidence",
        "decision on a building accepted ten years and a month ago, without a title",
        lambda option: library_decision("completion_evidence", option, completed_on=None),
        {"acceptance_else_title": "eligible", "title": "undetermined", "year_only": "ineligible"},
    ),
    Switch(
        "age_as_of",
        "decision on a building that becomes ten years old between declaration and acceptance",
        lambda option: decision(
            "age_as_of", option, declared_on="2024-02-20", component={"completed_on": "2014-03-01"}
        ),
        {"acceptance": "eligible", "declaration": "ineligible"},
    ),
    Switch(
        "completed_check",
        "steps at which a completed project is stopped",
        lambda option: [step for step in STEPS if checks_completion(option, step)],
        {
            "all_three": ["declaration", "city_receipt", "plan_issue"],
            "declaration": ["declaration"],
            "city_receipt": ["city_receipt"],
            "plan_issue": ["plan_issue"],
        },
    ),
    Switch(
        "edition_date",
        "edition of a case accepted on 2023-03-01 and decided on 2024-03-01",
        edition,
        {"district_acceptance": "2021", "approval": "2023"},
    ),
    Switch(
        "industry_test",
        "decision on a project with one supported industry of two",
        lambda option: decision("industry_test", option, industries=["high_precision", "retail"]),
        {"all_declared": "ineligible", "any_tenant": "eligible"},
    ),
    Switch(
        "other_funds_scope",
        "exclusion by money of another project of the same owner",
        lambda option: basis_of(Works("one"), Works("one"), option),
        {"project": None, "entity": "entity"},
    ),
    Switch(
        "public_money_limit",
        "warning about public money of 120 % of the investment",
        lambda option: over_limit(Decimal("1.20"), option, Decimal(1)),
        {"warn": True, "none": False},
    ),
    Switch(
        "reserve_library_missing",
        "decision on a project outside the reserve library",
        lambda option: decision("reserve_library_missing", option, in_reserve_library=False),
        {"warn": "eligible", "block": "ineligible"},
    ),
    Switch(
        "heat_pump_2021",
        "decision on a project of the trial edition without heat pumps",
        lambda option: decision("heat_pump_2021", option, on=date(2022, 3, 1), heat_pump_heating=False),
        {"mandatory": "ineligible", "optional": "undetermined"},
    ),
    Switch(
        "bda_duties",
        "quarterly report owed by 经开区",
        lambda option: "BDA" in reporting_units(option),
        {"as_district": True, "exempt": False},
    ),
    Switch(
        "package_buildings",
        "decision on a package with a building of four years",
        lambda option: decision("package_buildings", option, "area", component={"completed_on": "2020-01-01"}),
        {"each_building": "ineligible", "scale_only": "eligible"},
    ),
    Switch(
        "package_occupancy",
        "decision on buildings that promise 85 % and 70 %",
        lambda option: decision("package_occupancy", option, components=TWO_BUILDINGS),
        {"each_component": "ineligible", "weighted": "eligible"},
    ),
    Switch(
        "renewable_evidence",
        "decision on a project whose owner declares that renewables are not feasible",
        lambda option: decision(
            "renewable_evidence", option, renewable_feasible=False, renewable_planned=False, pv_roof_share="0"
        ),
        {"declared_and_confirmed": "eligible", "expert": "undetermined"},
    ),
)
