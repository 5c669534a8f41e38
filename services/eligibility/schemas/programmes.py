"""Bodies of the programmes of districts (四（二）2, 四（二）3)."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.eligibility.rules.code_lists import ProgrammeStatus, ProgrammeSupport
from shared.audiences import Handler, Internal
from shared.contracts.library import DistrictCode, ProjectType
from shared.days import DoneDay, EffectiveDay
from shared.text import Line, Paragraph

EARLIEST, LATEST = date(2021, 1, 1), date(2100, 12, 31)
_DAY = "格式 2024-06-30"


class ProgrammeIn(BaseModel):
    """A programme of a district, or the correction of a confirmed one."""

    model_config = ConfigDict(extra="forbid")

    district: DistrictCode = Field(title="所属区", description="区代码，如 110105")
    name: Line = Field(title="政策名称")
    support_kind: ProgrammeSupport = Field(title="支持方式")
    support: Paragraph = Field(title="支持内容", description="如补助比例、上限、租金补贴标准")
    scope: Paragraph = Field(title="适用范围和条件")
    project_types: list[ProjectType] = Field(
        default_factory=list, title="适用项目类型", description="空为全部", max_length=3
    )
    document_no: Line = Field(title="文件名称或文号")
    documented_on: DoneDay = Field(title="文件日期", ge=EARLIEST, le=LATEST, description=_DAY)
    valid_from: EffectiveDay = Field(title="施行日期", ge=EARLIEST, le=LATEST, description=_DAY)
    valid_to: EffectiveDay | None = Field(
        None, title="截止日期", ge=EARLIEST, le=LATEST, description=f"含当日；{_DAY}；未定为空"
    )
    replaces: UUID | None = Field(
        None, title="更正的政策标识", description="更正已确认的一项时填写；确认后原项不再列示"
    )
    reason: Line = Field(title="登记理由")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("截止日期不得早于施行日期")
        return self


class ProgrammeReason(BaseModel):
    """Reason of a return or withdrawal."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


class ProgrammeEndIn(BaseModel):
    """Last day of a programme that its district ends."""

    model_config = ConfigDict(extra="forbid")

    ends_on: EffectiveDay = Field(title="截止日期", ge=EARLIEST, le=LATEST, description=f"含当日；{_DAY}")
    reason: Paragraph = Field(title="理由")


class ProgrammeOut(BaseModel):
    """A confirmed programme of a district, as everybody may read it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    district: str = Field(title="所属区", description="区代码，如 110105")
    name: str = Field(title="政策名称")
    support_kind: ProgrammeSupport = Field(title="支持方式")
    support: str = Field(title="支持内容")
    scope: str = Field(title="适用范围和条件")
    project_types: list[ProjectType] = Field(title="适用项目类型", description="空为全部")
    document_no: str = Field(title="文件名称或文号")
    documented_on: date = Field(title="文件日期")
    valid_from: date = Field(title="施行日期")
    valid_to: date | None = Field(title="截止日期", description="含当日；未定为空")


class ProgrammeEntryOut(ProgrammeOut):
    """A programme with its entry, decision and end, as officials read it."""

    replaces: UUID | None = Field(title="更正的政策标识", description="不是更正的为空")
    status: ProgrammeStatus = Field(title="状态")
    status_label: str = Field(title="状态名称")
    reason: Internal = Field(title="登记理由")
    entered_by: Handler = Field(title="登记人账号")
    entered_by_name: Handler = Field(title="登记人姓名")
    entered_at: datetime = Field(title="登记时间", description="带时区")
    decided_by: Handler = Field(title="确认、退回或撤回人账号")
    decided_by_name: Handler = Field(title="确认、退回或撤回人姓名")
    decided_at: datetime | None = Field(title="确认、退回或撤回时间", description="带时区")
    decision_reason: Internal = Field(title="退回或撤回的理由")
    ended_by: Handler = Field(title="终止人账号")
    ended_by_name: Handler = Field(title="终止人姓名")
    ended_at: datetime | None = Field(title="办理终止的时间", description="带时区")
    end_reason: Internal = Field(title="终止理由")
