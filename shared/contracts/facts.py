"""Facts of a project that the rules read. An absent fact is unknown, not false."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from shared.contracts.library import (
    ComponentKind,
    ConstructionStatus,
    EndCause,
    Industry,
    LibraryRow,
    ProjectType,
    ResourceKind,
    SupportMode,
)
from shared.days import BuiltDay, ProcedureDay
from shared.industry_codes import IndustryCode
from shared.money import Area, Money, Ratio
from shared.text import Cleaned, Line, clean_optional_line

FORMER_CODES: Final[Mapping[str, str]] = {"office": "office_building", "commercial": "commercial_facility"}
"""Codes of earlier versions that senders may still use, with the codes of today, which answers and events carry."""


def _todays_code(code: Any) -> Any:
    return FORMER_CODES.get(code, code) if isinstance(code, str) else code


StockUse = Annotated[ResourceKind, BeforeValidator(_todays_code)]
"""Use of a stock building: the kinds of the resource ledger, their former codes included."""

Name = Annotated[Annotated[str, StringConstraints(max_length=200)] | None, Cleaned(clean_optional_line)]
ResourceId = Annotated[Annotated[str, StringConstraints(max_length=64)] | None, Cleaned(clean_optional_line)]
District = Annotated[Annotated[str, StringConstraints(max_length=6)] | None, Cleaned(clean_optional_line)]


class Component(BaseModel):
    """A building, factory or piece of infrastructure of a project (二（一）, 二（四）1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ComponentKind = Field(title="组成类别")
    name: Name = Field(None, title="名称")
    resource_id: ResourceId = Field(None, title="资源台账编号")
    stock_use: StockUse | None = Field(None, title="存量用途")
    completed_on: BuiltDay | None = Field(None, title="建成日期")
    wholly_vacant: bool | None = Field(None, title="整栋空置")
    occupancy: Ratio | None = Field(None, title="现状入驻率")
    district_tax_per_m2_yuan: Money | None = Field(None, title="单位面积年区级税收（元/平方米）")
    function_mismatch: bool | None = Field(None, title="功能定位或业态不符合城市发展功能需求")
    district_says_low_occupancy: bool | None = Field(None, title="区认定入驻率偏低")
    production_ended: bool | None = Field(None, title="原生产无法继续实施")
    end_cause: EndCause | None = Field(None, title="原因")
    renovated_area_m2: Area | None = Field(None, title="改造面积（平方米）")
    gross_floor_area_m2: Area | None = Field(None, title="建筑面积（平方米）")
    leasable_area_m2: Area | None = Field(None, title="改造后可出租面积（平方米）")
    fixed_investment_yuan: Money | None = Field(None, title="固定资产投资（元）")
    planned_occupancy: Ratio | None = Field(None, title="交付后1年内承诺入驻率")


TenantStage = Literal["intended", "contracted"]
TENANT_STAGES: Final[Mapping[str, str]] = {"intended": "拟引入", "contracted": "已签约"}


class Tenant(BaseModel):
    """A firm that the project will let space to, or has a contract with (二（二）1, 二（三）1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line = Field(title="企业名称")
    industry_code: IndustryCode = Field(title="行业代码", description="GB/T 4754-2017，如 6510 或 I6510")
    area_m2: Area | None = Field(None, title="使用面积（平方米）")
    share: Ratio | None = Field(None, title="占可出租面积比例", description="0 至 1")
    stage: TenantStage = Field("intended", title="引入阶段", description="intended 拟引入；contracted 已签约")


class ProjectFacts(BaseModel):
    """All facts that the rules read, under the names that the worked cases use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project_type: ProjectType | None = Field(None, title="项目类型")
    declared_on: ProcedureDay | None = Field(None, title="首次提交申报日期")
    accepted_on: ProcedureDay | None = Field(None, title="区发展改革委受理日期")
    district: District = Field(None, title="所在区")
    planning_conforms: bool | None = Field(None, title="符合首都功能定位和规划")
    title_clear: bool | None = Field(None, title="产权清晰")
    industry_positioning: bool | None = Field(None, title="有明确产业定位")
    admission_standard: bool | None = Field(None, title="有准入标准")
    operating_mechanism: bool | None = Field(None, title="建立运营管理机制")
    industries: tuple[Industry, ...] | None = Field(None, title="改造后引入的业态", max_length=5)
    tenants: tuple[Tenant, ...] | None = Field(None, title="拟引入和已签约企业", max_length=200)
    green_retrofit_simultaneous: bool | None = Field(None, title="同步实施节能绿色化改造")
    renewable_feasible: bool | None = Field(None, title="具备可再生能源利用条件")
    renewable_planned: bool | None = Field(None, title="增设可再生能源利用设施")
    green_materials: bool | None = Field(None, title="使用绿色建材")
    surroundings_coordinated: bool | None = Field(None, title="与周边环境协同")
    key_tenant_planned: bool | None = Field(None, title="引入区级以上重大产业项目和重点企业")
    pv_roof_share: Ratio | None = Field(None, title="光伏占屋面水平投影比例")
    energy_saving_ratio: Ratio | None = Field(None, title="综合节能率")
    construction_status: ConstructionStatus | None = Field(None, title="建设状态")
    other_municipal_funds: bool | None = Field(None, title="获得过其他市级财政性资金")
    in_reserve_library: bool | None = Field(None, title="已纳入储备库")
    support_mode: SupportMode | None = Field(None, title="申请的支持方式")
    single_entity: bool | None = Field(None, title="单一实施主体")
    contiguous: bool | None = Field(None, title="连片区域")
    components: tuple[Component, ...] = Field((), title="项目组成", max_length=200)


_COMMON = set(ProjectFacts.model_fields) & set(LibraryRow.model_fields) - {"components", "industries"}


def facts_of_library(row: LibraryRow) -> ProjectFacts:
    """Return the facts of a project that its row in the reserve library contains; all others are unknown.

    Facts of the linked ledger rows (age, vacancy, tax) are not included.
    """
    components = [
        Component.model_validate(
            {
                "kind": part.kind,
                "resource_id": part.resource_external_id,
                "stock_use": part.stock_use,
                "renovated_area_m2": part.renovated_area_m2,
                "fixed_investment_yuan": part.fixed_investment_yuan,
                "planned_occupancy": part.planned_occupancy,
            }
        )
        for part in row.components
    ]
    facts = {name: getattr(row, name) for name in _COMMON}
    return ProjectFacts.model_validate(
        facts
        | {
            "components": components,
            "industries": row.industries or None,
            "key_tenant_planned": True if row.key_tenants else None,
            "in_reserve_library": row.left_on is None,
        }
    )
