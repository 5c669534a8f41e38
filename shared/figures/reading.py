"""Reads of the dated figures: the figures for everybody; batches, their effects and uses for officials."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import system_actor
from shared.attachments.uses import papers_of
from shared.days import FilterDay
from shared.errors import NotFound
from shared.figures.effects import affected_by, proposed
from shared.figures.shapes import (
    AffectedOut,
    BatchKey,
    BatchOut,
    FigureOut,
    Key,
    UseOut,
    VersionName,
)
from shared.runtime import Instance
from shared.series import Figure, Register, current
from shared.series.codes import KindCode, Origin, Status
from shared.storage.series_tables import series_batch, series_use
from shared.storage.session import Database
from shared.web.auth import Official
from shared.web.filters import Filter, moments, one_of, parameter
from shared.web.headers import VERSIONED
from shared.web.idempotency import ReadSession
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Listing, Page, PageRequest
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["数据登记"])
FIGURES = MemoryListing(FigureOut, "name", "valid_from", key="name", default="name")


@router.get(
    "/v1/series",
    name="list_figures",
    summary="施行数据",
    description="列出本系统所用的已确认数据：LPR、政策参数、口径、因子、产业门类、年历和通知版本；不需登录。",
)
async def list_figures(
    request: Request,
    asked: Annotated[MemoryPageRequest, Depends(FIGURES)],
    kind: Annotated[KindCode | None, Query(description="数据类别")] = None,
    key: Annotated[Key | None, Query(description="数据名")] = None,
    on: Annotated[FilterDay | None, Query(description="只列该日施行的数据")] = None,
    versions: Annotated[bool, Query(description="为 true 时列出全部版本，含已更正和撤销的")] = False,
) -> Page[FigureOut]:
    """Return the confirmed figures of this service; open to everybody."""
    instance: Instance = request.app.state.instance
    register = await register_of(instance.database)
    found = [each for each in register.versions if kind in (None, each.kind) and key in (None, each.key)]
    return asked.page([_figure_out(each, register) for each in found if _shown(each, register, on, versions)])


async def register_of(database: Database) -> Register:
    """Return the register that is confirmed now."""
    async with database.session(system_actor(database.service)) as session:
        await session.connection()
        return current()


def _shown(figure: Figure, register: Register, on: FilterDay | None, versions: bool) -> bool:
    if on is not None:
        return figure is register.in_force(figure.kind, figure.key, on)
    return versions or (figure is register.newest(figure.place) and not figure.struck)


def _figure_out(figure: Figure, register: Register) -> FigureOut:
    told: dict[str, Any] = {name: getattr(figure, name) for name in ("name", "kind", "key", "valid_from", "value")}
    newest = figure is register.newest(figure.place)
    marks = {"struck": figure.struck, "unverified": figure.unverified, "newest": newest}
    details = {name: figure.details.get(name) for name in ("source", "ref", "quote")}
    return FigureOut(**told, **marks, **details, version=figure.version, batch=figure.number)


BATCHES = Listing(
    one_of("kind", series_batch.c.kind, KindCode, "数据类别"),
    one_of("status", series_batch.c.status, Status, "状态"),
    one_of("origin", series_batch.c.origin, Origin, "登记方式"),
    sorts={"entered_at": series_batch.c.entered_at, "number": series_batch.c.number},
    key=series_batch.c.id,
    default="-entered_at",
)


@router.get(
    "/v1/series/batches",
    name="list_figure_batches",
    summary="登记批次列表",
    description="列出数据的登记批次，含待确认、退回和撤回的。",
)
async def list_figure_batches(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(BATCHES)]
) -> Page[BatchOut]:
    """Return the batches of figures of this service."""
    found = await asked.fetch(session, select(*series_batch.c))
    return found.page(await shown(session, found.rows))


@router.get(
    "/v1/series/batches/{batch_id}",
    name="get_figure_batch",
    summary="登记批次",
    description="查看一个登记批次的数据、依据文件、登记人和确认人。",
    responses=VERSIONED,
)
async def get_figure_batch(session: ReadSession, actor: Official, batch_id: BatchKey, response: Response) -> BatchOut:
    """Return a batch of figures."""
    row = await batch_of(session, batch_id)
    response.headers["etag"] = f'"{row.version}"'
    return (await shown(session, [row]))[0]


async def shown(session: AsyncSession, rows: Sequence[Row[Any]]) -> list[BatchOut]:
    """Return batches as they are answered, with the papers on which they rest."""
    papers = await papers_of(session, [row.id for row in rows])
    return [
        BatchOut.model_validate(row).model_copy(update={"attachments": [each.id for each in papers.get(row.id, [])]})
        for row in rows
    ]


async def batch_of(session: AsyncSession, batch_id: UUID, *, lock: bool = False) -> Row[Any]:
    """Return a batch, locked if asked. Raises NotFound."""
    asked = select(series_batch).where(series_batch.c.id == batch_id)
    row = (await session.execute(asked.with_for_update() if lock else asked)).one_or_none()
    if row is None:
        raise NotFound()
    return row


AFFECTED = MemoryListing(AffectedOut, "label", key="case_id", default="label")


@router.get(
    "/v1/series/batches/{batch_id}/affected",
    name="list_affected_cases",
    summary="受影响的事项",
    description="列出本系统用过该批次所变动数据的事项：确认前为结果会变的，确认后为尚未按新数据重新计算的。",
)
async def list_affected_cases(
    request: Request,
    session: ReadSession,
    actor: Official,
    batch_id: BatchKey,
    asked: Annotated[MemoryPageRequest, Depends(AFFECTED)],
) -> Page[AffectedOut]:
    """Return the cases of this service whose result differs with the batch."""
    instance: Instance = request.app.state.instance
    row = await batch_of(session, batch_id)
    return asked.page(await affected_by(session, instance.service.series, proposed(row)))


def _used() -> Filter:
    asked = parameter("figure", VersionName | None, None, "数据版本名，如 lpr/1Y/2024-07-22/1")
    return Filter(
        (asked,), lambda values: series_use.c.figures.contains([values["figure"]]) if values["figure"] else None
    )


USES = Listing(
    one_of("case_id", series_use.c.case_id, UUID, "事项标识"),
    _used(),
    moments("at", series_use.c.at, "办理时间"),
    sorts={"at": series_use.c.at},
    key=series_use.c.id,
    default="-at",
)


@router.get(
    "/v1/series/uses",
    name="list_figure_uses",
    summary="数据使用记录",
    description="列出各项办理用了哪些数据的哪个版本；可按事项查所用数据，也可按数据版本查用过它的事项。",
)
async def list_figure_uses(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(USES)]
) -> Page[UseOut]:
    """Return which figures were used by which acts."""
    return await asked.page(session, select(*series_use.c), UseOut.model_validate)
