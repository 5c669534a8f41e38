"""Endpoint of tickets for event streams in browsers."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from shared.runtime import Instance
from shared.web.auth import Person
from shared.web.parameters import KnownParametersRoute

# No route that keeps answers: a ticket is a secret, and a repetition gets a ticket of its own.
router = APIRouter(route_class=KnownParametersRoute, tags=["事件"])


class StreamTicket(BaseModel):
    """A ticket for one event stream."""

    ticket: str = Field(description="凭单，只能用一次")
    expires_at: datetime = Field(description="须在此时之前使用")


@router.post(
    "/v1/stream-tickets",
    name="issue_stream_ticket",
    summary="领取实时事件凭单",
    description=(
        "浏览器的 EventSource 不能带 Authorization 请求头：先领取凭单，30 秒内以 /events/stream?ticket=… 连接一次；"
        "断开后须领取新的凭单，并以 after 续传。登录到期或被撤销时连接即结束。"
    ),
)
async def issue_stream_ticket(request: Request, actor: Person) -> StreamTicket:
    """Return a ticket with which the caller opens one event stream of this service."""
    instance: Instance = request.app.state.instance
    ticket, end = await instance.tickets.issue(actor)
    return StreamTicket(ticket=ticket, expires_at=end)
