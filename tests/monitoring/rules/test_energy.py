"""Tests of energy and carbon accounting. 二（三）2, 四（二）1"""

from datetime import date
from decimal import Decimal

import pytest

from services.monitoring.rules.energy import EnergyComparison, carbon_account, energy_saving, standard_coal_tonnes
from services.monitoring.rules.quarters import EnergyUse
from tests.monitoring.fixtures import energy

ON = date(2025, 6, 30)


@pytest.mark.clause("二（三）2")
def test_energy_adds_up_in_tonnes_of_standard_coal() -> None:
    use = EnergyUse(electricity_kwh="1000000", gas_m3="10000", heat_gj="1000", pv_used_kwh="50000")
    assert standard_coal_tonnes(use, True, ON) == Decimal("122.9") + Decimal("12.143") + Decimal("34.12")
    assert standard_coal_tonnes(use, False, ON) - standard_coal_tonnes(use, True, ON) == Decimal("6.145")


@pytest.mark.clause("二（三）2")
def test_saving_is_compared_per_square_metre() -> None:
    years = energy("800000", "1000000")
    years["report"]["area_m2"] = "10000"
    worked = energy_saving(EnergyComparison.model_validate(years), "counted", ON)
    assert (worked["ratio"], worked["report_tce"]) == (Decimal("-0.6"), Decimal("98.3200"))
    nothing = EnergyComparison.model_validate(energy("1", "0"))
    assert energy_saving(nothing, "counted", ON)["ratio"] is None


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
    assert carbon_account(years, "BJ_LOCAL_STANDARD", ON)["before"]["total_tco2"] == Decimal("604.0000")
    assert carbon_account(years, "MEE_PROVINCIAL", date(2026, 1, 5))["before"]["total_tco2"] == Decimal("555.4000")
