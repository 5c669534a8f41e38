"""Acts of the dated figures: preview, enter, confirm, return and withdraw a batch."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import Row, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.attachments.uses import Desk, decided, facts_of, require
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import Duplicate, Forbidden, Invalid, WrongStatus
from shared.events.series import SeriesDuty, confirm
from shared.figures.effects import affected_by, fixed_readings, proposed
from shared.figures.reading import batch_of, shown
from shared.figures.shapes import (
    BatchKey,
    BatchOut,
    BatchReason,
    FigureChangeOut,
    FiguresIn,
    PreviewOut,
    RowErrorOut,
)
from shared.runtime import Instance
from shared.series import KINDS, Register
from shared.series.checks import Context, faults_of
from shared.series.entries import Examined, RowChange, RowError, examine, gathered, read_csv
from shared.series.folding import written
from shared.storage.attachment_tables import Base
from shared.storage.audit import Case, record_act
from shared.storage.series import lock_series
from shared.storage.series_tables import series_batch
from shared.storage.session import actor_of, now, today
from shared.storage.versions import expect_tag
from shared.web.auth import CityDesk, CityOfficer
from shared.web.headers import VERSIONED, VERSIONED_CREATED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["数据登记"])
_MOST_ERRORS = 100
PAPER = "series_document"
"""Kind of the papers that batches of figures rest on."""


class BatchAct(Base):
    """The batch as an act that rests on papers."""

    __tablename__ = "series_batch"
    __table__ = series_batch


class KeptElsewhere(Invalid):
    """The kind is entered in another service."""

    code, title = "figures_kept_elsewhere", "该类数据不在本系统登记"


class FiguresMoved(WrongStatus):
    """A figure of the batch has a newer version than the one that the batch follows."""

    code, title = "figures_moved", "登记后数据已有新版本"


@router.post(
    "/v1/series/preview",
    name="preview_figures",
    summary="数据登记预览",
    description="检查拟登记的数据或 CSV 文件，逐行列出变动和问题，并列出本系统结果会变的事项；不留存。",
)
async def preview_figures(request: Request, session: ReadSession, actor: CityDesk, body: FiguresIn) -> PreviewOut:
    """Return what a batch would change; nothing is stored."""
    duty = _duty(request, body.kind)
    examined = _examined(session, body, attached=True)
    changed = [change.figure for change in examined.effective]
    affected = [] if examined.errors or not changed else await affected_by(session, duty, changed)
    errors = [RowErrorOut(row=each.row, field=each.field, detail=each.message) for each in examined.errors]
    return PreviewOut(changes=[_change_out(each) for each in examined.changes], errors=errors, affected=affected)


@router.post(
    "/v1/series/batches",
    status_code=201,
    name="enter_figures",
    summary="登记数据",
    description="市级经办登记一批数据或导入 CSV 文件，附依据文件和理由；有一行有误则全部不登记。另一人确认后施行。",
    responses=VERSIONED_CREATED,
)
async def enter_figures(
    request: Request, session: Session, actor: CityOfficer, body: FiguresIn, response: Response
) -> BatchOut:
    """Enter a batch of figures, which count once another person confirms them. Raises Invalid for wrong rows."""
    _duty(request, body.kind)
    examined = _examined(session, body, attached=bool(body.attachments))
    _expect_valid(examined)
    values = _values(session, body, examined.effective)
    await session.execute(insert(series_batch).values(values))
    papers = await require(session, body.attachments, _desk(request), PAPER, act=BatchAct(id=values["id"]))
    told = {"kind": body.kind, "figures": len(examined.effective), **facts_of(papers)}
    await record_act(
        session, "enter_figures", Case(values["id"], CITY), reason=body.reason, duty="enter_figures", **told
    )
    response.headers["location"] = f"/v1/series/batches/{values['id']}"
    response.headers["etag"] = '"1"'
    return await _shown(session, values["id"])


@router.post(
    "/v1/series/batches/{batch_id}/confirm",
    name="confirm_figures",
    summary="确认数据",
    description="由登记人以外的市级人员核对依据文件后确认，自施行日期起适用，并通知其他系统；已作决定的不变。",
    responses=VERSIONED,
)
async def confirm_figures(
    request: Request, session: Session, actor: CityDesk, batch_id: BatchKey, if_match: IfMatch = None
) -> BatchOut:
    """Let a batch count. Raises SameOfficer for its author, FiguresMoved if a figure has moved since."""
    row = await _open_batch(session, batch_id, if_match)
    await lock_series(session)
    _expect_unmoved(session, row)
    told = {"kind": row.kind, "figures": len(row.figures)}
    await record_act(session, "confirm_figures", Case(row.id, CITY), duty="confirm_figures", **told)
    instance: Instance = request.app.state.instance
    await confirm(session, instance.service.series, row)
    return await _shown(session, batch_id)


@router.post(
    "/v1/series/batches/{batch_id}/return",
    name="return_figures",
    summary="退回数据",
    description="由登记人以外的市级人员说明理由退回，登记人更正后另行登记。",
    responses=VERSIONED,
)
async def return_figures(
    session: Session, actor: CityDesk, batch_id: BatchKey, body: BatchReason, if_match: IfMatch = None
) -> BatchOut:
    """Return a batch to its author with a reason. Raises SameOfficer for its author."""
    row = await _open_batch(session, batch_id, if_match)
    await record_act(session, "return_figures", Case(row.id, CITY), reason=body.reason, duty="confirm_figures")
    return await _decided(session, row, "returned", body.reason)


@router.post(
    "/v1/series/batches/{batch_id}/withdraw",
    name="withdraw_figures",
    summary="撤回数据",
    description="登记人说明理由撤回自己登记、尚未确认的数据。",
    responses=VERSIONED,
)
async def withdraw_figures(
    session: Session, actor: CityOfficer, batch_id: BatchKey, body: BatchReason, if_match: IfMatch = None
) -> BatchOut:
    """Take back one's own batch before it is confirmed. Raises Forbidden for anyone else."""
    row = await _open_batch(session, batch_id, if_match)
    if row.entered_by != actor.subject:
        raise Forbidden("只能撤回本人登记的数据；有问题的请由其他人员退回")
    await record_act(session, "withdraw_figures", Case(row.id, CITY), reason=body.reason, duty="enter_figures")
    return await _decided(session, row, "withdrawn", body.reason)


