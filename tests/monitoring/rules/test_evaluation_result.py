"""The result of an evaluation in full: places of components, problems, funds, indicators at their limits. 三（三）"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from services.monitoring.rules.evaluation.actuals import Actuals, KeyTenant, Letting, Roof, occupancy_rate, pv_share
from services.monitoring.rules.evaluation.calculation import percent
from services.monitoring.rules.evaluation.indicators import grade_of
from tests.monitoring.fixtures import actuals, energy, letting
from tests.monitoring.rules.test_evaluation import judged, project_state
from tests.shared.policy.periods import add_period

pytestmark = pytest.mark.clause("三（三）")

ON, NEXT = date(2025, 6, 30), date(2025, 7, 1)
FUNDS = {"misused": False, "ledger_matches": True, "audit_findings": 0}
ROADS = {"kind": "infrastructure"}


def shares(**changes: Any) -> dict[str, str | None]:
    result, _ = judged(**changes)
    return {head["head"]: head["share"] for head in result["heads"]}


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("90", "excellent"), ("89.99", "good"), ("80", "good"), ("79.99", "passed"), ("60", "passed"),
        ("59.99", "failed"), ("0", "failed"),
    ],
)  # fmt: skip
def test_a_grade_begins_at_its_bound(score: str, grade: str) -> None:
    assert grade_of(Decimal(score), ON) == grade


def test_components_keep_their_places_where_some_have_no_target() -> None:
    seen = project_state(components=[ROADS, {"kind": "building"}, ROADS, {"kind": "factory"}])
    result, targets = judged(seen=seen, lettings=[letting(3, "6999.00"), letting(1, "8500.00")])
    assert result["occupancies"] == {"1": "0.850000", "3": "0.699900"}
    assert (targets["building_occupancy_result"], targets["factory_occupancy_result"]) == (True, False)


@pytest.mark.parametrize(
    ("reading", "stated", "best", "value"),
    [
        ("reference_date", "8000", "0.9", "0.800000"),
        ("any_time", "8000", "0.9", "0.900000"),
        ("any_time", "9500", "0.9", "0.950000"),
        ("any_time", None, "0.9", "0.900000"),
        ("any_time", "8000", None, "0.800000"),
        ("any_time", None, None, None),
    ],
)
def test_the_best_occupancy_of_the_year_counts_under_that_reading(
    reading: str, stated: str | None, best: str | None, value: str | None
) -> None:
    seen = project_state(components=[{"kind": "building"}], best_occupancy={0: Decimal(best)} if best else {})
    lettings = [letting(0, stated)] if stated else []
    result, _ = judged({"target_moment": reading}, seen, lettings=lettings)
    assert result["occupancies"] == {"0": value}
    assert result["best_occupancies"] == ({"0": "0.900000"} if best else {})


def test_a_result_names_its_basis_its_funds_and_its_energy() -> None:
    seen = project_state(kept_yuan=Decimal("30000000.5"), used_yuan=Decimal(1), late_quarters=2)
    result, _ = judged(seen=seen, funds=FUNDS | {"audit_findings": 3, "explanation": "说明"})
    assert result["funds"] == {
        "kept_yuan": "30000000.50",
        "used_yuan": "1.00",
        "unspent_yuan": "29999999.50",
        "late_quarters": 2,
        "open_diversion": False,
        "misused": False,
        "ledger_matches": True,
        "audit_findings": 3,
        "explanation": "说明",
    }
    assert (result["energy"]["ratio"], result["missing"], result["edition"]) == ("0.200000", [], "2023")
    assert result["interpretations"]["target_moment"] == "reference_date"
    assert len(result["sentences"]) >= len(result["targets"]) == 5
    more = judged(seen=project_state(used_yuan=Decimal(30000001)))[0]["funds"]
    assert more["unspent_yuan"] == "0.00"
    assert judged(energy=None)[0]["energy"] is None
    assert judged(energy=energy("1", "0"))[0]["energy"]["ratio"] is None


def test_problems_in_their_order() -> None:
    seen = project_state(late_quarters=2, open_diversion=True)
    result, _ = judged(
        seen=seen,
        funds=FUNDS | {"ledger_matches": False},
        lettings=[letting(0, "7000"), letting(1, "7500")],
        energy=None,
        problems=["其他问题"],
    )
    assert result["problems"] == [
        "二（三）1 楼宇入驻率达到目标未达到，差 10个百分点",
        "二（三）2 综合节能率达到目标待定",
        "四（一）1 补助资金存在挪用",
        "四（一）1 补助资金账实不符",
        "四（一）2 季度台账逾期 2 次",
        "其他问题",
    ]
    assert result["targets_met"] is False
    assert judged()[0]["problems"] == []


@pytest.mark.parametrize(
    ("readings", "changes", "proposal"),
    [
        ({}, {}, "改造目标已实现，建议按规定完成后续手续"),
        ({}, {"lettings": [letting(0, "7999"), letting(1, "7500")]}, "建议限期整改"),
        (
            {"evaluation_failed": "partial_clawback"},
            {"lettings": [letting(0, "7999"), letting(1, "7500")]},
            "建议就未达标部分",
        ),
        ({}, {"funds": FUNDS | {"misused": True}}, "建议限期整改"),
        ({}, {"energy": None}, "改造目标尚有待定，不作已实现认定；请补齐以下情况后复核：综合节能率达到目标"),
    ],
)
def test_a_proposal_follows_a_missed_target_or_a_failed_grade(
    readings: dict[str, str], changes: dict[str, Any], proposal: str
) -> None:
    assert judged(readings, **changes)[0]["proposal"].startswith(proposal)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.8", "80%"),
        ("0.79999999", "79.9999%"),
        ("0", "0%"),
        ("1.5", "150%"),
        ("12.345678", "1234.5678%"),
        ("是", "是"),
    ],
)
def test_a_share_is_shown_truncated(text: str, shown: str) -> None:
    assert percent(text) == shown


def test_a_target_that_is_no_number_has_no_figures() -> None:
    tenant = {"name": "示例", "level": "below", "moved_in": True}
    rows = {row["rule"]: row for row in judged(key_tenants=[tenant], energy=None)[0]["targets"]}
    tenants, saving = rows["key_tenant_result"], rows["energy_saving_result"]
    assert (tenants["target"], tenants["actual"], tenants["met"], tenants["gap"]) == ("是", "否", False, "未实现")
    assert (saving["target"], saving["actual"], saving["met"], saving["gap"]) == ("不低于 15%", "待定", None, "")


@pytest.mark.parametrize(
    ("changes", "head", "share"),
    [
        ({"key_tenants": []}, "industry_import", "0.7000"),
        ({"key_tenants": None}, "industry_import", None),
        ({"industries": []}, "industry_import", None),
        ({"industries": [{"industry": None, "area_m2": "10"}]}, "industry_import", "0.3000"),
        ({"tax": None}, "tax_contribution", None),
        ({"tax": {"before_yuan": "0", "after_yuan": "4000000", "area_m2": "20000"}}, "tax_contribution", "1.0000"),
        ({"tax": {"before_yuan": "0", "after_yuan": "3999999", "area_m2": "20000"}}, "tax_contribution", "1.0000"),
        ({"tax": {"before_yuan": "9", "after_yuan": "1000000", "area_m2": "20000"}}, "tax_contribution", "0.2500"),
        ({"lettings": [letting(0, "8500")]}, "occupancy", None),
        ({"lettings": [letting(0, "4000"), letting(1, "10000")]}, "occupancy", "0.7500"),
        ({"energy": energy("925000")}, "energy_saving", "0.5000"),
        ({"energy": energy("1100000")}, "energy_saving", "0.0000"),
        ({"energy": energy("1")}, "energy_saving", "1.0000"),
        ({"funds": FUNDS | {"ledger_matches": False}}, "fund_compliance", "0.6000"),
        ({"funds": FUNDS | {"audit_findings": 2}}, "fund_compliance", "0.6000"),
        ({"funds": FUNDS | {"audit_findings": 6}}, "fund_compliance", "0.0000"),
        ({"seen": project_state(late_quarters=3)}, "fund_compliance", "0.7000"),
        ({"seen": project_state(used_yuan=Decimal(7500000))}, "fund_compliance", "0.8500"),
        ({"seen": project_state(used_yuan=Decimal(30000001))}, "fund_compliance", "1.0000"),
        ({"seen": project_state(kept_yuan=Decimal(0), used_yuan=Decimal(0))}, "fund_compliance", "1.0000"),
        ({"seen": project_state(kept_yuan=Decimal(1), used_yuan=Decimal(0))}, "fund_compliance", "0.8000"),
        ({"seen": project_state(open_diversion=True)}, "fund_compliance", "0.0000"),
        ({"seen": project_state(components=[ROADS])}, "occupancy", None),
    ],
)
def test_each_indicator_at_its_limits(changes: dict[str, Any], head: str, share: str | None) -> None:
    assert shares(**changes)[head] == share


def test_weights_deductions_and_grades_are_those_of_the_reference_day(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = ("industry_import", "tax_contribution", "occupancy", "energy_saving", "fund_compliance")
    add_period(monkeypatch, "evaluation_weights", NEXT, dict(zip(heads, (40, 30, 10, 10, 10), strict=True)))
    add_period(monkeypatch, "evaluation_industry_split", NEXT, {"industry_area": 0.5, "key_tenant": 0.5})
    less = {"ledger_mismatch": 0.1, "audit_finding": 0.1, "late_quarter": 0.1, "unspent": 0.1}
    add_period(monkeypatch, "evaluation_fund_deductions", NEXT, less)
    add_period(monkeypatch, "evaluation_grades", NEXT, {"excellent": 75, "good": 70, "passed": 60, "failed": 0})
    found = []
    for day in (ON, NEXT):
        result, _ = judged(
            reference_on=day.isoformat(), key_tenants=[], funds=FUNDS | {"ledger_matches": False, "audit_findings": 1}
        )
        found.append(([head["score"] for head in result["heads"]], result["score"], result["grade"]))
    assert found == [
        (["17.50", "20.00", "25.00", "15.00", "6.00"], "83.50", "good"),
        (["20.00", "30.00", "10.00", "10.00", "8.00"], "78.00", "excellent"),
    ]


def test_an_indicator_explains_its_score() -> None:
    result, _ = judged(funds=FUNDS | {"audit_findings": 1}, seen=project_state(late_quarters=1))
    details = {head["head"]: head["detail"] for head in result["heads"]}
    assert details == {
        "industry_import": details["industry_import"],
        "tax_contribution": "单位面积区级税收由 50.00 元/平方米变为 250.00 元/平方米（低效界限 200 元/平方米）",
        "occupancy": "各组成入驻率：85.00%；75.00%",
        "energy_saving": "综合节能率 20.00%（目标 15%）",
        "fund_compliance": "审计问题 1 个扣 20%；季报逾期 1 次扣 10%",
    }
    assert details["industry_import"].startswith("支持业态入驻面积占 93.75%（提示线 ")
    assert details["industry_import"].endswith("；区级以上重大项目或重点企业已引入")
    assert result["heads"][0].keys() == {"head", "label", "weight", "share", "score", "detail"}
    assert [head["weight"] for head in result["heads"]] == ["25", "20", "25", "15", "15"]


@pytest.mark.parametrize(
    ("meaning", "changes", "rate"),
    [
        ("moved_in", {}, "0.4"),
        ("signed_area", {}, "0.6"),
        ("tenant_count", {}, "0.25"),
        ("tenant_count", {"units": None}, None),
        ("tenant_count", {"let_units": None}, None),
        ("tenant_count", {"let_units": 0}, "0"),
        ("moved_in", {"leasable_area_m2": "0"}, None),
    ],
)
def test_occupancy_by_each_reading(meaning: str, changes: dict[str, Any], rate: str | None) -> None:
    stated = {"index": 0, "leasable_area_m2": "1000", "moved_in_area_m2": "400", "signed_area_m2": "600"}
    one = Letting.model_validate(stated | {"units": 8, "let_units": 2} | changes)
    assert occupancy_rate(one, meaning) == (None if rate is None else Decimal(rate))


def test_the_share_of_photovoltaics_by_each_reading() -> None:
    roof = Roof(pv_projection_m2="300", pv_module_m2="450", roof_projection_m2="1000")
    assert (pv_share(roof, "projection"), pv_share(roof, "module_area")) == (Decimal("0.3"), Decimal("0.45"))
    assert pv_share(Roof(pv_projection_m2="0", roof_projection_m2="1000"), "projection") == 0
    assert pv_share(Roof(pv_projection_m2="300"), "projection") is None
    assert pv_share(Roof(roof_projection_m2="1000"), "projection") is None


@pytest.mark.parametrize("name", FUNDS)
def test_the_use_of_funds_is_stated_in_full(name: str) -> None:
    funds = {key: value for key, value in FUNDS.items() if key != name}
    with pytest.raises(ValidationError, match=name):
        Actuals.model_validate({"reference_on": "2025-06-30", "funds": funds})


def test_absent_figures_are_unknown_and_texts_optional() -> None:
    bare = Actuals.model_validate({"reference_on": "2025-06-30", "funds": FUNDS})
    assert (bare.lettings, bare.key_tenants, bare.industries, bare.problems, bare.advice) == ([], None, None, [], None)
    assert bare.roof == Roof()
    assert KeyTenant(name="示例", level="district", moved_in=True).evidence is None
    assert actuals().keys() <= Actuals.model_fields.keys()
