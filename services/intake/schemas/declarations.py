"""Request and response models of declarations."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.intake.rules.stages import REFUSED_BY, StageCode
from shared.contracts.facts import ProjectFacts
from shared.contracts.library import DistrictCode, OperationMode
from shared.dates import beijing_day
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money, Ratio
from shared.policy.remedies import Remedy, remedy
from shared.text import AsStored, Line

_BY_PROCEDURE = ("declared_on", "accepted_on", "in_reserve_library", "district")
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _stated(facts: ProjectFacts) -> ProjectFacts:
    known = [name for name in _BY_PROCEDURE if getattr(facts, name) is not None]
    if known:
        raise ValueError(f"{'、'.join(known)} 由系统按办理情况填写，请从 facts 中删去")
    return facts


StatedFacts = Annotated[ProjectFacts, AfterValidator(_stated)]
LoanMonths = Annotated[int, Field(ge=1, le=600)]
Simulated = Annotated[list[Line], Field(max_length=500)]


class DeclarationDraft(BaseModel):
    """New draft. Facts may be partial; money and areas are decimal strings."""

    model_config = ConfigDict(extra="forbid")

    project_name: Line = Field(title="项目名称", description="最多 200 字")
    project_code: ProjectCode | None = Field(None, title="项目代码", description="如 2401-110105-04-01-000001")
    address: Line | None = Field(None, title="项目地址", description="详细地址，最多 200 字")
    applicant_name: Line = Field(title="项目单位", description="单位全称，最多 200 字")
    applicant_uscc: Uscc = Field(title="项目单位统一社会信用代码", description="18 位，须为本单位")
    district: DistrictCode = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    library_entry_id: UUID | None = Field(
        None, title="储备库项目标识", description="UUID，须为本单位在所在区储备库中的项目"
    )
    operation_mode: OperationMode | None = Field(None, title="实施方式", description="own 自主；joint 联营；lease 租赁")
    loan_bank: Line | None = Field(None, title="贷款银行", description="申请贷款贴息时必填")
    loan_amount_yuan: Money | None = Field(None, title="贷款金额", description="单位：元，两位小数的字符串")
    loan_term_months: LoanMonths | None = Field(None, title="贷款期限", description="单位：月，1 至 600")
    loan_annual_rate: Ratio | None = Field(None, title="贷款年利率", description="小数，如 0.0345 表示 3.45%")
    facts: StatedFacts = Field(
        default_factory=ProjectFacts, title="申报内容", description="可只填部分；金额和面积为字符串"
    )
    simulated: Simulated = Field(default_factory=list, title="模拟字段", description="示例数据中非真实的字段名")


def _without_defaults(schema: dict[str, Any]) -> None:
    """Drop the defaults from a schema whose absent fields keep what is recorded."""
    for field in schema["properties"].values():
        field.pop("default", None)


class DeclarationEdit(BaseModel):
    """JSON Merge Patch: an absent field keeps, null clears. `facts` is merged by fact, `components` as a whole."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_without_defaults)

    project_name: Line = Field("", title="项目名称", description="最多 200 字")
    project_code: ProjectCode | None = Field(None, title="项目代码", description="如 2401-110105-04-01-000001")
    address: Line | None = Field(None, title="项目地址", description="详细地址，最多 200 字")
    applicant_name: Line = Field("", title="项目单位", description="单位全称，最多 200 字")
    library_entry_id: UUID | None = Field(
        None, title="储备库项目标识", description="UUID，须为本单位在所在区储备库中的项目"
    )
    operation_mode: OperationMode | None = Field(None, title="实施方式", description="own 自主；joint 联营；lease 租赁")
    loan_bank: Line | None = Field(None, title="贷款银行", description="申请贷款贴息时必填")
    loan_amount_yuan: Money | None = Field(None, title="贷款金额", description="单位：元，两位小数的字符串")
    loan_term_months: LoanMonths | None = Field(None, title="贷款期限", description="单位：月，1 至 600")
    loan_annual_rate: Ratio | None = Field(None, title="贷款年利率", description="小数，如 0.0345 表示 3.45%")
    facts: StatedFacts = Field(
        default_factory=ProjectFacts, title="申报内容", description="可只填部分；金额和面积为字符串"
    )
    simulated: Simulated = Field(default_factory=list, title="模拟字段", description="示例数据中非真实的字段名")

    def fields(self) -> dict[str, Any]:
        """Return the fields besides facts that the patch names."""
        return self.model_dump(exclude_unset=True, exclude={"facts", "simulated"})

    def facts_patch(self) -> dict[str, Any]:
        """Return the facts that the patch names, including nulls."""
        named = self.facts.model_dump(mode="json", exclude_unset=True)
        if "components" in named:
            named["components"] = stored_facts(self.facts).get("components", [])
        return named


class DeclarationOut(BaseModel):
    """Current version of a declaration."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    version: int = Field(title="版本号", description="从 1 起，每次变动加 1")
    declaration_no: str = Field(title="申报编号", description="如 SB-110105-2024-0001")
    stage: StageCode = Field(title="阶段")
    stage_label: str = Field(title="阶段名称")
    round: int = Field(title="提交轮次", description="第一次提交为 1，草稿为 0")
    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    applicant_name: str = Field(title="项目单位")
    project_name: str = Field(title="项目名称")
    project_code: str | None = Field(title="项目代码", description="如 2401-110105-04-01-000001")
    project_type: str | None = Field(title="项目类型")
    address: str | None = Field(title="项目地址")
    library_entry_id: UUID | None = Field(title="储备库项目标识", description="UUID")
    operation_mode: str | None = Field(title="实施方式")
    loan_bank: str | None = Field(title="贷款银行")
    loan_amount_yuan: Money | None = Field(title="贷款金额", description="单位：元，两位小数的字符串")
    loan_term_months: int | None = Field(title="贷款期限", description="单位：月")
    loan_annual_rate: Ratio | None = Field(title="贷款年利率", description="小数，如 0.0345 表示 3.45%")
    facts: Annotated[ProjectFacts, AsStored()] = Field(title="申报内容")
    simulated: list[str] = Field(title="模拟字段")
    undertaking_version: str | None = Field(title="承诺书版次")
    undertaken_at: datetime | None = Field(title="承诺时间", description="RFC 3339，带时区")
    submitted_on: date | None = Field(title="提交日期", description="日期，如 2024-06-30")
    accepted_on: date | None = Field(title="首次受理日期", description="日期，如 2024-06-30")
    forwarded_on: date | None = Field(title="上报日期", description="日期，如 2024-06-30")
    received_on: date | None = Field(title="市级接收日期", description="日期，如 2024-06-30")
    due_on: date | None = Field(title="办理期限", description="日期，如 2024-06-30")
    funds_held: bool = Field(title="拨付是否暂停")
    created_at: datetime = Field(title="创建时间", description="RFC 3339，带时区")
    updated_at: datetime = Field(title="最近更新时间", description="RFC 3339，带时区")
    remedy: Remedy | None = Field(None, title="救济途径", description="不予上报、不通过或未获批复时列示；其他为空")

    def model_post_init(self, context: Any) -> None:
        if self.stage in REFUSED_BY:
            self.remedy = remedy(REFUSED_BY[self.stage], beijing_day(self.updated_at))


def stored_facts(facts: ProjectFacts) -> dict[str, Any]:
    """Return the facts as stored, without unknown ones."""
    return {name: value for name, value in facts.model_dump(mode="json", exclude_none=True).items() if value != []}
