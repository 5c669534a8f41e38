"""Bodies of the online monitoring endpoints (四（一）3)."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.monitoring.rules.code_lists import (
    MeterKind,
    MeterPeriod,
    ReadingFindingState,
    ReadingStatus,
)
from shared.days import Moment
from shared.money import Quantity
from shared.text import Line


class MeterBoundsIn(BaseModel):
    """Bounds of one reading; an absent bound is not checked."""

    model_config = ConfigDict(extra="forbid")

    label: Line = Field(title="名称")
    period: MeterPeriod = Field(title="每次读数覆盖的时段")
    low: Quantity | None = Field(None, title="下限", description="与读数同一单位；留空不检查")
    high: Quantity | None = Field(None, title="上限", description="与读数同一单位；留空不检查")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("下限不得大于上限")
        return self


class MeterIn(MeterBoundsIn):
    """A meter to add."""

    meter_no: Line = Field(title="计量点编号")
    kind: MeterKind = Field(title="计量内容", description="代码表 meter_kind")


class MeterOut(BaseModel):
    """A meter and its bounds."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    district: str = Field(title="所属区", description="区代码，如 110105；市级记录为 110000")
    meter_no: str = Field(title="计量点编号", description="项目内唯一")
    label: str = Field(title="名称")
    kind: MeterKind = Field(title="计量内容", description="电、气、热、光伏发电量或形象进度，单位见代码表")
    period: MeterPeriod = Field(title="读数时段", description="hour 小时；day 日；month 月")
    low: Quantity | None = Field(title="下限", description="与读数同一单位；为空不检查")
    high: Quantity | None = Field(title="上限", description="与读数同一单位；为空不检查")
    version: int = Field(title="版本号", description="写入时以 ETag 形式放入 If-Match")


class ReadingIn(BaseModel):
    """A reading; submission is idempotent."""

    model_config = ConfigDict(extra="forbid")

    meter_id: UUID = Field(title="计量点标识")
    measured_at: Moment = Field(title="计量时刻", description="须带时区")
    value: Quantity = Field(title="读数", description="单位随计量内容，最多四位小数")


class ReadingBatchIn(BaseModel):
    """Readings of any meters visible to the sender."""

    model_config = ConfigDict(extra="forbid")

    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=1000)] = Field(
        title="读数清单", description="1 至 1000 条"
    )


class ReadingResultOut(BaseModel):
    """Outcome of one row."""

    index: int = Field(title="序号", description="从 0 起")
    status: ReadingStatus = Field(
        title="结果",
        description=(
            "recorded 已记录；unchanged 数值相同；conflict 数值不同，"
            "未改动；unknown_meter 没有该计量点；in_the_future 晚于当前时间"
        ),
    )
    out_of_range: bool = Field(title="是否超出范围")


class ReadingBatchOut(BaseModel):
    """One result per row, in the submitted order."""

    results: list[ReadingResultOut] = Field(title="逐条结果", description="与报送顺序一致")


class ReadingOut(BaseModel):
    """A stored reading."""

    model_config = ConfigDict(from_attributes=True)

    measured_at: datetime = Field(title="计量时刻", description="带时区，如 2024-06-30T08:00:00+08:00")
    value: Quantity = Field(title="读数", description="单位随计量内容，最多四位小数")
    out_of_range: bool = Field(title="是否超出范围")
    received_from: str = Field(title="报送方账号")


class ReadingFindingClosure(BaseModel):
    """Closing of a finding: by a person, or by a later reading."""

    by: str = Field(title="处理人账号", description="由系统处理时为系统名称")
    at: datetime = Field(title="处理时间", description="带时区")
    reason: str = Field(title="处理说明")


class ReadingFindingOut(BaseModel):
    """A meter out of its bounds on one day."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    meter_id: UUID = Field(title="计量点标识", description="UUID")
    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    district: str = Field(title="所属区", description="区代码，如 110105；市级记录为 110000")
    quantity: MeterKind = Field(title="计量内容", description="电、气、热、光伏发电量或形象进度")
    value: Quantity = Field(title="超限读数", description="单位随计量内容")
    threshold: str = Field(title="界限", description="被突破的上限或下限")
    measured_on: date = Field(title="计量日期", description="北京时间，格式 2024-06-30")
    state: ReadingFindingState = Field(title="处理状态", description="open 待处理；closed 已处理")
    closed: ReadingFindingClosure | None = Field(title="处理情况", description="未处理为空")


class ReadingFindingClosingIn(BaseModel):
    """Reason for closing a finding."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(title="处理情况")
