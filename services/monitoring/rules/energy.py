"""Energy in tonnes of standard coal, the saving ratio and emissions, each with the factors it is computed with.

二（三）2 (综合节能率), 四（二）1 (碳核算). PV output used on site is stated apart from the electricity bought (I24).
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import EnergyMethod, FactorSet
from services.monitoring.rules.quarters import EnergyUse
from shared.money import Area
from shared.policy import parameter

GRID_FACTORS: dict[FactorSet, str] = {
    "MEE_PROVINCIAL": "grid_factor_beijing",
    "BJ_LOCAL_STANDARD": "grid_factor_beijing_standard",
}
BASELINE_METHODS: dict[str, tuple[EnergyMethod, ...]] = {
    "last_full_year_else_simulation": ("METERED", "SIMULATED"),
    "simulation": ("SIMULATED",),
    "quota": ("QUOTA",),
}
"""Allowed baseline methods of a vacant building, by the reading of I25."""
_KILO = Decimal(1000)


class AnnualEnergy(EnergyUse):
    """A project's energy of twelve months, the area it served and the method of measurement."""

    model_config = ConfigDict(extra="forbid")

    method: EnergyMethod = Field(title="取得方法")
    area_m2: Area = Field(gt=0, title="计算面积（平方米）")


class EnergyComparison(BaseModel):
    """Energy of the baseline year and of the reported year."""

    model_config = ConfigDict(extra="forbid")

    baseline: AnnualEnergy = Field(title="基准期")
    report: AnnualEnergy = Field(title="报告期")


def standard_coal_tonnes(use: EnergyUse, pv_counts_as_saving: bool, on: date) -> Decimal:
    """Return energy in tonnes of standard coal (当量值); PV output counts as consumption unless it counts as saving."""
    electricity = use.electricity_kwh + (Decimal(0) if pv_counts_as_saving else use.pv_used_kwh)
    kilogrammes = (
        electricity * parameter("standard_coal_electricity", on)
        + use.gas_m3 * parameter("standard_coal_gas", on)
        + use.heat_gj * _KILO * parameter("standard_coal_heat", on)
    )
    return Decimal(kilogrammes / _KILO)


def energy_saving(comparison: EnergyComparison, pv_in_saving: str, on: date) -> dict[str, Any]:
    """Return the saving ratio with its steps; `ratio` is None where the baseline used no energy. 二（三）2, I24"""
    counts = pv_in_saving == "counted"
    before, after = (
        standard_coal_tonnes(comparison.baseline, counts, on),
        standard_coal_tonnes(comparison.report, counts, on),
    )
    before_m2, after_m2 = before * _KILO / comparison.baseline.area_m2, after * _KILO / comparison.report.area_m2
    per_m2 = "per_m2" in parameter("standard_coal_basis", on)
    base, used = (before_m2, after_m2) if per_m2 else (before, after)
    return {
        "ratio": (base - used) / base if base else None,
        "basis": "per_m2" if per_m2 else "total",
        "baseline_method": comparison.baseline.method,
        "report_method": comparison.report.method,
        "baseline_tce": _four_decimals(before),
        "report_tce": _four_decimals(after),
        "baseline_kgce_per_m2": _four_decimals(before_m2),
        "report_kgce_per_m2": _four_decimals(after_m2),
        "pv_in_saving": pv_in_saving,
        "pv_used_kwh": f"{comparison.report.pv_used_kwh:f}",
        "factors": _factors(on, "standard_coal_electricity", "standard_coal_gas", "standard_coal_heat"),
    }


def emissions(use: EnergyUse, factor_set: FactorSet, on: date) -> dict[str, Decimal]:
    """Return tCO2 of scope 1 (gas) and scope 2 (bought electricity and heat), PV avoidance apart. 四（二）1"""
    grid = parameter(GRID_FACTORS[factor_set], on)
    scope_1 = use.gas_m3 * parameter("gas_factor", on) / _KILO
    scope_2 = use.electricity_kwh * grid / _KILO + use.heat_gj * parameter("heat_factor", on)
    return {
        "scope_1_tco2": _four_decimals(scope_1),
        "scope_2_tco2": _four_decimals(scope_2),
        "total_tco2": _four_decimals(scope_1 + scope_2),
        "pv_avoided_tco2": _four_decimals(use.pv_used_kwh * grid / _KILO),
    }


def carbon_account(comparison: EnergyComparison, factor_set: FactorSet, on: date) -> dict[str, Any]:
    """Return emissions of both years and the reduction, with the factors in force on the accounting date."""
    before, after = (emissions(use, factor_set, on) for use in (comparison.baseline, comparison.report))
    return {
        "before": before,
        "after": after,
        "reduction_tco2": before["total_tco2"] - after["total_tco2"],
        "energy": comparison.model_dump(mode="json"),
        "factor_set": factor_set,
        "factors": _factors(on, GRID_FACTORS[factor_set], "gas_factor", "heat_factor"),
    }


def _factors(on: date, *keys: str) -> dict[str, str]:
    return {key: f"{parameter(key, on):f}" for key in keys}


def _four_decimals(value: Decimal) -> Decimal:
    return Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP)