def _duty(request: Request, kind: str) -> SeriesDuty:
    """Return the service's part in the figures. Raises KeptElsewhere for a kind that another service owns."""
    instance: Instance = request.app.state.instance
    duty = instance.service.series
    if kind not in duty.owns:
        own = "、".join(KINDS[each].label for each in duty.owns)
        raise KeptElsewhere(f"本系统登记的是：{own}；“{KINDS[kind].label}”请到其主管系统登记", field="/body/kind")
    return duty


def _examined(session: AsyncSession, body: FiguresIn, *, attached: bool) -> Examined:
    """Return what a batch would change; a preview counts as if the document's file were attached."""
    entries, faults = _entries(body)
    said = (body.document_no, body.documented_on, attached)
    context = Context(today(session), *said, fixed_readings(session))
    register: Register = session.info["figures"].register
    examined = examine(body.kind, gathered(body.kind, entries), register, context)
    return Examined(examined.changes, (*faults, *examined.errors))


def _entries(body: FiguresIn) -> tuple[list[dict[str, Any]], list[RowError]]:
    if body.figures is not None:
        return [figure.model_dump() for figure in body.figures], []
    try:
        content = body.content() or b""
    except ValueError:
        return [], [RowError(0, "file", "文件内容须以 Base64 编码")]
    return read_csv(body.kind, content)


