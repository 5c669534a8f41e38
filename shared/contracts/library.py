"""Rows of the resource ledger and the reserve library as districts send them (四（一）2).

These models are the contract of `:batchUpsert` and of every import. District and the district's own `external_id`
identify a row; a row sent again unchanged changes nothing. `None` means unknown, never false.

Values that depend on a reading (which area divides the tax, which proof dates a building) are not sent; the recipient
derives them from the fields below.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from shared.days import BuiltDay, DoneDay, PlannedDay
from shared.districts import DISTRICTS, district
from shared.identifiers import ProjectCode, Uscc
from shared.money import Area, Money, Quantity, Ratio
from shared.text import Line

ResourceKind = Literal[
    "office_building",
    "commercial_facility",
    "industrial_plant",
    "warehouse",
    "industrial_heritage",
    "related_facility",
]
TitleKind = Literal["ownership_certificate", "land_certificate_only", "collective", "lease", "unregistered"]
CompletionProof = Literal["completion_acceptance", "title_certificate", "archive"]
Ground = Literal["wholly_vacant", "low_occupancy", "low_district_tax", "function_mismatch"]
EndCause = Literal["relocation", "industry_transition", "function_adjustment", "positioning_mismatch", "other"]
HeritageStatus = Literal["none", "industrial_heritage", "historic_building", "protected_unit"]
SafetyGrade = Literal["A", "B", "C", "D"]
ResourceStatus = Literal["stock", "planned", "in_library", "under_construction", "completed", "withdrawn"]
ProjectType = Literal["inefficient_building", "old_factory", "area_package"]
ComponentKind = Literal["building", "factory", "infrastructure"]
OperationMode = Literal["own", "joint", "lease"]
SupportMode = Literal["investment_grant", "interest_subsidy"]
ConstructionStatus = Literal["not_ready", "ready_to_start", "under_construction", "completed"]
Industry = Literal[
    "strategic_emerging",
    "high_precision",
    "modern_services",
    "manufacturing_services_integration",
    "digital_real_integration",
    "retail",
    "other",
]
Permit = Literal["project_filing", "planning_permit", "construction_permit", "fire_review", "land_use_consent"]
Maturity = Literal["proposed", "designed", "approved", "ready"]

LABELS: Final[dict[str, str]] = {
    "office_building": "商务楼宇",
    "commercial_facility": "商业设施",
    "industrial_plant": "工业厂房",
    "warehouse": "仓储用房",
    "related_facility": "相关存量设施",
    "ownership_certificate": "不动产权证",
    "land_certificate_only": "仅有土地证",
    "collective": "集体资产",
    "lease": "租赁",
    "unregistered": "未登记",
    "completion_acceptance": "竣工验收",
    "title_certificate": "产权证",
    "archive": "档案",
    "wholly_vacant": "整栋空置",
    "low_occupancy": "入驻率偏低",
    "low_district_tax": "单位面积年区级税收偏低",
    "function_mismatch": "功能定位或经营业态不符合城市发展功能需求",
    "relocation": "疏解腾退",
    "industry_transition": "产业转型",
    "function_adjustment": "功能调整",
    "positioning_mismatch": "不符合区域产业发展定位",
    "other": "其他",
    "none": "无",
    "industrial_heritage": "特色工业遗址",
    "historic_building": "历史建筑",
    "protected_unit": "文物保护单位",
    "stock": "存量",
    "planned": "谋划",
    "in_library": "入库",
    "under_construction": "在建",
    "completed": "已完工",
    "withdrawn": "退出",
    "inefficient_building": "低效楼宇改造",
    "old_factory": "老旧厂房改造",
    "area_package": "片区统筹改造",
    "building": "低效楼宇",
    "factory": "老旧厂房",
    "infrastructure": "配套基础设施",
    "own": "自主",
    "joint": "联营",
    "investment_grant": "投资补助",
    "interest_subsidy": "贷款贴息",
    "not_ready": "不具备开工条件",
    "ready_to_start": "已具备开工条件",
    "strategic_emerging": "战略性新兴产业",
    "high_precision": "高精尖产业",
    "modern_services": "现代服务业",
    "manufacturing_services_integration": "先进制造业与现代服务业融合",
    "digital_real_integration": "数字经济与实体经济融合",
    "retail": "传统零售商业",
    "project_filing": "项目备案或核准",
    "planning_permit": "规划许可",
    "construction_permit": "施工许可",
    "fire_review": "消防设计审查",
    "land_use_consent": "用地意见",
    "proposed": "初步意向",
    "designed": "方案确定",
    "approved": "手续办理",
    "ready": "具备条件",
}
"""Chinese label of every coded value of this module."""

ExternalId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$")]
DistrictCode = Annotated[
    str,
    AfterValidator(lambda code: district(code).code),
    Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA"),
    WithJsonSchema({"type": "string", "enum": list(DISTRICTS)}),
]
Text = Line
PositiveArea = Annotated[Area, Field(gt=0)]

OwnId = Annotated[ExternalId, Field(title="区系统记录编号", description="由区系统给出，同一区内不重复，不得改作他用")]
Quarter = Annotated[str, Field(title="数据所属季度", pattern=r"^20[0-9]{2}Q[1-4]$", examples=["2026Q3"])]
Source = Annotated[Text, Field(title="数据来源", examples=["区发展改革委季度报送"])]
SourceUrls = Annotated[tuple[Text, ...], Field(title="出处网址", max_length=10)]
Simulated = Annotated[
    tuple[Text, ...],
    Field(title="模拟字段", description="示例数据中非真实的字段（组成部分写作 components.0.字段）；整行为模拟时为 *"),
]


class ResourceRow(BaseModel):
    """A building or plant in a district's resource ledger, in one quarter (四（一）2, 二（一）1 and 2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    external_id: OwnId
    district: DistrictCode
    quarter: Quarter
    source: Source
    source_urls: SourceUrls = ()
    simulated: Simulated = ()
    ledger_no: Text = Field(title="台账编号")
    name: Text = Field(title="资源名称")
    street: Text | None = Field(None, title="街道（乡镇）")
    address: Text | None = Field(None, title="地址")
    longitude_deg: str | None = Field(None, title="经度（度）", pattern=r"^11[5-7]\.[0-9]{1,6}$")
    latitude_deg: str | None = Field(None, title="纬度（度）", pattern=r"^(39|40|41)\.[0-9]{1,6}$")
    kind: ResourceKind = Field(title="资源类别")
    former_use: Text | None = Field(None, title="原用途")
    owner_name: Text | None = Field(None, title="产权单位")
    owner_uscc: Uscc | None = Field(None, title="产权单位统一社会信用代码")
    operator_name: Text | None = Field(None, title="运营单位")
    operator_uscc: Uscc | None = Field(None, title="运营单位统一社会信用代码")
    title_kind: TitleKind | None = Field(None, title="权属类型")
    title_certificate_no: Text | None = Field(None, title="权属证号")
    title_disputed: bool | None = Field(None, title="是否存在权属争议")
    land_use: Text | None = Field(None, title="土地用途")
    land_area_m2: PositiveArea | None = Field(None, title="用地面积（平方米）")
    completed_on: BuiltDay | None = Field(None, title="建成日期")
    completed_year: int | None = Field(None, title="建成年份", description="只知年份时填写", ge=1860, le=2100)
    completion_proof: CompletionProof | None = Field(None, title="建成时间依据")
    storeys_above: int | None = Field(None, title="地上层数", ge=1, le=150)
    storeys_below: int | None = Field(None, title="地下层数", ge=0, le=10)
    gross_floor_area_m2: PositiveArea = Field(title="建筑面积（平方米）")
    leasable_area_m2: PositiveArea | None = Field(None, title="可出租面积（平方米）")
    vacant_area_m2: Area | None = Field(None, title="空置面积（平方米）")
    occupancy: Ratio | None = Field(None, title="入驻率", description="0 至 1")
    tax_year: int | None = Field(None, title="税收年度", ge=2000, le=2100)
    annual_district_tax_yuan: Money | None = Field(None, title="年区级税收（元）")
    annual_total_tax_yuan: Money | None = Field(None, title="年税收总额（元）")
    current_business: Text | None = Field(None, title="现状业态")
    annual_energy_use_tce: Quantity | None = Field(None, title="年综合能耗（吨标准煤）")
    inefficiency_grounds: tuple[Ground, ...] = Field((), title="低效情形", description="区认定成立的情形，可多选")
    production_ended: bool | None = Field(None, title="原生产是否已无法继续")
    end_cause: EndCause | None = Field(None, title="原生产无法继续的原因")
    criterion_version: Text | None = Field(None, title="区低效楼宇认定标准版本")
    certified_by: Text | None = Field(None, title="认定单位")
    certified_on: DoneDay | None = Field(None, title="认定日期")
    heritage_status: HeritageStatus | None = Field(None, title="文物及历史建筑情况")
    safety_grade: SafetyGrade | None = Field(None, title="房屋安全鉴定等级")
    willing_to_renovate: bool | None = Field(None, title="产权单位是否有改造意愿")
    planned_type: ProjectType | None = Field(None, title="拟改造类型")
    status: ResourceStatus = Field(title="状态")
    change_reason: Text | None = Field(None, title="变动原因")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Raise ValueError for contradictory facts, such as a leasable area larger than the floor area."""
        if self.completed_on and self.completed_year and self.completed_on.year != self.completed_year:
            raise ValueError("建成日期与建成年份不一致")
        if self.leasable_area_m2 is not None and self.leasable_area_m2 > self.gross_floor_area_m2:
            raise ValueError("可出租面积不得大于建筑面积")
        lettable = self.leasable_area_m2 or self.gross_floor_area_m2
        if self.vacant_area_m2 is not None and self.vacant_area_m2 > lettable:
            raise ValueError("空置面积不得大于可出租面积（未填可出租面积时为建筑面积）")
        return self


class LibraryComponent(BaseModel):
    """A part of a project: what is renovated, its area and its cost (二（一）, 二（四）1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ComponentKind = Field(title="组成类别")
    resource_external_id: ExternalId | None = Field(None, title="对应资源台账记录编号")
    stock_use: ResourceKind | None = Field(None, title="存量用途", description="配套基础设施不填")
    renovated_area_m2: PositiveArea | None = Field(None, title="改造面积（平方米）")
    fixed_investment_yuan: Money = Field(title="固定资产投资（元）")
    planned_occupancy: Ratio | None = Field(None, title="交付后1年内承诺入驻率", description="0 至 1")

    @model_validator(mode="after")
    def _infrastructure_has_no_stock(self) -> Self:
        if self.kind == "infrastructure" and (self.stock_use or self.planned_occupancy is not None):
            raise ValueError("配套基础设施不填存量用途和入驻率")
        return self


class LibraryRow(BaseModel):
    """A project in a district's reserve library, in one quarter (四（一）2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    external_id: OwnId
    district: DistrictCode
    quarter: Quarter
    source: Source
    source_urls: SourceUrls = ()
    simulated: Simulated = ()
    library_no: Text = Field(title="储备库编号")
    project_name: Text = Field(title="项目名称")
    project_code: ProjectCode | None = Field(None, title="项目代码")
    project_type: ProjectType = Field(title="项目类型")
    resource_external_ids: tuple[ExternalId, ...] = Field(title="关联资源台账记录编号", min_length=1, max_length=200)
    entity_name: Text = Field(title="实施主体")
    entity_uscc: Uscc = Field(title="实施主体统一社会信用代码")
    operation_mode: OperationMode | None = Field(None, title="实施方式")
    components: tuple[LibraryComponent, ...] = Field(title="项目组成", min_length=1, max_length=200)
    own_funds_yuan: Money | None = Field(None, title="自有资金（元）")
    bank_loan_yuan: Money | None = Field(None, title="银行贷款（元）")
    other_funds_yuan: Money | None = Field(None, title="其他资金（元）")
    loan_bank: Text | None = Field(None, title="贷款银行")
    support_mode: SupportMode | None = Field(None, title="拟申请支持方式")
    industries: tuple[Industry, ...] = Field((), title="拟引入产业")
    key_tenants: tuple[Text, ...] = Field((), title="拟引入重大项目或重点企业", max_length=50)
    starts_on: PlannedDay | None = Field(None, title="开工（计划开工）日期")
    completes_on: PlannedDay | None = Field(None, title="完工（计划完工）日期")
    construction_status: ConstructionStatus | None = Field(None, title="建设状态")
    permits: tuple[Permit, ...] = Field((), title="已取得手续")
    maturity: Maturity = Field(title="成熟度")
    planning_conforms: bool | None = Field(None, title="符合首都功能定位和规划")
    title_clear: bool | None = Field(None, title="产权清晰")
    industry_positioning: bool | None = Field(None, title="有明确产业定位")
    admission_standard: bool | None = Field(None, title="有准入标准")
    operating_mechanism: bool | None = Field(None, title="建立运营管理机制")
    green_retrofit_simultaneous: bool | None = Field(None, title="同步实施节能绿色化改造")
    renewable_feasible: bool | None = Field(None, title="具备可再生能源利用条件")
    renewable_planned: bool | None = Field(None, title="增设可再生能源利用设施")
    green_materials: bool | None = Field(None, title="使用绿色建材")
    surroundings_coordinated: bool | None = Field(None, title="与周边环境协同")
    pv_roof_share: Ratio | None = Field(None, title="光伏占屋面水平投影比例", description="0 至 1")
    energy_saving_ratio: Ratio | None = Field(None, title="综合节能率", description="0 至 1")
    other_municipal_funds: bool | None = Field(None, title="是否获得过其他市级财政性资金")
    single_entity: bool | None = Field(None, title="由单一实施主体开展")
    contiguous: bool | None = Field(None, title="片区连片")
    priority: int | None = Field(None, title="优先级", description="1 最高", ge=1, le=5)
    entered_on: DoneDay = Field(title="入库日期")
    left_on: DoneDay | None = Field(None, title="出库日期")
    leave_reason: Text | None = Field(None, title="出库原因")
    signed_off_by: Text | None = Field(None, title="区审定单位")
    signed_off_on: DoneDay | None = Field(None, title="区审定日期")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Raise ValueError for components of resources that the project does not name, and for contradictory dates."""
        strangers = {part.resource_external_id for part in self.components} - {None, *self.resource_external_ids}
        if strangers:
            raise ValueError(f"项目组成引用了未关联的资源：{'、'.join(sorted(map(str, strangers)))}")
        if sum(part.fixed_investment_yuan for part in self.components) >= 10**15:
            raise ValueError("项目固定资产投资合计最多 15 位整数")
        if self.left_on and not self.leave_reason:
            raise ValueError("出库须写明原因")
        if self.left_on and self.left_on < self.entered_on:
            raise ValueError("出库日期不得早于入库日期")
        if self.starts_on and self.completes_on and self.completes_on < self.starts_on:
            raise ValueError("完工日期不得早于开工日期")
        return self
