"""Bodies of the district standard endpoints (四（一）2, 四（二）3)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from services.eligibility.rules.code_lists import StandardDecisionCode
from shared.audiences import Handler, Internal
from shared.contracts.library import DistrictCode
from shared.days import EffectiveDay
from shared.money import Quantity
from shared.policy.overlays import Effect
from shared.policy.parameters import district_keys
from shared.text import Line, Paragraph


def _allowed(key: str) -> str:
    if key not in district_keys():
        raise ValueError(f"区级不能设定该参数，可设定：{'、'.join(sorted(district_keys()))}")
    return key


Parameter = Annotated[
    str, AfterValidator(_allowed), WithJsonSchema({"type": "string", "enum": sorted(district_keys())})
]


class DistrictStandardIn(BaseModel):
    """A parameter that a district sets from a date on."""

    model_config = ConfigDict(extra="forbid")

    district: DistrictCode = Field(title="所属区", description="区代码，如 110105")
    parameter: Parameter = Field(title="参数")
    value: Quantity = Field(title="数值", description="比例填 0 至 1 的小数")
    valid_from: EffectiveDay = Field(
        title="施行日期",
        description="格式 2024-06-30",
    )
    document_no: Line = Field(title="文件名称或文号")
    reason: Paragraph = Field(title="说明")


class StandardDecisionIn(BaseModel):
    """The city's decision on a standard that is looser than its own number."""

    model_config = ConfigDict(extra="forbid")

    confirmed: bool = Field(title="是否确认", description="false 为不予确认；原已确认的即予取消")
    reason: Paragraph = Field(title="理由")


class StandardWithdrawalIn(BaseModel):
    """Reason for which a district takes back a standard."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


class StandardDecisionOut(BaseModel):
    """A decision on a standard."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(title="序号", description="从 1 起，以最后一次为准")
    decision: StandardDecisionCode = Field(title="决定")
    reason: Internal = Field(title="理由")
    decided_by: Handler = Field(title="决定人账号")
    decided_by_name: Handler = Field(title="决定人姓名")
    decided_at: datetime = Field(title="决定时间", description="带时区")


class DistrictStandardOut(BaseModel):
    """A stored district standard."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    number: int = Field(title="序号", description="本区内从 1 起")
    district: str = Field(title="所属区", description="区代码，如 110105")
    parameter: str = Field(title="参数")
    label: str = Field(title="参数名称")
    unit: str = Field(title="单位", description="% 表示比例")
    value: Quantity = Field(title="数值", description="比例为 0 至 1 的小数")
    valid_from: date = Field(title="施行日期", description="格式 2024-06-30")
    document_no: str = Field(title="文件名称或文号")
    city_value: Quantity | None = Field(title="市级数值", description="同一日期的市级数值；市级未定为空")
    effect: Effect = Field(title="是否适用", description="今日（未施行的，施行日）与市级数值相比")
    effect_label: str = Field(title="是否适用名称")
    effect_reason: str = Field(title="适用哪一数值及理由")
    decisions: list[StandardDecisionOut] = Field(title="市级确认和区级撤回的记录")
    set_by: Handler = Field(title="发布人账号")
    set_by_name: Handler = Field(title="发布人姓名")
    set_at: datetime = Field(title="发布时间", description="带时区")
