"""What requests about the ledger and the library carry and what answers look like (四（一）2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import Path
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError, WrapValidator

from services.intake.recording import Outcome
from services.intake.rules.recording import Refusal
from shared.contracts.library import DistrictCode, ExternalId, LibraryRow, ResourceRow
from shared.money import Area
from shared.text import Paragraph
from shared.web import FieldProblem, field_problems

MOST_ROWS = 1000
DistrictPath = Annotated[DistrictCode, Path(title="区代码")]
ExternalIdPath = Annotated[ExternalId, Path(title="区系统记录编号")]
Total = Annotated[Decimal, PlainSerializer(lambda total: f"{total:.2f}", return_type=str)]
"""A sum of amounts in yuan or of areas in square metres; a string in JSON."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that is not what the contract asks: kept aside so that the others can go on."""

    external_id: str | None
    errors: list[Any]


def _keep_misfit(value: Any, check: Callable[[Any], Any]) -> Any:
    try:
        return check(value)
    except ValidationError as error:
        own_id = value.get("external_id") if isinstance(value, dict) else None
        return Misfit(own_id[:64] if isinstance(own_id, str) else None, list(error.errors(include_input=False)))


class ResourceBatch(BaseModel):
    """Rows of the resource ledger; each that changes a recorded one says why in its own `change_reason`."""

    model_config = ConfigDict(extra="forbid")

    rows: list[ResourceRow] = Field(title="资源台账记录", min_length=1, max_length=MOST_ROWS)


class LibraryBatch(BaseModel):
    """Rows of the reserve library, with the reason for those that change a recorded one."""

    model_config = ConfigDict(extra="forbid")

    change_reason: Paragraph | None = Field(None, title="变动原因")
    rows: list[LibraryRow] = Field(title="储备库记录", min_length=1, max_length=MOST_ROWS)


class SiftedResources(ResourceBatch):
    rows: list[Annotated[ResourceRow, WrapValidator(_keep_misfit)]] = Field(min_length=1, max_length=MOST_ROWS)


class SiftedEntries(LibraryBatch):
    rows: list[Annotated[LibraryRow, WrapValidator(_keep_misfit)]] = Field(min_length=1, max_length=MOST_ROWS)


Batch = TypeVar("Batch", ResourceBatch, LibraryBatch)


def read_batch(body: bytes, batch: type[Batch], sifted: type[Batch]) -> Batch:
    """The batch, checked in one go; only when something is wrong, again row by row. Raises RequestValidationError."""
    try:
        return batch.model_validate_json(body)
    except ValidationError:
        return _sift(body, sifted)


def _sift(body: bytes, sifted: type[Batch]) -> Batch:
    try:
        return sifted.model_validate_json(body)
    except ValidationError as error:
        raise _malformed(error) from error


def _malformed(error: ValidationError) -> RequestValidationError:
    return RequestValidationError(
        [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)]
    )


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


class RowProblem(BaseModel):
    """Why one row was refused."""

    status: int
    code: str
    detail: str
    errors: list[FieldProblem]


class RowResult(BaseModel):
    """What became of one row."""

    index: int
    external_id: str | None
    status: Literal["created", "updated", "unchanged", "refused"]
    id: UUID | None = None
    version: int | None = None
    problem: RowProblem | None = None


class BatchResult(BaseModel):
    """What became of a batch."""

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[RowResult]


def misfit_result(index: int, misfit: Misfit) -> RowResult:
    errors = [FieldProblem(**each) for each in field_problems(misfit.errors, "body", "rows", index)]
    problem = RowProblem(status=422, code="malformed", detail=errors[0].detail, errors=errors)
    return RowResult(index=index, external_id=misfit.external_id, status="refused", problem=problem)


def row_result(index: int, external_id: str, outcome: Outcome) -> RowResult:
    problem = row_problem(index, outcome.refusal) if outcome.refusal else None
    return RowResult(
        index=index,
        external_id=external_id,
        status=outcome.status,
        id=outcome.id,
        version=outcome.version,
        problem=problem,
    )


def row_problem(index: int, refusal: Refusal) -> RowProblem:
    pointer = f"/body/rows/{index}" + (f"/{refusal.field}" if refusal.field else "")
    error = FieldProblem(pointer=pointer, code=refusal.code, detail=refusal.detail)
    return RowProblem(status=refusal.status, code=refusal.code, detail=refusal.detail, errors=[error])


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
