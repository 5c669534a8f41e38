"""Bodies of the site inspection endpoints (四（一）3)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import (
    InspectionState,
)
from services.monitoring.schemas.findings import FindingIn, FindingOut
from shared.audiences import TO_OFFICIALS, Handler, Internal
from shared.days import DoneDay
from shared.storage.people import Names
from shared.text import Line, Paragraph


class RiskReason(BaseModel):
    """A factor of the risk score; an inspection outside the plan has its reason as label only."""

    factor: str = Field(title="因素代码", description="计划外核查为 ordered")
    label: str = Field(title="因素或核查事由")
    amount: str | None = Field(None, title="数量", description="单位随因素；计划外核查为空")
    weight: str | None = Field(None, title="权重", description="每单位分值；计划外核查为空")
    points: str | None = Field(None, title="分值", description="分，两位小数；计划外核查为空")


class DrawnProject(BaseModel):
    """A project selected for inspection."""

    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    score: Decimal = Field(title="风险分", description="分，两位小数")
    reasons: list[RiskReason] = Field(title="风险原因")


class InspectionRiskOut(BaseModel):
    """A project's risk score with its reasons."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    score: Decimal = Field(title="风险分", description="分，两位小数")
    reasons: list[RiskReason] = Field(title="风险原因", description="逐项因素、数量、权重和分值")


class InspectionPlanIn(BaseModel):
    """Quarter and size of an inspection plan."""

    model_config = ConfigDict(extra="forbid")

    quarter: str = Field(pattern=r"^20[0-9]{2}Q[1-4]$", title="季度", description="如 2024Q1")
    size: int = Field(ge=1, le=500, title="抽取数量")


class InspectionPlanOut(BaseModel):
    """An inspection plan: selected projects with reasons, and the weights in force."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    quarter: str = Field(title="季度", description="如 2024Q1")
    size: int = Field(title="抽取数量", description="项")
    drawn: list[DrawnProject] = Field(title="抽取结果", description="按风险排列的项目、分值和原因")
    weights: dict[str, dict[str, Decimal]] = Field(
        title="风险权重", description="抽取当日各因素的权重和各信用等级的分值，以参数代码为键"
    )
    drawn_by: str = Field(title="抽取人账号")
    drawn_at: datetime = Field(title="抽取时间", description="带时区")


class InspectionOut(BaseModel):
    """A site inspection."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    plan_id: UUID | None = Field(title="核查计划标识", description="UUID；计划外核查为空")
    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    district: str = Field(title="所属区", description="区代码，如 110105；市级记录为 110000")
    risk_score: Annotated[Decimal | None, TO_OFFICIALS] = Field(title="风险分", description="分；仅工作人员可见")
    reasons: Annotated[list[RiskReason] | None, TO_OFFICIALS] = Field(
        title="风险原因", description="逐项因素、数量、权重和分值；仅工作人员可见"
    )
    state: InspectionState = Field(
        title="核查状态", description="planned 待指派；assigned 已指派；cleared 可核查；completed 已完成"
    )
    inspector: Handler = Field(title="核查人员账号", description="未指派为空")
    interest_statement: Internal = Field(title="利益关系声明", description="未声明为空")
    inspected_on: date | None = Field(title="核查日期", description="格式 2024-06-30；未完成为空")
    summary: str | None = Field(title="核查情况", description="未完成为空")
    evidence: list[str] = Field(title="佐证材料编号")


class InspectionDetailOut(InspectionOut):
    """A site inspection with its findings."""

    findings: list[FindingOut] = Field(title="发现的问题")


class InspectionOrderIn(BaseModel):
    """Reason for an inspection outside the plan."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(title="核查事由")


class InspectorAssignmentIn(BaseModel):
    """Assignment of an inspector."""

    model_config = ConfigDict(extra="forbid")

    inspector: Annotated[Line, Names("inspector")] = Field(title="核查人员账号")


class InterestDeclarationIn(BaseModel):
    """The inspector's declaration of interests in the project."""

    model_config = ConfigDict(extra="forbid")

    conflict: bool = Field(title="存在利益关系，须回避")
    statement: Line = Field(title="声明内容")


class InspectionCompletionIn(BaseModel):
    """Result of an inspection; an empty list of findings means none."""

    model_config = ConfigDict(extra="forbid")

    inspected_on: DoneDay = Field(title="核查日期", description="格式 2024-06-30；不得晚于今日")
    summary: Paragraph = Field(title="核查情况")
    evidence: Annotated[list[Line], Field(max_length=50)] = Field([], title="佐证材料编号（照片、记录）")
    findings: Annotated[list[FindingIn], Field(max_length=50)] = Field([], title="发现的问题")
