"""Readings that change the evaluation of a delivered project: a date, a target, the report."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from services.monitoring.rules.delivery import DeliveryDays, check_reference_day, delivery_day, evaluation_year
from services.monitoring.rules.evaluation.actuals import Actuals
from services.monitoring.rules.evaluation.calculation import ProjectState, evaluate
from shared.errors import Invalid
from shared.policy import resolve
from tests.monitoring.fixtures import actuals, energy, facts, letting
from tests.rules.switches import Switch

AS_OF = date(2023, 11, 6)
LET = letting(0, "7000") | {"units": 10, "let_units": 9}
DAYS = DeliveryDays(date(2024, 3, 4), handed_over_on=date(2024, 4, 8), opened_on=date(2024, 6, 3))
TWO_BUILDINGS = [
    {"kind": "building", "renovated_area_m2": "30000"},
    {"kind": "building", "renovated_area_m2": "10000"},
]


def evaluated(key: str, option: str, state: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the result of an evaluation, after changes to the project and to its actuals."""
    project: dict[str, Any] = {
        "facts": facts().model_dump(mode="json"),
        "components": [{"kind": "building"}, {"kind": "factory"}],
        "district": "110105",
        "kept_yuan": Decimal(30_000_000),
        "used_yuan": Decimal(30_000_000),
        "late_quarters": 0,
        "open_diversion": False,
        "best_occupancy": {},
    }
    ruleset = resolve(AS_OF, "110105", {key: option})
    return evaluate(Actuals.model_validate(actuals(**changes)), ProjectState(**(project | state)), ruleset)


def target(key: str, rule: str, state: dict[str, Any] | None = None, **changes: Any) -> Callable[[str], bool | None]:
    """Return whether a target is reached, None where undetermined, as a function of the choice."""

    def met(option: str) -> bool | None:
        result = evaluated(key, option, state or {}, **changes)
        reached: bool | None = next(row["met"] for row in result["targets"] if row["rule"] == rule)
        return reached

    return met


def reference_day(option: str) -> str:
    """Return the answer to an evaluation nine months after delivery."""
    try:
        check_reference_day(date(2024, 12, 4), DAYS.accepted_on, date(2025, 3, 4), option)
    except Invalid as refusal:
        return refusal.detail
    return "allowed"


def baseline_problems(option: str) -> int:
    """Return the number of problems with a metered baseline of a vacant building."""
    return sum("空置楼宇能耗基线" in problem for problem in evaluated("vacant_baseline", option, {})["problems"])


SWITCHES = (
    Switch(
        "year_clock",
        "end of the year after a delivery on 1 October 2023",
        lambda option: evaluation_year(date(2023, 10, 1), option).on,
        {"civil_code": date(2024, 10, 8), "no_shift": date(2024, 10, 1)},
    ),
    Switch(
        "delivery_meaning",
        "end of the evaluation year",
        lambda option: evaluation_year(delivery_day(DAYS, option), "civil_code").on,
        {
            "completion_acceptance": date(2025, 3, 4),
            "handover": date(2025, 4, 8),
            "opening": date(2025, 6, 3),
        },
    ),
    Switch(
        "occupancy_meaning",
        "occupancy target of a building with 70 % moved in, all signed, 9 of 10 units let",
        target("occupancy_meaning", "building_occupancy_result", lettings=[LET, letting(1, "7500")]),
        {"moved_in_area": False, "signed_area": True, "tenant_count": True},
    ),
    Switch(
        "target_moment",
        "occupancy target of a building that was fuller within the year",
        target(
            "target_moment",
            "building_occupancy_result",
            {"best_occupancy": {0: Decimal("0.82")}},
            lettings=[LET, letting(1, "7500")],
        ),
        {"reference_date": False, "any_time": True},
    ),
    Switch(
        "target_moment",
        "reference day nine months after delivery",
        reference_day,
        {"reference_date": "allowed", "anniversary": "按现行口径，评价基准日须为满一年之日 2025-03-04"},
    ),
    Switch(
        "package_occupancy",
        "occupancy target of two buildings with 85 % and 70 %",
        target(
            "package_occupancy",
            "building_occupancy_result",
            {"components": TWO_BUILDINGS},
            lettings=[letting(0, "8500"), letting(1, "7000")],
        ),
        {"each_component": False, "weighted": True},
    ),
    Switch(
        "pv_numerator",
        "photovoltaic target of tilted modules",
        target(
            "pv_numerator",
            "photovoltaic_result",
            roof={"pv_projection_m2": "300", "pv_module_m2": "450", "roof_projection_m2": "1000"},
        ),
        {"horizontal_projection": False, "module_area": True},
    ),
    Switch(
        "renewable_evidence",
        "photovoltaic target of a roof that only the declaration calls unfit",
        target(
            "renewable_evidence",
            "photovoltaic_result",
            {"facts": facts().model_dump(mode="json") | {"renewable_feasible": False}},
            roof={"pv_projection_m2": "0", "roof_projection_m2": "1000"},
        ),
        {"declared_and_confirmed": True, "expert": None},
    ),
    Switch(
        "pv_in_saving",
        "saving target reached with the roof's own electricity",
        target("pv_in_saving", "energy_saving_result", energy=energy("800000", pv_used_kwh="100000")),
        {"counted": True, "not_counted": False},
    ),
    Switch(
        "vacant_baseline",
        "problems of the report on a metered baseline of a vacant building",
        baseline_problems,
        {"last_full_year_else_simulation": 0, "simulation": 1, "quota": 1},
    ),
    Switch(
        "evaluation_failed",
        "proposal of the report on a missed target",
        lambda option: evaluated("evaluation_failed", option, {}, lettings=[LET, letting(1, "7500")])["proposal"],
        {
            "rectify": "建议限期整改并复核；是否追回资金由主管部门决定，不自动追回",
            "partial_clawback": "建议就未达标部分提出追回意见，由主管部门决定",
        },
    ),
)
