"""Request and response models of ledger and library (四（一）2)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from services.intake.rules.library_status import LibraryStatus
from shared.audiences import Handler
from shared.contracts.library import DistrictCode, ExternalId
from shared.contracts.pushes import RowResult, count_by_status
from shared.days import DoneDay
from shared.money import Area
from shared.text import STORABLE, Cleaned, clean_paragraph

DistrictPath = Annotated[DistrictCode, Path(title="区代码", description="GB/T 2260 代码；北京经济技术开发区为 BDA")]
ExternalIdPath = Annotated[ExternalId, Path(title="区系统记录编号", description="字母或数字开头，最多 64 个字符")]
Total = Annotated[Decimal, PlainSerializer(lambda total: f"{total:.2f}", return_type=str)]
"""Sum of amounts in yuan or of areas in square metres; a string in JSON."""


def body_of(batch: type[BaseModel]) -> dict[str, Any]:
    """Return the request body for the API document; the endpoint reads bytes, so FastAPI cannot derive it."""
    schema = batch.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(schema, schema)}}}}


def _inlined(node: Any, whole: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(each, whole) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(whole["$defs"][node["$ref"].rpartition("/")[2]], whole)
    return {name: _inlined(each, whole) for name, each in node.items() if name != "$defs"}


class BatchResult(BaseModel):
    """Result of a batch: counts, and one result per row."""

    created: int = Field(title="新增行数")
    updated: int = Field(title="更新行数")
    unchanged: int = Field(title="无变动行数")
    refused: int = Field(title="未记录行数")
    rows: list[RowResult] = Field(title="逐行结果")

    @classmethod
    def of(cls, results: list[RowResult]) -> Self:
        """Return the result of a batch from those of its rows."""
        return cls(**count_by_status(results), rows=results)


class ResourceOut(BaseModel):
    """Current version of a resource; `row` is the complete row that the district sent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    external_id: str = Field(title="区系统记录编号")
    quarter: str = Field(title="季度", description="如 2026Q3")
    version: int = Field(title="版本号", description="从 1 起，每次变动加 1")
    name: str = Field(title="资源名称")
    kind: str = Field(title="资源类别")
    status: str = Field(title="资源状态")
    planned_type: str | None = Field(title="拟改造类型")
    gross_floor_area_m2: Area = Field(title="建筑面积", description="单位：平方米")
    simulated: bool = Field(title="模拟数据", description="含非真实字段时为 true")
    change_reason: str | None = Field(title="变动原因")
    recorded_at: datetime = Field(title="首次记录时间", description="北京时间，RFC 3339")
    changed_at: datetime = Field(title="最近变动时间", description="RFC 3339，带时区")
    changed_by: Handler = Field(title="最近变动人", description="用户标识或接口密钥")
    row: dict[str, Any] = Field(
        validation_alias="content", title="全部内容", description="区报送的整行内容，同 ResourceRow 或 LibraryRow"
    )


class EntryOut(BaseModel):
    """Current version of a library project; `row` is the complete row that the district sent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    external_id: str = Field(title="区系统记录编号")
    quarter: str = Field(title="季度", description="如 2026Q3")
    version: int = Field(title="版本号", description="从 1 起，每次变动加 1")
    name: str = Field(title="项目名称")
    project_type: str = Field(title="项目类型")
    project_code: str | None = Field(title="项目代码", description="如 2401-110105-04-01-000001")
    entity_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    support_mode: str | None = Field(title="拟申请支持方式")
    maturity: str = Field(title="成熟度")
    status: LibraryStatus = Field(
        validation_alias="library_status",
        title="在库状态",
        description=(
            "随事项进展：in_library 在库；supported 已获支持；delivered 已交付；evaluated 已评价；"
            "recovering 资金追回中；recovered 资金已追回；left 已由区出库"
        ),
    )
    fixed_investment_yuan: Total = Field(title="固定资产投资合计", description="单位：元")
    renovated_area_m2: Total = Field(title="改造面积合计", description="单位：平方米")
    simulated: bool = Field(title="模拟数据", description="含非真实字段时为 true")
    change_reason: str | None = Field(title="变动原因")
    recorded_at: datetime = Field(title="首次记录时间", description="北京时间，RFC 3339")
    changed_at: datetime = Field(title="最近变动时间", description="RFC 3339，带时区")
    changed_by: Handler = Field(title="最近变动人", description="用户标识或接口密钥")
    row: dict[str, Any] = Field(
        validation_alias="content", title="全部内容", description="区报送的整行内容，同 ResourceRow 或 LibraryRow"
    )


class LinkedResource(BaseModel):
    """Resource that a project renovates; `resource_id` is None if the ledger does not have it."""

    external_id: str = Field(title="资源台账记录编号")
    resource_id: UUID | None = Field(title="资源标识", description="台账中没有该资源时为 null")
    name: str | None = Field(title="资源名称")
    status: str | None = Field(title="资源状态")


class EntryWithResources(EntryOut):
    """Library project with the resources it renovates."""

    resources: list[LinkedResource] = Field(default_factory=list, title="关联资源")


LeaveReason = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=STORABLE), Cleaned(clean_paragraph)
]


class Leaving(BaseModel):
    """Reason and date of a removal from the library; the date defaults to today."""

    reason: LeaveReason = Field(title="出库原因", description="最多 200 字")
    left_on: DoneDay | None = Field(
        None, title="出库日期", description="日期，如 2024-06-30；留空为今日，不得早于入库日期或晚于今日"
    )
