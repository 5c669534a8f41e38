"""Parsing of pushes: valid rows, and invalid rows kept with their errors (四（一）2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError, WrapValidator
from pydantic_core import from_json

from services.intake.registers.kinds import LIBRARY, RESOURCES, Register
from shared.contracts.library import LibraryRow, ResourceRow
from shared.contracts.pushes import (
    MOST_ROWS,
    BookName,
    LibraryBatch,
    LibraryUpdate,
    Mode,
    ResourceBatch,
    ResourceUpdate,
)
from shared.web.field_messages import MOST_REPORTED, findings

Row = ResourceRow | LibraryRow
_FEW_MEMBERS = 60_000
_MOST_MEMBERS = 200
"""Members of one JSON object; the longest row has some 40."""


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """Row that violates the contract, kept with its errors so that the valid rows can be recorded."""

    external_id: str | None
    district: str | None
    errors: list[Any]


@dataclass(frozen=True, slots=True)
class Push:
    """Rows of one register sent together, by HTTP or by the topic."""

    register: Register
    rows: Sequence[Row | InvalidRow]
    mode: Mode
    reason: str | None = None

    def keys(self) -> set[tuple[str, str]]:
        """Return the keys (district, external id) of the valid rows."""
        return {(row.district, row.external_id) for row in self.rows if not isinstance(row, InvalidRow)}


def _keep_invalid(value: Any, check: Callable[[Any], Any]) -> Any:
    try:
        return check(value)
    except ValidationError as error:
        fields = value if isinstance(value, dict) else {}
        own_id, district = (
            fields[name] if isinstance(fields.get(name), str) else None for name in ("external_id", "district")
        )
        return InvalidRow(own_id and own_id[:64], district, findings(error)[:MOST_REPORTED])


_ResourcesOrInvalid = Annotated[
    list[Annotated[ResourceRow, WrapValidator(_keep_invalid)]], Field(min_length=1, max_length=MOST_ROWS)
]
_EntriesOrInvalid = Annotated[
    list[Annotated[LibraryRow, WrapValidator(_keep_invalid)]], Field(min_length=1, max_length=MOST_ROWS)
]


class _LenientResourceBatch(ResourceBatch):
    rows: _ResourcesOrInvalid


class _LenientLibraryBatch(LibraryBatch):
    rows: _EntriesOrInvalid


class _LenientResourceUpdate(ResourceUpdate):
    rows: _ResourcesOrInvalid


class _LenientLibraryUpdate(LibraryUpdate):
    rows: _EntriesOrInvalid


class _RegisterName(BaseModel):
    book: BookName


Batch = TypeVar("Batch", bound=BaseModel)


def parse_resource_batch(body: bytes, mode: Mode) -> Push:
    """Parse the body of a push to the ledger. Raises RequestValidationError."""
    _check_members(body)
    return Push(RESOURCES, _read(body, ResourceBatch, _LenientResourceBatch).rows, mode)


def parse_library_batch(body: bytes, mode: Mode) -> Push:
    """Parse the body of a push to the library. Raises RequestValidationError."""
    _check_members(body)
    batch = _read(body, LibraryBatch, _LenientLibraryBatch)
    return Push(LIBRARY, batch.rows, mode, batch.change_reason)


def parse_update(value: bytes) -> Push:
    """Parse the value of a topic record, which names its register and mode. Raises RequestValidationError."""
    _check_members(value)
    if _read(value, _RegisterName, _RegisterName).book == "resources":
        resources = _read(value, ResourceUpdate, _LenientResourceUpdate)
        return Push(RESOURCES, resources.rows, resources.mode)
    library = _read(value, LibraryUpdate, _LenientLibraryUpdate)
    return Push(LIBRARY, library.rows, library.mode, library.change_reason)


def _check_members(body: bytes) -> None:
    """Raise RequestValidationError for an object with a great many members.

    Pydantic finds the unknown ones at some 7 microseconds each in one call, during which no other thread runs: half a
    second for the most that are not looked at here, which a push of 1000 ordinary rows does not exceed.
    """
    if body.count(b":") <= _FEW_MEMBERS:
        return
    try:
        waiting = [from_json(body)]
    except ValueError:
        return  # validation says what is wrong with it
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict) and len(each) > _MOST_MEMBERS:
            told = f"有对象含 {len(each)} 个字段，最多 {_MOST_MEMBERS} 个；请对照接口文档核对结构"
            raise RequestValidationError([{"type": "too_many_members", "loc": ("body",), "msg": told, "told": True}])
        parts = each.values() if isinstance(each, dict) else each
        waiting.extend(part for part in parts if isinstance(part, (dict, list)))


def _read(body: bytes, batch: type[Batch], lenient: type[Batch]) -> Batch:
    """Validate the batch at once up to its first invalid row, and row by row only if there is one."""
    try:
        return batch.model_validate_json(body)
    except ValidationError:
        return _read_leniently(body, lenient)


def _read_leniently(body: bytes, lenient: type[Batch]) -> Batch:
    try:
        return lenient.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in findings(error)]) from error
