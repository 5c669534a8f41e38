"""The event log of a service, read by cursor or followed live; what the caller may not see is not there."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any, cast

import structlog
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel, Field
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Receive, Scope, Send

from shared import logs, metrics
from shared.actors import Actor
from shared.contracts.base import event_class
from shared.errors import NotFound, Unauthenticated
from shared.runtime import Instance
from shared.storage.session import is_transient
from shared.storage.tables import event_log
from shared.web.auth import Anyone, current_actor
from shared.web.idempotency import ReadSession
from shared.web.parameters import KnownParametersRoute

log = structlog.get_logger()
router = APIRouter(route_class=KnownParametersRoute, tags=["事件"])
_POLL_SECONDS = 5.0
_BATCH = 200

EventType = Annotated[str, Field(max_length=100, pattern=r"^[a-z_]+\.[a-z_]+\.v[0-9]+$")]
Types = Annotated[list[EventType], Query(alias="type", max_length=100, description="只要这些类型的事件；可重复")]
After = Annotated[int, Query(ge=0, le=2**62, description="游标：上次收到的最后一个位置")]


class EventPage(BaseModel):
    """Events after the cursor, oldest first, in CloudEvents 1.0 structured form."""

    events: list[dict[str, Any]]
    next_cursor: int = Field(description="下次请求的 after；没有新事件时不变")


@router.get("/events", name="list_events")
async def list_events(
    session: ReadSession,
    actor: Anyone,
    types: Types = [],  # noqa: B006 - FastAPI copies query defaults
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = _BATCH,
) -> EventPage:
    """This service's events that the caller may see, after the cursor."""
    rows = await read_feed(session, after, types, limit)
    return EventPage(
        events=[cloud_event(row, actor) for row in rows],
        next_cursor=rows[-1].position if rows else after,
    )


class EventStream(StreamingResponse):
    """An answer of Server-Sent Events that ends in silence when its client leaves.

    FastAPI's own stream of a generator logs a broken pipe for every client that leaves while an event is being sent.
    """

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        clients = metrics.STREAMS.labels(scope["app"].service)
        with clients.track_inprogress():
            async with contextlib.aclosing(cast(AsyncGenerator[bytes, None], self.body_iterator)):
                await super().__call__(scope, receive, send)


@router.get("/events/stream", name="stream_events", response_class=EventStream)
async def stream_events(
    request: Request,
    actor: Anyone,
    types: Types = [],  # noqa: B006 - FastAPI copies query defaults
    after: After = 0,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,18}$")] = None,
) -> EventStream:
    """Follow this service's events live (Server-Sent Events); resumes after Last-Event-ID, ends with the token."""
    cursor = int(last_event_id) if last_event_id is not None else after
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return EventStream(_encoded(request, actor, types, cursor), headers=headers)


async def _encoded(request: Request, actor: Actor, types: list[str], cursor: int) -> AsyncGenerator[bytes, None]:
    """Yield pages of events as bytes, and a comment while nothing happens: proxies close connections that are silent.

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
        rows = await asyncio.shield(asyncio.ensure_future(next_page()))
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
    """A token runs out and a key is revoked while its stream is open."""
    try:
        await current_actor(request, None)
    except Unauthenticated:
        return False
    return True


async def read_feed(session: AsyncSession, after: int, types: list[str], limit: int) -> Sequence[Row[Any]]:
    """Placed events after a position, oldest first; the database hides what the actor may not see."""
    query = select(event_log).where(event_log.c.position > after).order_by(event_log.c.position).limit(limit)
    if types:
        query = query.where(event_log.c.type.in_(types))
    return (await session.execute(query)).all()


def cloud_event(row: Any, reader: Actor) -> dict[str, Any]:
    """A logged event in CloudEvents 1.0 structured JSON form. An applicant is not told which people had it in hand."""
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
    if reader.role == "applicant" and row.actor != reader.subject:
        del event["actor"]
    if reader.role == "applicant":
        event["data"].pop("hands", None)
    return event


@router.get("/schemas/{event_type}", name="get_event_schema")
async def get_event_schema(event_type: str) -> dict[str, Any]:
    """The JSON Schema of an event's data."""
    try:
        return event_class(event_type).model_json_schema()
    except KeyError:
        raise NotFound("没有这种事件类型") from None
