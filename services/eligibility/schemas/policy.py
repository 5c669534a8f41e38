"""Bodies of the policy endpoints (二)."""

from datetime import date

from pydantic import BaseModel, Field


class RuleOut(BaseModel):
    """One condition of an edition."""

    rule: str = Field(title="规则编号")
    clause: str = Field(title="条款", description="如 二（一）1")
    label: str = Field(title="条件")
    strength: str = Field(title="约束程度", description="must 必须满足；principle 原则上须满足；encouraged 鼓励")
    phase: str = Field(title="适用环节")
    quote: str = Field(title="通知原文")


class EditionOut(BaseModel):
    """One edition of the notice, its period in force and its conditions."""

    id: str = Field(title="版本代码", description="如 2023")
    doc_no: str = Field(title="文号")
    title: str = Field(title="通知名称")
    in_force_from: date = Field(title="施行日期", description="格式 2024-06-30")
    in_force_to: date | None = Field(title="失效日期", description="最后有效的一日，格式 2024-06-30；仍有效为空")
    assumed: str = Field(title="效力说明", description="起止日期中属于推定的部分")
    rules: list[RuleOut] = Field(title="审查条件")
