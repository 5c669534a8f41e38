"""Request and response models of ledger and library (四（一）2)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from shared.contracts.library import DistrictCode, ExternalId
from shared.contracts.pushes import RowResult, counted
from shared.money import Area
from shared.text import Paragraph

DistrictPath = Annotated[DistrictCode, Path(title="区代码")]
ExternalIdPath = Annotated[ExternalId, Path(title="区系统记录编号")]
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

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[RowResult]

    @classmethod
    def of(cls, results: list[RowResult]) -> Self:
        """Return the result of a batch from those of its rows."""
        return cls(**counted(results), rows=results)


class ResourceOut(BaseModel):
    """Current version of a resource; `row` is the complete row that the district sent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    district: str
    external_id: str
    quarter: str
    version: int
    name: str
    kind: str
    status: str
    planned_type: str | None
    gross_floor_area_m2: Area
    simulated: bool
    change_reason: str | None
    recorded_at: datetime
    changed_at: datetime
    changed_by: str
    row: dict[str, Any] = Field(validation_alias="content")


class EntryOut(BaseModel):
    """Current version of a library project; `row` is the complete row that the district sent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    district: str
    external_id: str
    quarter: str
    version: int
    name: str
    project_type: str
    project_code: str | None
    entity_uscc: str
    support_mode: str | None
    maturity: str
    status: str
    fixed_investment_yuan: Total
    renovated_area_m2: Total
    simulated: bool
    change_reason: str | None
    recorded_at: datetime
    changed_at: datetime
    changed_by: str
    row: dict[str, Any] = Field(validation_alias="content")


class LinkedResource(BaseModel):
    """Resource that a project renovates; `resource_id` is None if the ledger does not have it."""

    external_id: str
    resource_id: UUID | None
    name: str | None
    status: str | None


class EntryWithResources(EntryOut):
    """Library project with the resources it renovates."""

    resources: list[LinkedResource] = Field(default_factory=list)


class Leaving(BaseModel):
    """Reason and date of a removal from the library; the date defaults to today."""

    reason: Paragraph = Field(title="出库原因", max_length=200)
    left_on: date | None = Field(
        None, title="出库日期", description="日期，如 2024-06-30；留空为今日，不得早于入库日期或晚于今日"
    )
