"""What a district's system sends to bring its ledger and library up to date, and what it is answered (四（一）2).

The batches are the bodies of ``:batchUpsert``; the updates are the values of the topic's records. What became of each
row is told in one shape either way.
"""

from collections.abc import Collection
from typing import Final, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.library import LibraryRow, ResourceRow
from shared.errors import FieldProblem
from shared.text import Paragraph

TOPIC: Final = "district.library-updates"
REQUESTED: Final = "district.library_update_requested.v1"
"""The CloudEvents type of an update in the topic."""
MOST_ROWS: Final = 1000

Mode = Literal["atomic", "partial"]
BookName = Literal["resources", "library_entries"]
RowStatus = Literal["created", "updated", "unchanged", "refused"]


class ResourceBatch(BaseModel):
    """Rows of the resource ledger; each that changes a recorded one says why in its own `change_reason`."""

    model_config = ConfigDict(extra="forbid")

    rows: list[ResourceRow] = Field(title="资源台账记录", min_length=1, max_length=MOST_ROWS)


class LibraryBatch(BaseModel):
    """Rows of the reserve library, with the reason for those that change a recorded one."""

    model_config = ConfigDict(extra="forbid")

    change_reason: Paragraph | None = Field(None, title="变动原因")
    rows: list[LibraryRow] = Field(title="储备库记录", min_length=1, max_length=MOST_ROWS)


class ResourceUpdate(ResourceBatch):
    """An update of the resource ledger, as a record of the topic carries it."""

    book: Literal["resources"]
    mode: Mode = "atomic"


class LibraryUpdate(LibraryBatch):
    """An update of the reserve library, as a record of the topic carries it."""

    book: Literal["library_entries"]
    mode: Mode = "atomic"


def signed_content(request_id: str, time: str, value: bytes) -> bytes:
    """What an update's signature is over: type, id and time as in its headers, a line each, then its value."""
    return f"{REQUESTED}\n{request_id}\n{time}\n".encode() + value


class RowProblem(BaseModel):
    """Why one row was refused, or an update as a whole."""

    status: int
    code: str
    detail: str
    errors: list[FieldProblem]


class RowResult(BaseModel):
    """What became of one row."""

    index: int
    external_id: str | None
    status: RowStatus
    id: UUID | None = None
    version: int | None = None
    problem: RowProblem | None = None


def counted(results: Collection[RowResult]) -> dict[str, int]:
    """How many rows there are of each status."""
    statuses = [result.status for result in results]
    return {status: statuses.count(status) for status in get_args(RowStatus)}
