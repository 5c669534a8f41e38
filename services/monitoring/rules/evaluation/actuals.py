"""Results of a delivered project as the district states them for its evaluation (三（三）); absent means unknown."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.monitoring.rules.code_lists import TenantLevel
from services.monitoring.rules.energy import EnergyComparison
from services.monitoring.rules.quarters import ComponentLetting
from shared.contracts.library import Industry
from shared.days import ProcedureDay
from shared.money import Area, Money
from shared.text import Line, Paragraph

AreaField = Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9_]{1,40}){1,3}$")]


class Letting(ComponentLetting):
    """Letting of one component on the reference date; unit counts serve the reading by number of tenants (I19)."""

    model_config = ConfigDict(extra="forbid")

    units: int | None = Field(None, ge=1, le=100_000, title="可出租单元数")
    let_units: int | None = Field(None, ge=0, le=100_000, title="已入驻单元数")


class KeyTenant(BaseModel):
    """A major project or key enterprise; district level or above counts. 二（三）1"""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(title="项目或企业名称")
    level: TenantLevel = Field(title="级别")
    moved_in: bool = Field(title="已入驻")
    evidence: Line | None = Field(None, title="佐证材料编号")


class IndustryArea(BaseModel):
    """Area let to one industry; `industry` is None for tenants outside the supported ones. 二（二）1, I26"""

    model_config = ConfigDict(extra="forbid")

    industry: Industry | None = Field(title="业态")
    area_m2: Area = Field(title="入驻面积（平方米）")


class Tax(BaseModel):
    """District-level tax of the year before and the year after, and the area that divides both (I12)."""

    model_config = ConfigDict(extra="forbid")

    before_yuan: Money = Field(title="改造前年区级税收（元）")
    after_yuan: Money = Field(title="改造后年区级税收（元）")
    area_m2: Area = Field(gt=0, title="计算面积（平方米）")


class Roof(BaseModel):
    """Roof PV (I22): horizontal projection and area of the modules, projection of the whole roof."""

    model_config = ConfigDict(extra="forbid")

    feasible: bool | None = Field(
        None,
        title="具备可再生能源利用条件",
        description="留空则从申报认定；口径 renewable_evidence 选用 expert 时须填专家认定结果",
    )
    pv_projection_m2: Area | None = Field(None, title="光伏组件水平投影（平方米）")
    pv_module_m2: Area | None = Field(None, title="光伏组件面积（平方米）")
    roof_projection_m2: Area | None = Field(None, gt=0, title="全部屋面水平投影（平方米）")


class FundUse(BaseModel):
    """Use of the subsidy: misuse, ledger, audit findings. 四（一）1"""

    model_config = ConfigDict(extra="forbid")

    misused: bool = Field(title="存在挪用")
    ledger_matches: bool = Field(title="账实相符")
    audit_findings: int = Field(ge=0, le=1000, title="审计问题数")
    explanation: Paragraph | None = Field(None, title="说明")


class AreaReason(BaseModel):
    """Reason for an area that differs from the award or the declaration; `field` is a place in this body."""

    model_config = ConfigDict(extra="forbid")

    field: AreaField = Field(title="面积所在字段", description="如 /lettings/0/leasable_area_m2")
    reason: Paragraph = Field(title="差异理由")


class Actuals(BaseModel):
    """Input of an evaluation as of `reference_on`, within a year of delivery (I20)."""

    model_config = ConfigDict(extra="forbid")

    reference_on: ProcedureDay = Field(title="评价基准日")
    lettings: Annotated[list[Letting], Field(max_length=200)] = Field([], title="各组成入驻情况")
    key_tenants: Annotated[list[KeyTenant], Field(max_length=100)] | None = Field(None, title="重大项目和重点企业")
    industries: Annotated[list[IndustryArea], Field(max_length=20)] | None = Field(None, title="入驻业态")
    tax: Tax | None = Field(None, title="税收贡献")
    energy: EnergyComparison | None = Field(None, title="能耗对比")
    roof: Roof = Field(default_factory=Roof, title="屋面光伏")
    funds: FundUse = Field(title="资金使用")
    area_reasons: Annotated[list[AreaReason], Field(max_length=210)] = Field([], title="面积差异理由")
    problems: Annotated[list[Line], Field(max_length=50)] = Field([], title="存在问题")
    advice: Paragraph | None = Field(None, title="建议")


def occupancy_rate(letting: ComponentLetting, meaning: str) -> Decimal | None:
    """Return a component's occupancy by the reading of I19; None where its figures are missing."""
    if meaning == "tenant_count":
        if not isinstance(letting, Letting):
            return None
        known = letting.units is not None and letting.let_units is not None
        return Decimal(letting.let_units or 0) / Decimal(letting.units or 1) if known else None
    area = letting.signed_area_m2 if meaning == "signed_area" else letting.moved_in_area_m2
    return area / letting.leasable_area_m2 if letting.leasable_area_m2 else None


def key_tenant_introduced(actuals: Actuals) -> bool | None:
    """Return whether a tenant of district level or above has moved in; None where nothing is stated. 二（三）1"""
    if actuals.key_tenants is None:
        return None
    return any(tenant.moved_in and tenant.level != "below" for tenant in actuals.key_tenants)


def pv_share(roof: Roof, numerator: str) -> Decimal | None:
    """Return PV area divided by the roof's horizontal projection, by the reading of I22; None where unknown."""
    area = roof.pv_module_m2 if numerator == "module_area" else roof.pv_projection_m2
    return area / roof.roof_projection_m2 if area is not None and roof.roof_projection_m2 else None


def supported_share(actuals: Actuals) -> Decimal | None:
    """Return the share of let area used by supported industries (I26); None where unknown."""
    if not actuals.industries:
        return None
    total = sum((item.area_m2 for item in actuals.industries), Decimal(0))
    mapped = sum((item.area_m2 for item in actuals.industries if item.industry), Decimal(0))
    return mapped / total if total else None


def target_facts(
    actuals: Actuals,
    components: list[dict[str, Any]],
    occupancies: dict[int, Decimal | None],
    feasible: bool | None,
    saving_ratio: Decimal | None,
    readings: dict[str, str],
) -> dict[str, Any]:
    """Return the actuals under the fact names that the policy's targets read."""
    return {
        "key_tenant_introduced": key_tenant_introduced(actuals),
        "renewable_feasible": feasible,
        "renewable_confirmed": actuals.roof.feasible,
        "pv_roof_share": pv_share(actuals.roof, readings["pv_numerator"]),
        "energy_saving_ratio": saving_ratio,
        "components": [
            {
                "kind": component["kind"],
                "renovated_area_m2": component.get("renovated_area_m2"),
                "achieved_occupancy": occupancies.get(place),
            }
            for place, component in enumerate(components)
        ],
    }
