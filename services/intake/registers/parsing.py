"""Reading what a district sends together: rows that fit the contract, and those that do not, kept aside (四（一）2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError, WrapValidator

from services.intake.registers.kinds import LIBRARY, RESOURCES, Book
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

Row = ResourceRow | LibraryRow


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that is not what the contract asks: kept aside so that the others can go on."""

    external_id: str | None
    district: str | None
    errors: list[Any]


@dataclass(frozen=True, slots=True)
class Push:
    """Rows of one book that were sent together, by HTTP or by the topic."""

    book: Book
    rows: Sequence[Row | Misfit]
    mode: Mode
    reason: str | None = None

    def keys(self) -> set[tuple[str, str]]:
        """What the rows are about, each by its district and external id."""
        return {(row.district, row.external_id) for row in self.rows if not isinstance(row, Misfit)}


def _keep_misfit(value: Any, check: Callable[[Any], Any]) -> Any:
    try:
        return check(value)
    except ValidationError as error:
        said = value if isinstance(value, dict) else {}
        own_id, district = (
            said[name] if isinstance(said.get(name), str) else None for name in ("external_id", "district")
        )
        return Misfit(own_id and own_id[:64], district, list(error.errors(include_input=False)))


_SiftedResources = Annotated[
    list[Annotated[ResourceRow, WrapValidator(_keep_misfit)]], Field(min_length=1, max_length=MOST_ROWS)
]
_SiftedEntries = Annotated[
    list[Annotated[LibraryRow, WrapValidator(_keep_misfit)]], Field(min_length=1, max_length=MOST_ROWS)
]


class _SiftedResourceBatch(ResourceBatch):
    rows: _SiftedResources


class _SiftedLibraryBatch(LibraryBatch):
    rows: _SiftedEntries


class _SiftedResourceUpdate(ResourceUpdate):
    rows: _SiftedResources


class _SiftedLibraryUpdate(LibraryUpdate):
    rows: _SiftedEntries


class _Named(BaseModel):
    book: BookName


Batch = TypeVar("Batch", bound=BaseModel)


def resources_push(body: bytes, mode: Mode) -> Push:
    """The body of a push to the ledger. Raises RequestValidationError."""
    return Push(RESOURCES, _read(body, ResourceBatch, _SiftedResourceBatch).rows, mode)


def library_push(body: bytes, mode: Mode) -> Push:
    """The body of a push to the library. Raises RequestValidationError."""
    batch = _read(body, LibraryBatch, _SiftedLibraryBatch)
    return Push(LIBRARY, batch.rows, mode, batch.change_reason)


def update_push(value: bytes) -> Push:
    """The value of a record in the topic, which names its book and mode itself. Raises RequestValidationError."""
    if _read(value, _Named, _Named).book == "resources":
        resources = _read(value, ResourceUpdate, _SiftedResourceUpdate)
        return Push(RESOURCES, resources.rows, resources.mode)
    library = _read(value, LibraryUpdate, _SiftedLibraryUpdate)
    return Push(LIBRARY, library.rows, library.mode, library.change_reason)


def _read(body: bytes, batch: type[Batch], sifted: type[Batch]) -> Batch:
    """The batch, checked in one go; only when something is wrong, again row by row."""
    try:
        return batch.model_validate_json(body)
    except ValidationError:
        return _sift(body, sifted)


def _sift(body: bytes, sifted: type[Batch]) -> Batch:
    try:
        return sifted.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)]
        ) from error
