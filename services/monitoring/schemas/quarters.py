"""Bodies of the quarterly report endpoints (四（一）2)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import (
    QuarterState,
    RemarkSeverity,
)
from services.monitoring.rules.quarters import QuarterReport
from shared.audiences import Handler
from shared.text import AsStored, Line


class RemarkOut(BaseModel):
    """One error or warning of a report."""

    severity: RemarkSeverity = Field(title="级别", description="error 错误；warning 提示")
    pointer: str = Field(title="所在字段", description="季报内容中的 JSON 指针")
    code: str = Field(title="校验代码")
    detail: str = Field(title="说明")


class QuarterOut(BaseModel):
    """A project's quarter and its state."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    district: str = Field(title="所属区", description="区代码，如 110105；市级记录为 110000")
    quarter: str = Field(title="季度", description="如 2024Q1")
    due_on: date = Field(title="报送期限", description="最后一日，格式 2024-06-30")
    calendar_known: bool = Field(title="节假日已公布", description="为否时期限未考虑尚未公布的节假日安排")
    state: QuarterState = Field(
        title="季报状态", description="open 待填报；submitted 已报送；returned 已退回；confirmed 已确认"
    )
    round: int = Field(title="报送次数")
    late: bool = Field(title="是否迟报")
    overdue_since: date | None = Field(title="逾期起始日", description="格式 2024-06-30；未逾期为空")
    submitted_at: datetime | None = Field(title="报送时间", description="带时区，如 2024-04-10T09:00:00+08:00")
    confirmed_at: datetime | None = Field(title="确认时间", description="带时区；未确认为空")
    return_reasons: list[str] = Field(title="退回原因")
    correct_by: date | None = Field(title="补正期限", description="格式 2024-06-30；未退回为空")
    warnings: list[RemarkOut] = Field(title="提示", description="随季报保存，不影响报送")
    version: int = Field(title="版本号", description="写入时以 ETag 形式放入 If-Match")


class QuarterDetailOut(QuarterOut):
    """A quarter with its report."""

    report: Annotated[QuarterReport, AsStored()] | None = Field(title="季报内容")


class QuarterDraftOut(QuarterDetailOut):
    """A stored draft with the errors and warnings of its submission."""

    remarks: list[RemarkOut] = Field(title="校验结果", description="错误须改正后才能报送，提示可随报")


class QuarterSubmissionOut(BaseModel):
    """A submitted report."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    quarter: str = Field(title="季度", description="如 2024Q1")
    round: int = Field(title="第几次", description="从 1 起")
    late: bool = Field(title="是否迟报")
    report: Annotated[QuarterReport, AsStored()] = Field(title="季报内容")
    warnings: list[RemarkOut] = Field(title="提示", description="随季报保存，不影响报送")
    submitted_by: Handler = Field(title="报送人账号")
    submitted_at: datetime = Field(title="报送时间", description="带时区，如 2024-04-10T09:00:00+08:00")


class QuarterReturnIn(BaseModel):
    """Reasons for returning a report."""

    model_config = ConfigDict(extra="forbid")

    reasons: Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(title="退回原因")
