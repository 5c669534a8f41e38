"""Updates of ledger and library that a district's system sends, and their results (四（一）2).

Batches are the bodies of `:batchUpsert`; updates are the values of the topic's records. Both return the same results
per row.
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
"""CloudEvents type of an update in the topic."""
MOST_ROWS: Final = 1000

Mode = Literal["atomic", "partial"]
BookName = Literal["resources", "library_entries"]
RowStatus = Literal["created", "updated", "unchanged", "refused"]


class ResourceBatch(BaseModel):
    """Rows of the resource ledger; a row that changes a recorded one gives its `change_reason`."""

    model_config = ConfigDict(extra="forbid")

    rows: list[ResourceRow] = Field(title="资源台账记录", min_length=1, max_length=MOST_ROWS, fail_fast=True)


class LibraryBatch(BaseModel):
    """Rows of the reserve library, with the reason for rows that change a recorded one."""

    model_config = ConfigDict(extra="forbid")

    change_reason: Paragraph | None = Field(None, title="变动原因")
    rows: list[LibraryRow] = Field(title="储备库记录", min_length=1, max_length=MOST_ROWS, fail_fast=True)


class ResourceUpdate(ResourceBatch):
    """An update of the resource ledger: the value of a record of the topic."""

    book: Literal["resources"]
    mode: Mode = "atomic"


class LibraryUpdate(LibraryBatch):
    """An update of the reserve library: the value of a record of the topic."""

    book: Literal["library_entries"]
    mode: Mode = "atomic"


def signed_content(request_id: str, time: str, value: bytes) -> bytes:
    """Return the bytes that an update's signature covers: type, id and time, one per line, then the value."""
    return f"{REQUESTED}\n{request_id}\n{time}\n".encode() + value


class RowProblem(BaseModel):
    """Reason why a row or a whole update was refused."""

    status: int = Field(title="HTTP 状态码")
    code: str = Field(title="错误代码")
    detail: str = Field(title="具体情况和处理办法")
    errors: list[FieldProblem] = Field(title="有误的各项")


class RowResult(BaseModel):
    """Result of a row."""

    index: int = Field(title="行号，从 0 起")
    external_id: str | None = Field(title="区内编号")
    status: RowStatus = Field(title="处理结果")
    id: UUID | None = Field(None, title="记录标识")
    version: int | None = Field(None, title="版本号")
    problem: RowProblem | None = Field(None, title="未采用的原因")


def count_by_status(results: Collection[RowResult]) -> dict[str, int]:
    """Return the number of rows by status."""
    statuses = [result.status for result in results]
    return {status: statuses.count(status) for status in get_args(RowStatus)}
