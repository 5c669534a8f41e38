"""Bodies of the district standard endpoints (四（一）2, 四（二）3)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from shared.audiences import Handler
from shared.contracts.library import DistrictCode
from shared.money import Quantity
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
    valid_from: date = Field(
        title="施行日期",
        ge=date(2021, 1, 1),
        le=date(2100, 12, 31),
        description=("格式 2024-06-30，2021-01-01 至 2100-12-31"),
    )
    document_no: Line = Field(title="文件名称或文号")
    reason: Paragraph = Field(title="说明")


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
    set_by: Handler = Field(title="发布人账号")
    set_by_name: Handler = Field(title="发布人姓名")
    set_at: datetime = Field(title="发布时间", description="带时区")
