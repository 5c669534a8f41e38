"""HTTP of the resource ledger and the reserve library: rows come in by the thousand (四（一）2)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.api.library_shapes import (
    BatchResult,
    LibraryBatch,
    Misfit,
    ResourceBatch,
    RowResult,
    SiftedEntries,
    SiftedResources,
    body_of,
    misfit_result,
    read_batch,
    row_result,
)
from services.intake.books import LIBRARY, RESOURCES, Book
from services.intake.recording import Sent, record_rows
from shared.auth import DistrictPush
from shared.contracts.library import LibraryRow, ResourceRow
from shared.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["资源台账与储备库"])
Mode = Annotated[
    Literal["atomic", "partial"], Query(description="atomic：全部成功或全部拒绝；partial：逐行处理，总是返回 207")
]
_PARTIAL: dict[int | str, dict[str, Any]] = {207: {"model": BatchResult, "description": "逐行结果"}}


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


@router.post(
    "/v1/resources:batchUpsert",
    name="push_resources",
    response_model=BatchResult,
    responses=_PARTIAL,
    openapi_extra=body_of(ResourceBatch),
)
async def push_resources(session: Session, actor: DistrictPush, body: Body, mode: Mode = "atomic") -> Response:
    """Bring rows of the resource ledger up to date, at most 1000; a row sent again changes nothing. 四（一）2"""
    batch = read_batch(body, ResourceBatch, SiftedResources)
    return await _push(session, RESOURCES, batch.rows, None, mode)


@router.post(
    "/v1/library-entries:batchUpsert",
    name="push_library_entries",
    response_model=BatchResult,
    responses=_PARTIAL,
    openapi_extra=body_of(LibraryBatch),
)
async def push_library_entries(session: Session, actor: DistrictPush, body: Body, mode: Mode = "atomic") -> Response:
    """Bring rows of the reserve library up to date, at most 1000; a row sent again changes nothing. 四（一）2"""
    batch = read_batch(body, LibraryBatch, SiftedEntries)
    return await _push(session, LIBRARY, batch.rows, batch.change_reason, mode)


async def _push(
    session: AsyncSession, book: Book, rows: Sequence[ResourceRow | LibraryRow | Misfit], reason: str | None, mode: str
) -> Response:
    sent = [
        Sent(index, row, row.change_reason if isinstance(row, ResourceRow) else reason)
        for index, row in enumerate(rows)
        if not isinstance(row, Misfit)
    ]
    outcomes = await record_rows(session, book, sent)
    results = [misfit_result(index, row) for index, row in enumerate(rows) if isinstance(row, Misfit)]
    results += [
        row_result(each.index, each.row.external_id, outcome) for each, outcome in zip(sent, outcomes, strict=True)
    ]
    results.sort(key=lambda result: result.index)
    if mode == "atomic":
        _refuse_all(results)
    return Response(
        _counted(results).model_dump_json(), 207 if mode == "partial" else 200, media_type="application/json"
    )


def _refuse_all(results: Sequence[RowResult]) -> None:
    """Refuse the whole batch, naming every row and field at fault, if any is."""
    faults = [error for result in results if result.problem for error in result.problem.errors]
    if faults:
        raise RequestValidationError(
            [{"loc": tuple(each.pointer.split("/")[1:]), "type": each.code, "msg": each.detail} for each in faults]
        )


def _counted(results: list[RowResult]) -> BatchResult:
    statuses = [result.status for result in results]
    return BatchResult(
        created=statuses.count("created"),
        updated=statuses.count("updated"),
        unchanged=statuses.count("unchanged"),
        refused=statuses.count("refused"),
        rows=results,
    )
