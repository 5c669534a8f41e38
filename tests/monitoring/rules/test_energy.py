"""Tests of energy and carbon accounting. 二（三）2, 四（二）1"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from services.monitoring.rules.energy import (
    BASELINE_METHODS,
    EnergyComparison,
    carbon_account,
    emissions,
    energy_saving,
    standard_coal_tonnes,
)
from services.monitoring.rules.quarters import EnergyUse
from tests.monitoring.fixtures import energy
from tests.shared.policy.periods import add_period

ON, NEXT = date(2025, 6, 30), date(2025, 7, 1)


@pytest.mark.clause("二（三）2")
def test_energy_adds_up_in_tonnes_of_standard_coal() -> None:
    use = EnergyUse(electricity_kwh="1000000", gas_m3="10000", heat_gj="1000", pv_used_kwh="50000")
    assert standard_coal_tonnes(use, True, ON) == Decimal("122.9") + Decimal("12.143") + Decimal("34.12")
    assert standard_coal_tonnes(use, False, ON) - standard_coal_tonnes(use, True, ON) == Decimal("6.145")
    assert standard_coal_tonnes(EnergyUse(), True, ON) == 0


@pytest.mark.clause("二（三）2")
def test_saving_is_compared_per_square_metre() -> None:
    years = energy("800000", "1000000")
    years["report"]["area_m2"] = "10000"
    worked = energy_saving(EnergyComparison.model_validate(years), "counted", ON)
    assert (worked["ratio"], worked["report_tce"]) == (Decimal("-0.6"), Decimal("98.3200"))
    nothing = EnergyComparison.model_validate(energy("1", "0"))
    assert energy_saving(nothing, "counted", ON)["ratio"] is None


@pytest.mark.clause("二（三）2")
def test_a_saving_states_every_figure_that_it_rests_on() -> None:
    years = energy("800000", "1000000", pv_used_kwh="50000.5", gas_m3="1")
    years["baseline"] |= {"method": "SIMULATED", "area_m2": "25000"}
    comparison = EnergyComparison.model_validate(years)
    # 1,000,000 · 0.1229 and 800,000 · 0.1229 + 1.2143 kg; the photovoltaic part is 50,000.5 · 0.1229 kg.
    figures = {
        "basis": "per_m2",
        "baseline_method": "SIMULATED",
        "report_method": "METERED",
        "baseline_tce": Decimal("122.9000"),
        "report_tce": Decimal("98.3212"),
        "baseline_kgce_per_m2": Decimal("4.9160"),
        "report_kgce_per_m2": Decimal("4.9161"),
        "pv_in_saving": "counted",
        "pv_used_kwh": "50000.5",
        "factors": {
            "standard_coal_electricity": "0.1229",
            "standard_coal_gas": "1.2143",
            "standard_coal_heat": "0.03412",
        },
    }
    counted = energy_saving(comparison, "counted", ON)
    assert {name: counted[name] for name in figures} == figures
    assert counted.keys() - figures.keys() == {"ratio"}
    apart = energy_saving(comparison, "not_counted", ON)
    assert (apart["pv_in_saving"], apart["report_tce"]) == ("not_counted", Decimal("104.4663"))


@pytest.mark.clause("二（三）2")
def test_the_basis_and_the_factors_are_those_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    years = energy("800000", "1000000")
    years["report"]["area_m2"] = "10000"
    comparison = EnergyComparison.model_validate(years)
    add_period(monkeypatch, "standard_coal_basis", NEXT, ["total"])
    add_period(monkeypatch, "standard_coal_electricity", NEXT, 0.2)
    before, after = (energy_saving(comparison, "counted", day) for day in (ON, NEXT))
    assert [(each["basis"], each["ratio"]) for each in (before, after)] == [
        ("per_m2", Decimal("-0.6")),
        ("total", Decimal("0.2")),
    ]
    assert (before["baseline_tce"], after["baseline_tce"]) == (Decimal("122.9000"), Decimal("200.0000"))
    assert after["factors"]["standard_coal_electricity"] == "0.2"


@pytest.mark.clause("四（二）1")
def test_carbon_is_accounted_by_scope_factor_set_and_date() -> None:
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
    assert national["factors"] == {"grid_factor_beijing": "0.5580", "gas_factor": "2.162", "heat_factor": "0.11"}
    assert (national["factor_set"], national["energy"]) == ("MEE_PROVINCIAL", years.model_dump(mode="json"))
    local = carbon_account(years, "BJ_LOCAL_STANDARD", ON)
    assert local["before"]["total_tco2"] == Decimal("604.0000")
    assert local["factors"]["grid_factor_beijing_standard"] == "0.604"


@pytest.mark.clause("四（二）1")
@pytest.mark.parametrize(
    ("on", "total"),
    [(date(2025, 12, 30), "558.0000"), (date(2025, 12, 31), "555.4000"), (date(2026, 1, 5), "555.4000")],
)
def test_the_grid_factor_changes_on_its_day(on: date, total: str) -> None:
    assert emissions(EnergyUse(electricity_kwh="1000000"), "MEE_PROVINCIAL", on)["total_tco2"] == Decimal(total)


@pytest.mark.clause("四（二）1")
def test_emissions_are_rounded_half_up_in_the_fourth_decimal() -> None:
    # 0.25 GJ and 0.0005 GJ at 0.11 t; 50 m³ at 2.162 kg.
    assert emissions(EnergyUse(heat_gj="0.0005"), "MEE_PROVINCIAL", ON)["scope_2_tco2"] == Decimal("0.0001")
    assert emissions(EnergyUse(heat_gj="0.0004"), "MEE_PROVINCIAL", ON)["scope_2_tco2"] == Decimal("0.0000")
    assert emissions(EnergyUse(gas_m3="50"), "MEE_PROVINCIAL", ON)["scope_1_tco2"] == Decimal("0.1081")


def test_methods_of_a_vacant_buildings_baseline() -> None:
    assert BASELINE_METHODS == {
        "last_full_year_else_simulation": ("METERED", "SIMULATED"),
        "simulation": ("SIMULATED",),
        "quota": ("QUOTA",),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"baseline": {"unknown": 1}},
        {"baseline": {"area_m2": "0"}},
        {"baseline": {"method": None}},
        {"report": {"area_m2": None}},
    ],
)
def test_a_comparison_is_complete_and_has_no_other_field(wrong: dict[str, dict[str, Any]]) -> None:
    years = energy()
    EnergyComparison.model_validate(years)
    for year, fields in wrong.items():
        changed = years | {year: years[year] | fields}
        with pytest.raises(ValidationError):
            EnergyComparison.model_validate(changed)
    for broken in (years | {"unknown": 1}, {"baseline": years["baseline"]}, {"report": years["report"]}):
        with pytest.raises(ValidationError):
            EnergyComparison.model_validate(broken)
