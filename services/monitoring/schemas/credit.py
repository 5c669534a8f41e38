"""Bodies of the credit endpoints (四（一）3)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import (
    CreditGrade,
    GroundCode,
    GroundState,
    RatingState,
    RepairState,
)
from shared.audiences import TO_OFFICIALS, Handler
from shared.days import DoneDay
from shared.text import Line, Paragraph


class CreditGroundOut(BaseModel):
    """A recorded ground; it costs points while in force and takes effect only by a decision."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    code: GroundCode = Field(title="事由代码", description="G1 至 G10")
    label: str = Field(title="事由名称")
    declaration_id: UUID | None = Field(title="所涉项目", description="申报标识；不涉及项目为空")
    grave: bool = Field(title="是否严重失信事由", description="严重事由直接定为 D 级")
    detail: str = Field(title="事实")
    evidence: list[str] = Field(title="佐证材料编号")
    occurred_on: date = Field(title="发生日期", description="格式 2024-06-30")
    raised_by: Handler = Field(title="登记人账号", description="由系统登记时为系统名称")
    state: GroundState = Field(title="事由状态", description="standing 有效；withdrawn 已撤销；repaired 已修复")
    ended_on: date | None = Field(title="失效日期", description="撤销或修复的日期，格式 2024-06-30；仍有效为空")


class CreditGroundCost(BaseModel):
    """A ground in force with the points that it costs."""

    ground_id: UUID = Field(title="事由标识", description="UUID")
    code: GroundCode = Field(title="事由代码", description="G1 至 G10")
    label: str = Field(title="事由名称")
    points: int = Field(title="扣分", description="分")
    grave: bool = Field(title="是否严重失信事由", description="严重事由直接定为 D 级")
    occurred_on: date = Field(title="发生日期", description="格式 2024-06-30")
    detail: str = Field(title="事实")
    declaration_id: UUID | None = Field(title="所涉项目", description="申报标识；不涉及项目为空")


class CreditProposalOut(BaseModel):
    """The grade implied by the grounds in force, step by step."""

    model_config = ConfigDict(from_attributes=True)

    grade: CreditGrade = Field(title="拟定等级", description="A、B、C、D")
    points: int = Field(title="得分", description="分，满分 100")
    grounds: list[CreditGroundCost] = Field(title="事由清单")
    explanation: list[str] = Field(title="计算过程", description="逐步说明")


class CreditObjectionOut(BaseModel):
    """The entity's objection to a proposed grade."""

    text: str = Field(title="申辩意见")
    evidence: list[str] = Field(title="佐证材料编号")


class CreditRatingOut(BaseModel):
    """A proposed grade in procedure."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    state: RatingState = Field(title="评价状态", description="noticed 已告知；objected 已申辩；decided 已决定")
    proposal: CreditProposalOut = Field(title="拟定等级", description="告知时的等级、得分、事由和计算过程")
    reason: str = Field(title="理由")
    noticed_on: date = Field(title="告知日期", description="格式 2024-06-30")
    objection_due_on: date = Field(title="申辩期限", description="可以申辩的最后一日，格式 2024-06-30")
    objection: CreditObjectionOut | None = Field(title="申辩内容", description="申辩意见和佐证材料；未申辩为空")


class CreditDecisionOut(BaseModel):
    """A past decision, unchanged since."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    grade: CreditGrade = Field(title="决定等级", description="A、B、C、D")
    points: int = Field(title="得分", description="分，满分 100")
    computed_grade: CreditGrade = Field(title="计算等级", description="按有效事由计算的等级")
    grounds: list[CreditGroundCost] = Field(title="事由清单")
    reason: str = Field(title="理由")
    repaired: bool = Field(title="是否信用修复")
    decided_by: Handler = Field(title="决定人账号")
    decided_at: datetime = Field(title="决定时间", description="带时区，如 2024-06-30T09:00:00+08:00")


class CreditRepairOut(BaseModel):
    """A request for repair."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    ground_ids: list[UUID] = Field(title="事由标识清单")
    text: str = Field(title="整改情况")
    evidence: list[str] = Field(title="佐证材料编号")
    state: RepairState = Field(title="申请状态", description="requested 待决定；accepted 同意修复；rejected 不同意修复")
    requested_on: date = Field(title="申请日期", description="格式 2024-06-30")
    decision_reason: str | None = Field(title="决定理由", description="未决定为空")


class CreditOut(BaseModel):
    """An entity's credit: current grade and measures, proposed grade, history."""

    entity_id: UUID = Field(title="单位标识", description="由统一社会信用代码生成的 UUID")
    uscc: str = Field(title="统一社会信用代码", description="18 位")
    name: str = Field(title="单位名称")
    grade: CreditGrade | None = Field(title="现行等级", description="A、B、C、D；未评定为空")
    points: int | None = Field(title="得分", description="分，满分 100")
    rated_on: date | None = Field(title="评定日期", description="格式 2024-06-30；未评定为空")
    effects: list[str] = Field(title="等级措施", description="由经办人员逐项落实")
    proposal: Annotated[CreditProposalOut | None, TO_OFFICIALS] = Field(
        title="拟定等级", description="按现有事由计算；仅工作人员可见，单位见告知书即 rating"
    )
    grounds: list[CreditGroundOut] = Field(title="事由清单")
    rating: CreditRatingOut | None = Field(title="进行中的信用评价", description="没有时为空")
    decisions: list[CreditDecisionOut] = Field(title="历次决定")
    repairs: list[CreditRepairOut] = Field(title="修复申请")


class CreditGroundIn(BaseModel):
    """A ground recorded by an officer."""

    model_config = ConfigDict(extra="forbid")

    code: GroundCode = Field(title="事由代码", description="G1 至 G10")
    declaration_id: UUID | None = Field(None, title="所涉项目")
    detail: Paragraph = Field(title="事实")
    evidence: Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(title="佐证材料编号")
    occurred_on: DoneDay = Field(title="发生日期", description="格式 2024-06-30；不得晚于今日")


class RatingNoticeIn(BaseModel):
    """Notice of a proposed grade."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


class RatingObjectionIn(BaseModel):
    """The entity's objection to a proposed grade."""

    model_config = ConfigDict(extra="forbid")

    text: Paragraph = Field(title="申辩意见")
    evidence: Annotated[list[Line], Field(max_length=20)] = Field([], title="佐证材料编号")


class RatingDecisionIn(RatingNoticeIn):
    """The decided grade and the grounds withdrawn after the objection."""

    grade: CreditGrade = Field(title="决定等级", description="A、B、C、D")
    withdrawn_grounds: Annotated[list[UUID], Field(max_length=200)] = Field([], title="不予认定的事由")


class CreditEffectOut(BaseModel):
    """The measures that a grade calls for."""

    grade: CreditGrade = Field(description="信用等级", title="信用等级")
    measures: list[str] = Field(description="相应的监管和拨付措施", title="措施")


class CreditRepairIn(BaseModel):
    """A request for repair: rectified grounds, rectification, evidence."""

    model_config = ConfigDict(extra="forbid")

    ground_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)] = Field(
        title="申请修复的事由", description="信用档案中状态为 standing 的事由标识"
    )
    text: Paragraph = Field(title="整改情况")
    evidence: Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(title="佐证材料编号")


class CreditRepairDecisionIn(BaseModel):
    """Decision on a repair request."""

    model_config = ConfigDict(extra="forbid")

    accepted: bool = Field(title="同意修复")
    reason: Paragraph = Field(title="理由")
