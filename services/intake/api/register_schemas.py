"""What requests about the ledger and the library carry and what answers look like (四（一）2)."""

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
"""A sum of amounts in yuan or of areas in square metres; a string in JSON."""


def body_of(batch: type[BaseModel]) -> dict[str, Any]:
    """The request body for the API document: the body is read as bytes, so FastAPI does not see its shape."""
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
    """What became of a batch."""

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[RowResult]

    @classmethod
    def of(cls, results: list[RowResult]) -> Self:
        return cls(**counted(results), rows=results)


class ResourceOut(BaseModel):
    """A resource as it stands; `row` is all that the district said."""

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
    """A project of the reserve library as it stands; `row` is all that the district said."""

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
    """A resource that a project renovates; `resource_id` is None while the ledger does not have it."""

    external_id: str
    resource_id: UUID | None
    name: str | None
    status: str | None


class EntryWithResources(EntryOut):
    resources: list[LinkedResource] = Field(default_factory=list)


class Leaving(BaseModel):
    """Why and when a project leaves the library; today unless a day is given."""

    reason: Paragraph = Field(title="出库原因", max_length=200)
    left_on: date | None = Field(None, title="出库日期")
