"""Endpoints of authorised agents (授权经办人): authorising, withdrawing and listing."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import insert, select, update

from shared.actors import Actor
from shared.clock import uuid7
from shared.days import EffectiveDay
from shared.districts import CITY
from shared.errors import Forbidden, Invalid, NotFound
from shared.identity.claims import Subject
from shared.storage.audit import Case, record_act
from shared.storage.session import now, today
from shared.storage.tables import agent
from shared.text import STORABLE, Cleaned, Line, clean_line
from shared.web.auth import Applicant, CityOrApplicant
from shared.web.filters import dates, flag, search
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["运行"])
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=STORABLE), Cleaned(clean_line)]
LONGEST = timedelta(days=366)


class AgentIn(BaseModel):
    """A person whom a project owner lets act for it."""

    model_config = ConfigDict(extra="forbid")

    subject: Subject = Field(title="受托人的登录标识", description="受托人登录后以 GET /v1/me 查得的 subject。")
    name: Line = Field(title="受托人姓名")
    starts_on: EffectiveDay = Field(title="起始日期", description="当日起有效；不得早于今日。")
    ends_on: EffectiveDay = Field(title="截止日期", description="当日仍有效；自起始日期起不超过 366 天。")
    reason: Reason = Field(title="授权事由")


class AgentOut(BaseModel):
    """An authorisation on record."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="授权标识；也是其办理记录的事项标识")
    applicant_uscc: str = Field(description="授权单位统一社会信用代码")
    subject: str = Field(description="受托人账号")
    name: str = Field(description="受托人姓名")
    starts_on: date = Field(description="起始日期，当日有效")
    ends_on: date = Field(description="截止日期，当日有效")
    reason: str = Field(description="授权事由")
    granted_by: str = Field(description="授权操作人账号")
    granted_at: datetime = Field(description="授权时间")
    withdrawn_by: str | None = Field(description="撤回操作人账号")
    withdrawn_at: datetime | None = Field(description="撤回时间；空为未撤回")
    withdrawn_reason: str | None = Field(description="撤回理由")


@router.post(
    "/v1/agents",
    status_code=201,
    name="authorise_agent",
    summary="授权经办人",
    description=(
        "项目单位授权一名受托人在一段时间内代其在本服务办理：受托人以本人登录，并以 On-Behalf-Of 请求头写明单位的"
        "统一社会信用代码。受托人所见所办与本单位人员相同，但不得转授权；办理记录载明受托人和被代理的单位。"
    ),
)
async def authorise_agent(session: Session, actor: Applicant, given: AgentIn, response: Response) -> AgentOut:
    """Authorise a person to act for the caller's enterprise in this service. Raises Forbidden for an agent."""
    _expect_own(actor)
    _expect_period(given, today(session))
    values: dict[str, Any] = {
        **given.model_dump(),
        "id": uuid7(now(session)),
        "applicant_uscc": actor.uscc,
        "district": CITY,
        "granted_by": actor.subject,
        "granted_at": now(session),
    }
    made = (await session.execute(insert(agent).values(values).returning(agent))).one()
    told = {"agent": given.subject, "starts_on": str(given.starts_on), "ends_on": str(given.ends_on)}
    await record_act(session, "authorise_agent", _case(made), reason=given.reason, **told)
    response.headers["location"] = "/v1/agents"
    return AgentOut.model_validate(made)


def _case(row: Any) -> Case:
    return Case(row.id, CITY, row.applicant_uscc)


def _expect_own(actor: Actor) -> None:
    """Raise Forbidden for an agent: only people of the enterprise itself authorise and withdraw."""
    if actor.is_agent:
        raise Forbidden("受托人不得转授权或撤回授权，请由项目单位人员办理")


def _expect_period(given: AgentIn, current: date) -> None:
    """Raise Invalid for a period that begins in the past, ends before it begins or lasts too long."""
    if given.starts_on < current:
        raise Invalid(f"起始日期不得早于今日（{current}）", field="/body/starts_on")
    if given.ends_on < given.starts_on:
        raise Invalid("截止日期不得早于起始日期", field="/body/ends_on")
    if given.ends_on - given.starts_on >= LONGEST:
        raise Invalid("授权期限不得超过 366 天，到期后可再次授权", field="/body/ends_on")


class Withdrawal(BaseModel):
    """Reason for which an authorisation ends early."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(title="理由")


@router.post(
    "/v1/agents/{agent_id}/withdraw",
    status_code=204,
    name="withdraw_agent",
    summary="撤回授权",
    description="项目单位的任何人员（受托人除外）可撤回本单位的授权，立即生效；授权人调离后由同事撤回。",
)
async def withdraw_agent(
    session: Session,
    actor: Applicant,
    agent_id: Annotated[UUID, Path(description="授权标识")],
    withdrawal: Withdrawal,
) -> None:
    """End an authorisation at once. Raises Forbidden for an agent and NotFound for one that is not in force."""
    _expect_own(actor)
    ended = await session.execute(
        update(agent)
        .where(agent.c.id == agent_id, agent.c.withdrawn_at.is_(None), agent.c.applicant_uscc == actor.uscc)
        .values(withdrawn_by=actor.subject, withdrawn_at=now(session), withdrawn_reason=withdrawal.reason)
        .returning(agent)
    )
    row = ended.one_or_none()
    if row is None:
        raise NotFound("没有这项未撤回的授权；见 GET /v1/agents?withdrawn=false")
    await record_act(session, "withdraw_agent", _case(row), reason=withdrawal.reason, agent=row.subject)


AGENTS = Listing(
    flag("withdrawn", agent.c.withdrawn_at.is_not(None), "是否已撤回"),
    dates("ends_on", agent.c.ends_on, "截止日期"),
    search("受托人账号和姓名", agent.c.subject, agent.c.name),
    sorts={"granted_at": agent.c.granted_at, "starts_on": agent.c.starts_on, "ends_on": agent.c.ends_on},
    key=agent.c.id,
    default="granted_at",
)


@router.get(
    "/v1/agents",
    name="list_agents",
    summary="授权列表",
    description="列出本单位的授权；市级可见全部单位的授权。",
)
async def list_agents(
    session: ReadSession, actor: CityOrApplicant, asked: Annotated[PageRequest, Depends(AGENTS)]
) -> Page[AgentOut]:
    """Return the authorisations that the caller may see."""
    return await asked.page(session, select(agent), AgentOut.model_validate)
