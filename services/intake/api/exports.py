"""CSV exports of ledger and library (四（一）2, 四（一）3)."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, select

from services.intake.api.register_filters import ENTRIES, RESOURCES
from services.intake.models.registers import LibraryEntry, Resource
from shared.actors import Actor
from shared.attachments.download import BINARY
from shared.contracts.library import LABELS, LibraryComponent, LibraryRow, ResourceRow
from shared.escaping import csv_cell
from shared.runtime import Instance
from shared.storage.file_names import disposition
from shared.web.auth import OfficialOrSystem
from shared.web.idempotency import ActRoute
from shared.web.paging import FilterSet

router = APIRouter(route_class=ActRoute, tags=["资源台账与储备库"])
_PART = 200
_IN_MEMORY, _PIECE = 2 * 1024 * 1024, 64 * 1024
Conditions = tuple[ColumnElement[bool], ...]
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": BINARY}, "description": "CSV 文件，UTF-8 编码"}}


@router.get(
    "/v1/resources.csv",
    name="export_resources",
    summary="导出资源台账",
    description=(
        "将符合条件的资源导出为 CSV（UTF-8，中文表头）。各级工作人员和区系统可导出，区级只含本区。依据方案四（一）2。"
    ),
    response_class=StreamingResponse,
    responses=_CSV,
)
async def export_resources(
    request: Request, actor: OfficialOrSystem, conditions: Annotated[Conditions, Depends(FilterSet(RESOURCES))]
) -> StreamingResponse:
    """Return every resource that passes the filters, as CSV with Chinese headings. 四（一）2"""
    query = select(Resource).where(*conditions).order_by(Resource.district, Resource.external_id)
    return await _answer(request, actor, query, ResourceRow, "resources.csv")


@router.get(
    "/v1/library-entries.csv",
    name="export_library_entries",
    summary="导出储备库",
    description=(
        "将符合条件的储备库项目导出为 CSV（UTF-8，中文表头）。各级工作人员和区系统可导出，区级只含本区。"
        "依据方案四（一）2。"
    ),
    response_class=StreamingResponse,
    responses=_CSV,
)
async def export_library_entries(
    request: Request, actor: OfficialOrSystem, conditions: Annotated[Conditions, Depends(FilterSet(ENTRIES))]
) -> StreamingResponse:
    """Return every project of the library that passes the filters, as CSV with Chinese headings. 四（一）2"""
    query = select(LibraryEntry).where(*conditions).order_by(LibraryEntry.district, LibraryEntry.external_id)
    return await _answer(request, actor, query, LibraryRow, "library-entries.csv")


async def _answer(
    request: Request, actor: Actor, query: Select[Any], model: type[BaseModel], filename: str
) -> StreamingResponse:
    spooled = await _spool(request.app.state.instance, actor, query, model)
    headers = {"content-disposition": disposition(filename)}
    return StreamingResponse(_pieces(spooled), media_type="text/csv; charset=utf-8", headers=headers)


async def _spool(instance: Instance, actor: Actor, query: Select[Any], model: type[BaseModel]) -> IO[bytes]:
    """Return the file as of one moment: a single statement is read to its end, in parts, before anything is sent.

    No session waits for the client. Memory is bounded: what is beyond `_IN_MEMORY` bytes lies in a temporary file.
    """
    spooled = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by whoever sends it
    fields = {name: field.title or name for name, field in model.model_fields.items() if name != "simulated"}
    spooled.write("\ufeff".encode() + _lines([[*fields.values(), "版本", "最近变动时间", "模拟数据", "模拟字段"]]))
    async with instance.database.session(actor) as session:
        rows = await session.stream_scalars(query.execution_options(yield_per=_PART))
        async for part in rows.partitions(_PART):
            spooled.write(_lines([_cells(row, list(fields)) for row in part]))
    spooled.seek(0)
    return spooled


async def _pieces(spooled: IO[bytes]) -> AsyncIterator[bytes]:
    """Yield the file in pieces, and remove it."""
    with spooled:
        while piece := spooled.read(_PIECE):
            yield piece


def _cells(row: Any, fields: Sequence[str]) -> list[str]:
    said = row.content
    simulated = said["simulated"]
    mark = "全部" if simulated == ["*"] else "部分" if simulated else "否"
    cells = [cell(said.get(name)) for name in fields]
    return [*cells, str(row.version), row.changed_at.isoformat(timespec="seconds"), mark, cell(simulated)]


def cell(value: Any) -> str:
    """Return a value in Chinese for officers, escaped so that a spreadsheet does not take it for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        said = ((title, value.get(name)) for name, title in _PART_TITLES.items())
        return "，".join(f"{title}：{cell(each)}" for title, each in said if each is not None)
    if isinstance(value, list):
        return csv_cell("；".join(cell(each) for each in value))
    return csv_cell(LABELS.get(value, value) if isinstance(value, str) else str(value))


_PART_TITLES = {name: field.title or name for name, field in LibraryComponent.model_fields.items()}


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
