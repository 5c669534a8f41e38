"""The event log of a service, read by cursor or as a stream; row-level security hides what the caller may not see."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, cast
from uuid import UUID

import structlog
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel, Field, WithJsonSchema
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Receive, Scope, Send

from shared import logs, metrics
from shared.actors import Actor
from shared.audiences import OFFICIALS
from shared.contracts.base import event_class, event_types
from shared.errors import Forbidden, NotFound, Unauthenticated
from shared.runtime import Instance
from shared.storage.session import actor_of, is_transient
from shared.storage.tables import event_log
from shared.web.auth import STREAM, Anyone, sign_in, ticket_of
from shared.web.idempotency import ReadSession
from shared.web.parameters import KnownParametersRoute

log = structlog.get_logger()
router = APIRouter(route_class=KnownParametersRoute, tags=["事件"])
_POLL_SECONDS = 5.0
_BATCH = 200

EventType = Annotated[str, Field(max_length=100, pattern=r"^[a-z_]+\.[a-z_]+\.v[0-9]+$")]
Types = Annotated[list[EventType], Query(alias="type", max_length=100, description="只要这些类型的事件；可重复")]
After = Annotated[int, Query(ge=0, le=2**62, description="游标：上次收到的最后一个位置")]


class CloudEvent(BaseModel):
    """An event in CloudEvents 1.0 structured form."""

    specversion: str = Field(description="CloudEvents 版本，恒为 1.0")
    id: UUID = Field(description="事件标识；同一事件重复送达时相同")
    source: str = Field(description="发布事件的服务，形如 /服务名")
    type: str = Field(description="事件类型，见 /docs/events")
    subject: UUID = Field(description="事件所涉事项的标识")
    time: datetime = Field(description="发生时间，带时区")
    datacontenttype: str = Field(description="恒为 application/json")
    dataschema: str = Field(description="data 的 JSON Schema 地址，即 /schemas/{event_type}")
    sequence: str = Field(description="该事项的第几个事件，从 1 起，不间断")
    aggregatetype: str = Field(description="所涉事项的类别")
    district: str = Field(description="所在区代码；110000 为市级")
    actor: str | None = Field(default=None, description="办理人账号；项目单位和对接系统只见自己的")
    role: str = Field(description="办理时的角色")
    data: dict[str, Any] = Field(description="事件内容，结构见 dataschema")


class EventPage(BaseModel):
    """Events after the cursor, oldest first, in CloudEvents 1.0 structured form."""

    events: list[Annotated[dict[str, Any], WithJsonSchema(CloudEvent.model_json_schema())]] = Field(
        description="事件，从旧到新，CloudEvents 1.0 结构化格式"
    )
    next_cursor: int = Field(description="下次请求的 after；没有新事件时不变")


@router.get(
    "/events",
    name="list_events",
    summary="事件",
    description="按位置读取本服务的事件，从旧到新；把 next_cursor 作为下次的 after，可一直读下去。",
)
async def list_events(
    session: ReadSession,
    actor: Anyone,
    types: Types = [],  # noqa: B006 - FastAPI copies query defaults
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="最多条数")] = _BATCH,
) -> EventPage:
    """Return the events of this service after the cursor."""
    rows = await read_feed(session, after, types, limit)
    return EventPage(
        events=[cloud_event(row, actor) for row in rows],
        next_cursor=rows[-1].position if rows else after,
    )


class EventStream(StreamingResponse):
    """A response of Server-Sent Events that logs nothing when its client leaves.

    FastAPI's own stream of a generator logs a broken pipe for every client that leaves while an event is being sent.
    """

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        clients = metrics.STREAMS.labels(scope["app"].service)
        with clients.track_inprogress():
            async with contextlib.aclosing(cast(AsyncGenerator[bytes, None], self.body_iterator)):
                await super().__call__(scope, receive, send)


@router.get(
    STREAM,
    name="stream_events",
    response_class=EventStream,
    summary="实时事件",
    description="以 Server-Sent Events 实时推送本服务的事件；断开后以 Last-Event-ID 续传，令牌到期即结束。",
)
async def stream_events(
    request: Request,
    actor: Anyone,
    types: Types = [],  # noqa: B006 - FastAPI copies query defaults
    after: After = 0,
    ticket: Annotated[
        str | None, Query(pattern="^[A-Za-z0-9_-]{1,100}$", description="凭单，代替 Authorization 请求头")
    ] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,18}$", description="上次收到的事件位置")] = None,
) -> EventStream:
    """Stream the events of this service (Server-Sent Events) after Last-Event-ID, until the token expires."""
    cursor = int(last_event_id) if last_event_id is not None else after
    headers = {"x-accel-buffering": "no"}
    return EventStream(_encoded(request, actor, types, cursor), headers=headers)


async def _encoded(request: Request, actor: Actor, types: list[str], cursor: int) -> AsyncGenerator[bytes, None]:
    """Yield pages of events as bytes, and a comment in each pause: proxies close silent connections.

    Ends when the database is away: the client connects again and resumes after the last event it got.
    """
    try:
        async for rows in _follow(request, actor, types, cursor):
            yield b"".join(_event(row, actor) for row in rows) or KEEPALIVE_COMMENT
    except Exception as error:
        if not is_transient(error):
            raise
        log.warning("event stream ended", error=logs.describe(error))


def _event(row: Row[Any], actor: Actor) -> bytes:
    data = json.dumps(cloud_event(row, actor), ensure_ascii=False)
    return format_sse_event(data_str=data, event=row.type, id=str(row.position))


async def _follow(
    request: Request, actor: Actor, types: list[str], cursor: int
) -> AsyncGenerator[Sequence[Row[Any]], None]:
    """Yield the events after the cursor page by page, and an empty page after each pause in which none came."""
    instance: Instance = request.app.state.instance

    async def next_page() -> Sequence[Row[Any]] | None:
        if not await _still_signed_in(request):
            return None
        async with instance.database.session(actor) as session:
            return await read_feed(session, cursor, types, _BATCH)

    while not instance.draining.is_set():
        grown = instance.feed_signal()
        # A client that leaves cancels this task; a query cut short would cost its connection.
        read = asyncio.create_task(next_page())
        instance.reads.add(read)
        read.add_done_callback(instance.reads.discard)
        rows = await asyncio.shield(read)
        if rows is None:
            return
        if rows:
            cursor = rows[-1].position
            yield rows
            continue
        try:
            await asyncio.wait_for(grown.wait(), _POLL_SECONDS)
        except TimeoutError:
            yield []


async def _still_signed_in(request: Request) -> bool:
    """Return whether the token or key of an open stream is still valid, or the token that its ticket stood for."""
    try:
        if "authorization" not in request.headers and ticket_of(request):
            await request.app.state.instance.tickets.check(request.state.caller)
        else:
            await sign_in(request)
    except (Unauthenticated, Forbidden):
        return False
    return True


@cache
def _not_for_owners() -> list[str]:
    return [event.type for event in event_types() if not event.told_to_owners]


async def read_feed(session: AsyncSession, after: int, types: list[str], limit: int) -> Sequence[Row[Any]]:
    """Return the placed events after a position, oldest first."""
    query = select(event_log).where(event_log.c.position > after).order_by(event_log.c.position).limit(limit)
    if types:
        query = query.where(event_log.c.type.in_(types))
    if actor_of(session).role == "applicant":
        query = query.where(event_log.c.type.not_in(_not_for_owners()))
    return (await session.execute(query)).all()


def cloud_event(row: Any, reader: Actor) -> dict[str, Any]:
    """Return a logged event in CloudEvents 1.0 structured JSON form, as the reader may see it."""
    event = {
        "specversion": "1.0",
        "id": str(row.event_id),
        "source": "/" + row.type.split(".")[0],
        "type": row.type,
        "subject": str(row.aggregate_id),
        "time": row.occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{row.type}",
        "sequence": str(row.agg_seq),
        "aggregatetype": row.aggregate_type,
        "district": row.district,
        "actor": row.actor,
        "role": row.role,
        "data": json.loads(row.payload),
    }
    if reader.role not in OFFICIALS:
        if row.actor != reader.subject:
            del event["actor"]
        for name in event_class(row.type).officials_fields:
            event["data"].pop(name, None)
    return event


@router.get(
    "/schemas/{event_type}",
    name="read_event_schema",
    summary="事件结构",
    description="返回一种事件的 data 的 JSON Schema。",
)
async def read_event_schema(
    event_type: Annotated[str, Path(description="事件类型，见 /docs/events")],
) -> dict[str, Any]:
    """Return the JSON Schema of an event's data. Raises NotFound."""
    try:
        return event_class(event_type).model_json_schema()
    except KeyError:
        raise NotFound("没有这种事件类型；全部类型见 /docs/events") from None
