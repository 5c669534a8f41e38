"""Evaluation, energy, carbon, credit and risk as plain calculations; every threshold just below, on and above."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.monitoring.rules.credit import StandingGround, counts, entity_id, grade_for, ground_code, propose
from services.monitoring.rules.energy import EnergyComparison, carbon_account, energy_saving, standard_coal_tonnes
from services.monitoring.rules.evaluation.actuals import Actuals
from services.monitoring.rules.evaluation.calculation import ProjectState, evaluate, percent
from services.monitoring.rules.evaluation.report import build_report, markdown_report
from services.monitoring.rules.quarters import EnergyUse
from services.monitoring.rules.targets import targets_of
from shared.policy import resolve
from tests.monitoring.story import actuals, energy, facts, letting

ON = date(2025, 6, 30)
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


@pytest.mark.parametrize(("moved_in", "met"), [("7999.99", False), ("8000.00", True), ("8000.01", True)])
def test_a_building_is_eighty_per_cent_let(moved_in: str, met: bool) -> None:
    _, targets = judged(lettings=[letting(0, moved_in), letting(1, "7500")])
    assert targets["building_occupancy_result"] is met


@pytest.mark.parametrize(("moved_in", "met"), [("6999.99", False), ("7000.00", True), ("7000.01", True)])
def test_a_factory_is_seventy_per_cent_let(moved_in: str, met: bool) -> None:
    _, targets = judged(lettings=[letting(0, "8500"), letting(1, moved_in)])
    assert targets["factory_occupancy_result"] is met


@pytest.mark.parametrize(("used", "met"), [("850000.0001", False), ("850000", True), ("849999.9999", True)])
def test_fifteen_per_cent_of_energy_is_saved(used: str, met: bool) -> None:
    _, targets = judged(energy=energy(used))
    assert targets["energy_saving_result"] is met


@pytest.mark.parametrize(("area", "met"), [("399.99", False), ("400.00", True), ("400.01", True)])
def test_forty_per_cent_of_the_roof_carries_pv(area: str, met: bool) -> None:
    _, targets = judged(roof={"pv_projection_m2": area, "roof_projection_m2": "1000.00"})
    assert targets["photovoltaic_result"] is met


def test_what_was_not_stated_stays_undetermined() -> None:
    result, targets = judged(lettings=[letting(0, "8500")], energy=None, key_tenants=None)
    assert (targets["factory_occupancy_result"], targets["energy_saving_result"]) == (None, None)
    assert targets["building_occupancy_result"] is True
    assert result["targets_met"] is None
    assert {head["head"]: head["share"] for head in result["heads"]}["energy_saving"] is None
    assert result["missing"]


def test_a_missed_target_states_its_gap_and_does_not_read_as_reached() -> None:
    result, _ = judged(lettings=[letting(0, "7999.99"), letting(1, "7500")])
    row = next(target for target in result["targets"] if target["rule"] == "building_occupancy_result")
    assert (row["target"], row["actual"], row["gap"]) == ("不低于 80%", "79.9999%", "差 0.0001个百分点")
    assert result["proposal"].endswith("不自动追回")
    assert percent("0.7999999999") == "79.9999%"


def test_every_target_reached_is_excellent() -> None:
    result, targets = judged()
    assert set(targets.values()) == {True}
    assert (result["score"], result["grade_label"], result["hard_fail"]) == ("100.00", "优", False)


def test_misused_money_fails_the_project_whatever_it_scores() -> None:
    misused = {"misused": True, "ledger_matches": True, "audit_findings": 0}
    for result, _ in (judged(funds=misused), judged(seen=project_state(open_diversion=True))):
        assert (result["grade"], result["hard_fail"], result["score"]) == ("failed", True, "85.00")


def test_the_heads_lose_what_the_parameters_say() -> None:
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


def test_only_tenants_of_district_level_or_above_count_once_moved_in() -> None:
    for level, moved_in, met in (("district", True, True), ("below", True, False), ("national", False, False)):
        _, targets = judged(key_tenants=[{"name": "示例", "level": level, "moved_in": moved_in}])
        assert targets["key_tenant_result"] is met


def test_the_readings_chosen_change_what_is_measured() -> None:
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


def test_a_metered_year_of_a_vacant_building_is_doubted_where_the_reading_wants_simulation() -> None:
    result, _ = judged({"vacant_baseline": "simulation"})
    assert any("空置楼宇能耗基线" in problem for problem in result["problems"])
    assert not any("空置楼宇能耗基线" in problem for problem in judged()[0]["problems"])


def test_energy_adds_up_in_tonnes_of_standard_coal() -> None:
    use = EnergyUse(electricity_kwh="1000000", gas_m3="10000", heat_gj="1000", pv_used_kwh="50000")
    assert standard_coal_tonnes(use, True, ON) == Decimal("122.9") + Decimal("12.143") + Decimal("34.12")
    assert standard_coal_tonnes(use, False, ON) - standard_coal_tonnes(use, True, ON) == Decimal("6.145")


def test_saving_is_compared_per_square_metre_and_shows_both() -> None:
    years = energy("800000", "1000000")
    years["report"]["area_m2"] = "10000"
    worked = energy_saving(EnergyComparison.model_validate(years), "counted", ON)
    assert (worked["ratio"], worked["report_tce"]) == (Decimal("-0.6"), Decimal("98.3200"))
    nothing = EnergyComparison.model_validate(energy("1", "0"))
    assert energy_saving(nothing, "counted", ON)["ratio"] is None


def test_carbon_is_counted_by_scope_with_the_factors_of_the_set_and_the_day() -> None:
    years = EnergyComparison.model_validate(energy("800000", gas_m3="1000", heat_gj="100", pv_used_kwh="10000"))
    national = carbon_account(years, "MEE_PROVINCIAL", ON)
    assert national["before"]["total_tco2"] == Decimal("558.0000")
    assert national["after"] == {
        "scope_1_tco2": Decimal("2.1620"),
        "scope_2_tco2": Decimal("457.4000"),
        "total_tco2": Decimal("459.5620"),
        "pv_avoided_tco2": Decimal("5.5800"),
    }
    assert national["reduction_tco2"] == Decimal("98.4380")
    assert carbon_account(years, "BJ_LOCAL_STANDARD", ON)["before"]["total_tco2"] == Decimal("604.0000")
    assert carbon_account(years, "MEE_PROVINCIAL", date(2026, 1, 5))["before"]["total_tco2"] == Decimal("555.4000")


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


def test_a_ground_is_known_by_code_name_or_kind_of_finding() -> None:
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


def test_targets_follow_from_the_facts_and_the_numbers_in_force() -> None:
    rows = targets_of(facts().model_dump(mode="json"), AS_OF, "110105")
    assert [(row["clause"], row["target"]) for row in rows] == [
        ("二（三）1", Decimal("0.80")),
        ("二（三）1", Decimal("0.70")),
        ("二（三）1", None),
        ("二（三）2", Decimal("0.40")),
        ("二（三）2", Decimal("0.15")),
    ]
    unpublished = targets_of({"components": [{"kind": "factory"}]}, date(2022, 1, 4), "110105")
    assert unpublished[0]["target"] is None


def test_the_report_reads_as_a_chinese_document_and_typed_text_stays_text() -> None:
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
    assert "1. ／ 表格 ／ ＜script> 标题" in written
    assert "（I19）已入驻出租面积÷可租赁面积" in written
