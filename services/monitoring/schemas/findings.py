"""Bodies of the inspection finding endpoints (四（一）3)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.monitoring.rules.code_lists import (
    FindingKind,
    FindingState,
)
from shared.money import Money
from shared.text import STORABLE, Cleaned, Line, Paragraph, clean_line

Clause = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=STORABLE), Cleaned(clean_line)]


class FindingIn(BaseModel):
    """A problem found. Diversion, false material and hidden municipal funds are always grave. 四（一）1, 二（五）"""

    model_config = ConfigDict(extra="forbid")

    kind: FindingKind = Field(title="问题类别", description="代码表 finding_kind")
    clause: Clause = Field(title="所涉条款", examples=["四（一）1"])
    grave: bool = Field(False, title="严重")
    amount_yuan: Money | None = Field(None, title="涉及金额（元）", description="元，两位小数；不涉及留空")
    description: Paragraph = Field(title="问题描述")
    evidence: Annotated[list[Line], Field(max_length=50)] = Field([], title="佐证材料编号")


class FindingOut(BaseModel):
    """A finding and its rectification."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    inspection_id: UUID = Field(title="核查标识", description="UUID")
    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    district: str = Field(title="所属区", description="区代码，如 110105；市级记录为 110000")
    kind: FindingKind = Field(title="问题类别", description="代码表 finding_kind")
    clause: str = Field(title="所涉条款", description="如 四（一）1")
    grave: bool = Field(title="是否严重")
    amount_yuan: Money | None = Field(title="涉及金额", description="元，两位小数；不涉及为空")
    description: str = Field(title="问题描述")
    evidence: list[str] = Field(title="佐证材料编号")
    found_on: date = Field(title="发现日期", description="格式 2024-06-30")
    state: FindingState = Field(title="问题状态", description="open 整改中；rectified 已整改，待复核；closed 已销号")
    rectify_by: date = Field(title="整改期限", description="格式 2024-06-30")
    overdue_since: date | None = Field(title="逾期起始日", description="格式 2024-06-30；未逾期为空")
    rectification: str | None = Field(title="整改情况", description="未报送为空")
    rectified_on: date | None = Field(title="整改报送日期", description="格式 2024-06-30")
    closing: str | None = Field(title="复核意见")
    closed_on: date | None = Field(title="销号日期", description="格式 2024-06-30")


class RectificationIn(BaseModel):
    """The owner's rectification."""

    model_config = ConfigDict(extra="forbid")

    text: Paragraph = Field(title="整改情况")


class RectificationReviewIn(BaseModel):
    """Review of a rectification."""

    model_config = ConfigDict(extra="forbid")

    accepted: bool = Field(title="同意销号")
    reason: Paragraph = Field(title="复核意见")
