"""Endpoints of operation: health, the audit log of a case, and the clock of a demonstration."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, text

from shared.actors import ROLES, system_actor
from shared.audiences import CITY_ACTS, TO_OFFICIALS, Handler, for_city
from shared.days import Instant
from shared.errors import DomainError, Invalid, NotFound
from shared.runtime import Instance
from shared.storage.tables import act
from shared.text import Line
from shared.web.auth import CitySupervisor, Official, is_loopback
from shared.web.filters import moments, one_of
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["运行"])
CaseId = Annotated[UUID, Path(description="事项标识，例如申报标识")]


class NotReady(DomainError):
    status, code, title = 503, "not_ready", "服务尚未就绪"


class Health(BaseModel):
    """The answer of a health check."""

    status: str = Field(default="ok", description="恒为 ok；不正常时返回 503")


@router.get("/livez", name="live", summary="存活检查", description="进程能够应答即返回 200。")
async def live() -> Health:
    """Return at once, to show that the process answers."""
    return Health()


@router.get(
    "/readyz", name="ready", summary="就绪检查", description="数据库和消息代理可用且服务未在停止时返回 200，否则 503。"
)
async def ready(request: Request) -> Health:
    """Return if the database answers, events flow and the service is not draining. Raises NotReady.

    The query runs on a background connection: a queue for request connections must not take the replica out of service.
    """
    instance: Instance = request.app.state.instance
    if instance.draining.is_set() or not instance.consumer.healthy:
        raise NotReady("正在停止" if instance.draining.is_set() else "正在等待数据库")
    if instance.bus is not None and instance.bus.outage():
        raise NotReady("正在等待消息代理")
    async with instance.background.session(system_actor(instance.service.name)) as session:
        await session.execute(text("SELECT 1"))
    return Health()


_LONGEST_STEP = timedelta(days=5 * 366)
_LAST_MOMENT = datetime(2050, 1, 1, tzinfo=UTC)
_UNDO = "拨错时请停止演示，清空演示数据后重新启动"


class ClockSetting(BaseModel):
    """The instant to set the clock to."""

    now: Instant = Field(title="现在时间")


@router.put("/clock", name="set_clock", include_in_schema=False)
async def set_clock(request: Request, actor: CitySupervisor, setting: ClockSetting) -> ClockSetting:
    """Move the clock of a demonstration forward and run the scheduled work that becomes due.

    Raises NotFound outside of a demonstration and for a caller on another machine, Invalid for a time out of bounds.
    """
    instance: Instance = request.app.state.instance
    if not instance.settings.story_clock or not is_loopback(request):
        raise NotFound()
    if setting.now > min(instance.clock.now() + _LONGEST_STEP, _LAST_MOMENT):
        bounds = f"演示时钟一次最多前拨 {_LONGEST_STEP.days} 天，且不得晚于 {_LAST_MOMENT:%Y} 年"
        raise Invalid(f"{bounds}；{_UNDO}", field="/body/now")
    try:
        instance.clock.set(setting.now)
    except ValueError as error:
        raise Invalid(f"演示时钟不能回拨；{_UNDO}", field="/body/now") from error
    await instance.tick()
    return ClockSetting(now=instance.clock.now())


class ActOut(BaseModel):
    """One act on a case: who did what, in which role, when and why."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="顺序号")
    case_id: UUID = Field(description="事项")
    act: str = Field(description="办理动作")
    actor: Handler = Field(description="办理人账号")
    actor_name: Handler = Field(description="办理人姓名")
    role: str = Field(description="办理时的角色")
    district: str = Field(description="所在区")
    applicant_uscc: str | None = Field(description="申报单位统一社会信用代码")
    at: datetime = Field(description="办理时间")
    reason: str | None = Field(description="理由")
    detail: Annotated[dict[str, Any] | None, TO_OFFICIALS] = Field(description="办理时记录的其他内容；仅工作人员可见")


ACTS = Listing(
    one_of("act", act.c.act, Line, "办理动作"),
    one_of("actor", act.c.actor, Line, "办理人账号"),
    one_of("role", act.c.role, Literal[tuple(ROLES)], "角色"),
    moments("at", act.c.at, "办理时间"),
    sorts={"id": act.c.id, "at": act.c.at},
    key=act.c.id,
    default="id",
)


@router.get(
    "/v1/acts/{case_id}",
    name="list_acts",
    summary="办理记录",
    description="列出一个事项在本服务的全部办理记录：何人、以何角色、何时、何故；可筛选、排序和分页。",
)
async def list_acts(
    session: ReadSession, actor: Official, case_id: CaseId, asked: Annotated[PageRequest, Depends(ACTS)]
) -> Page[ActOut]:
    """Return the acts on a case in this service, oldest first; a district is not told of the city's preparation."""
    acts = select(act).where(act.c.case_id == case_id)
    if not for_city():
        acts = acts.where(act.c.act.not_in(CITY_ACTS))
    return await asked.page(session, acts, ActOut.model_validate)