def _expect_valid(examined: Examined) -> None:
    """Raise Invalid with the errors by row and field, or Duplicate if nothing changes."""
    if examined.errors:
        listed = [_field_problem(each) for each in examined.errors[:_MOST_ERRORS]]
        raise Invalid(
            f"有 {len(examined.errors)} 处问题，全部未登记；请改正后重新提交（POST /v1/series/preview 可先预览）",
            errors=listed,
        )
    if not examined.effective:
        raise Duplicate("与已确认的数据完全相同，无须登记", field="/body/figures")


def _field_problem(error: RowError) -> dict[str, str]:
    told = f"第 {error.row} 行：{error.message}" if error.row else error.message
    return {"pointer": f"/rows/{error.row}/{error.field}", "code": "invalid", "detail": told}


def _values(session: AsyncSession, body: FiguresIn, changes: tuple[RowChange, ...]) -> dict[str, Any]:
    actor, at = actor_of(session), now(session)
    told = body.model_dump(include={"kind", "document_title", "document_no", "documented_on", "reason"})
    return {
        **told,
        "id": uuid7(at),
        "origin": "entered" if body.figures is not None else "imported",
        "figures": [written(change.figure) for change in changes],
        "bases": [change.base for change in changes],
        "status": "proposed",
        "entered_by": actor.subject,
        "entered_by_name": actor.name,
        "entered_at": at,
    }


async def _open_batch(session: AsyncSession, batch_id: Any, if_match: str | None) -> Row[Any]:
    """Lock a batch that waits for its decision. Raises WrongStatus, PreconditionRequired or Stale."""
    row = await batch_of(session, batch_id, lock=True)
    current = {"version": row.version}
    expect_tag(session, lambda: f'"{current["version"]}"', if_match)
    if row.status != "proposed":
        raise WrongStatus("该批次已办结；数据有误的请登记更正", current=row.status)
    current["version"] += 1
    return row


def _expect_unmoved(session: AsyncSession, row: Row[Any]) -> None:
    """Raise FiguresMoved if a figure has a version that the author has not seen, or may not be entered any more."""
    register: Register = session.info["figures"].register
    for figure, base in zip(proposed(row), row.bases, strict=True):
        newest = register.newest(figure.place)
        if (newest.version if newest else 0) != base:
            raise FiguresMoved(
                f"{figure.key} {figure.valid_from} 在登记后已另有版本，请退回本批次，由登记人核对后重新登记"
            )
    context = Context(today(session), row.document_no, row.documented_on, True, fixed_readings(session))
    for figure in proposed(row):
        for _, told in faults_of(figure, register, context):
            raise FiguresMoved(f"{figure.key} {figure.valid_from}：{told}。请退回本批次，由登记人核对后重新登记")


async def _decided(session: AsyncSession, row: Row[Any], status: str, reason: str) -> BatchOut:
    actor = actor_of(session)
    values = {
        "status": status,
        "decided_by": actor.subject,
        "decided_by_name": actor.name,
        "decided_at": now(session),
        "decision_reason": reason,
        "version": row.version + 1,
    }
    await session.execute(update(series_batch).where(series_batch.c.id == row.id).values(values))
    return await _shown(session, row.id)


async def _shown(session: AsyncSession, batch_id: UUID) -> BatchOut:
    """Return the batch after an act; a decision fixes the papers on which it rests."""
    row = await batch_of(session, batch_id)
    if row.status != "proposed":
        await decided(session, BatchAct(id=batch_id))
    return (await shown(session, [row]))[0]


def _desk(request: Request) -> Desk:
    """Return the desk whose papers are the documents of figures."""
    instance: Instance = request.app.state.instance
    carriers = instance.service.papers.carriers
    return Desk(next(each.name for each in carriers if any(paper.code == PAPER for paper in each.papers)), CITY)


def _change_out(change: RowChange) -> FigureChangeOut:
    figure = change.figure
    told = {"row": change.row, "key": figure.key, "valid_from": figure.valid_from, "change": change.change}
    return FigureChangeOut(
        **told, base=change.base, before=change.before, after=None if figure.struck else figure.value
    )
