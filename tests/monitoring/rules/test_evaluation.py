"""Tests of evaluation: each threshold just below, on and above; indicators, readings, report. 三（三）"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.monitoring.rules.evaluation.actuals import Actuals
from services.monitoring.rules.evaluation.calculation import ProjectState, evaluate, percent
from services.monitoring.rules.evaluation.report import build_report, markdown_report
from shared.policy import resolve
from tests.monitoring.fixtures import actuals, energy, facts, letting

pytestmark = pytest.mark.clause("三（三）")

AS_OF = date(2023, 11, 6)


def project_state(**changes: Any) -> ProjectState:
    usual: dict[str, Any] = {
        "facts": facts().model_dump(mode="json"),
        "components": [{"kind": "building"}, {"kind": "factory"}],
        "district": "110105",
        "kept_yuan": Decimal("30000000"),
        "used_yuan": Decimal("30000000"),
        "late_quarters": 0,
        "open_diversion": False,
        "best_occupancy": {},
    }
    return ProjectState(**(usual | changes))


def judged(
    readings: dict[str, str] | None = None, seen: ProjectState | None = None, **changes: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    ruleset = resolve(AS_OF, "110105", readings)
    result = evaluate(Actuals.model_validate(actuals(**changes)), seen or project_state(), ruleset)
    return result, {target["rule"]: target["met"] for target in result["targets"]}


@pytest.mark.clause("二（三）1")
@pytest.mark.parametrize(("moved_in", "met"), [("7999.99", False), ("8000.00", True), ("8000.01", True)])
def test_a_building_is_eighty_per_cent_let(moved_in: str, met: bool) -> None:
    _, targets = judged(lettings=[letting(0, moved_in), letting(1, "7500")])
    assert targets["building_occupancy_result"] is met


@pytest.mark.clause("二（三）1")
@pytest.mark.parametrize(("moved_in", "met"), [("6999.99", False), ("7000.00", True), ("7000.01", True)])
def test_a_factory_is_seventy_per_cent_let(moved_in: str, met: bool) -> None:
    _, targets = judged(lettings=[letting(0, "8500"), letting(1, moved_in)])
    assert targets["factory_occupancy_result"] is met


@pytest.mark.clause("二（三）2")
@pytest.mark.parametrize(("used", "met"), [("850000.0001", False), ("850000", True), ("849999.9999", True)])
def test_fifteen_per_cent_of_energy_is_saved(used: str, met: bool) -> None:
    _, targets = judged(energy=energy(used))
    assert targets["energy_saving_result"] is met


@pytest.mark.clause("二（三）2")
@pytest.mark.parametrize(("area", "met"), [("399.99", False), ("400.00", True), ("400.01", True)])
def test_forty_per_cent_of_the_roof_carries_pv(area: str, met: bool) -> None:
    _, targets = judged(roof={"pv_projection_m2": area, "roof_projection_m2": "1000.00"})
    assert targets["photovoltaic_result"] is met


def test_targets_without_data_stay_undetermined() -> None:
    result, targets = judged(lettings=[letting(0, "8500")], energy=None, key_tenants=None)
    assert (targets["factory_occupancy_result"], targets["energy_saving_result"]) == (None, None)
    assert targets["building_occupancy_result"] is True
    assert result["targets_met"] is None
    assert {head["head"]: head["share"] for head in result["heads"]}["energy_saving"] is None
    assert result["missing"]


def test_a_missed_target_states_its_gap_and_is_not_rounded_up() -> None:
    result, _ = judged(lettings=[letting(0, "7999.99"), letting(1, "7500")])
    row = next(target for target in result["targets"] if target["rule"] == "building_occupancy_result")
    assert (row["target"], row["actual"], row["gap"]) == ("不低于 80%", "79.9999%", "差 0.0001个百分点")
    assert result["proposal"].endswith("不自动追回")
    assert percent("0.7999999999") == "79.9999%"


def test_reaching_every_target_is_excellent() -> None:
    result, targets = judged()
    assert set(targets.values()) == {True}
    assert (result["score"], result["grade_label"], result["hard_fail"]) == ("100.00", "优", False)


@pytest.mark.clause("四（一）1")
def test_misused_funds_fail_the_project_whatever_the_score() -> None:
    misused = {"misused": True, "ledger_matches": True, "audit_findings": 0}
    for result, _ in (judged(funds=misused), judged(seen=project_state(open_diversion=True))):
        assert (result["grade"], result["hard_fail"], result["score"]) == ("failed", True, "85.00")


@pytest.mark.clause("二（三）1")
def test_only_tenants_of_district_level_or_above_count_once_moved_in() -> None:
    for level, moved_in, met in (("district", True, True), ("below", True, False), ("national", False, False)):
        _, targets = judged(key_tenants=[{"name": "示例", "level": level, "moved_in": moved_in}])
        assert targets["key_tenant_result"] is met


def test_each_reading_changes_the_result() -> None:
    lettings = [letting(0, "7000"), letting(1, "7500")]
    assert judged(lettings=lettings)[1]["building_occupancy_result"] is False
    assert judged({"occupancy_meaning": "signed_area"}, lettings=lettings)[1]["building_occupancy_result"] is True
    best = project_state(best_occupancy={0: Decimal("0.82")})
    assert judged({"target_moment": "any_time"}, best, lettings=lettings)[1]["building_occupancy_result"] is True
    roof = {"pv_projection_m2": "300", "pv_module_m2": "450", "roof_projection_m2": "1000"}
    assert judged(roof=roof)[1]["photovoltaic_result"] is False
    assert judged({"pv_numerator": "module_area"}, roof=roof)[1]["photovoltaic_result"] is True
    with_pv = energy("800000", pv_used_kwh="100000")
    assert judged(energy=with_pv)[1]["energy_saving_result"] is True
    assert judged({"pv_in_saving": "not_counted"}, energy=with_pv)[1]["energy_saving_result"] is False


def test_a_metered_baseline_of_a_vacant_building_is_a_problem_under_the_simulation_reading() -> None:
    result, _ = judged({"vacant_baseline": "simulation"})
    assert any("空置楼宇能耗基线" in problem for problem in result["problems"])
    assert not any("空置楼宇能耗基线" in problem for problem in judged()[0]["problems"])


def test_the_markdown_report_escapes_typed_text() -> None:
    result, _ = judged(problems=["| 表格 | <script> ## 标题"])
    project = {
        "project_name": "示例",
        "declaration_no": "1",
        "applicant_name": "示例单位",
        "applicant_uscc": "91110000600037341L",
        "mode": "investment_grant",
        "award_yuan": "1.00",
        "released_yuan": "1.00",
        "delivered_on": "2024-09-02",
        "evaluation_due_on": "2025-09-02",
    }
    written = markdown_report(build_report(project, result, {"reference_on": "2025-06-30"}))
    assert "| 二（三）1 | 楼宇入驻率达到目标 | 不低于 80% | 85% | 达到 | － |" in written
    assert "等级“优”" in written
    assert r"1. \| 表格 \| &lt;script> ## 标题" in written
    assert "（I19）已入驻出租面积÷可租赁面积" in written


def test_indicators_lose_points_by_the_parameters() -> None:
    funds = {"misused": False, "ledger_matches": False, "audit_findings": 1}
    seen = project_state(late_quarters=1, used_yuan=Decimal("15000000"))
    result, _ = judged(
        funds=funds,
        seen=seen,
        tax={"before_yuan": "1000000.00", "after_yuan": "2000000.00", "area_m2": "20000"},
        industries=[{"industry": "modern_services", "area_m2": "4000"}, {"industry": None, "area_m2": "6000"}],
        lettings=[letting(0, "4000"), letting(1, "7000")],
    )
    scores = {head["head"]: head["score"] for head in result["heads"]}
    assert scores == {
        "industry_import": "16.25",
        "tax_contribution": "10.00",
        "occupancy": "18.75",
        "energy_saving": "15.00",
        "fund_compliance": "3.00",
    }
    assert (result["score"], result["grade"]) == ("63.00", "passed")
