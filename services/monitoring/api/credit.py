"""HTTP of credit: grounds, notice, objection, decision (四（一）3)."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import (
    announce_decision,
    lock_entity,
    open_rating,
    proposal_for,
    raise_ground,
    record_decision,
    withdraw_grounds,
)
from services.monitoring.models.credit import CreditDecision, CreditGround, CreditRating, CreditRepair, Entity
from services.monitoring.models.files import ProjectFile
from services.monitoring.rules.code_lists import GROUNDS, CreditGrade, GroundCode
from services.monitoring.rules.credit import entity_id, grade_effects
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import Duplicate, Invalid, WrongStatus
from shared.identifiers import Uscc
from shared.policy import parameter
from shared.storage.audit import Case, record_act
from shared.storage.session import found, now, today
from shared.text import Line, Paragraph
from shared.web.auth import Applicant, CityOfficer, CityOrApplicant, CitySupervisor
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["信用评价"])

RatingState = Literal["noticed", "objected", "decided"]


class GroundOut(BaseModel):
    """A ground on record; it costs points only while it stands, and takes effect only by a decision."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    label: str
    declaration_id: UUID | None
    grave: bool
    detail: str
    evidence: list[str]
    occurred_on: date
    raised_by: str
    state: Literal["standing", "withdrawn", "repaired"]
    ended_on: date | None


class ProposalOut(BaseModel):
    """The grade the standing grounds lead to, step by step."""

    model_config = ConfigDict(from_attributes=True)

    grade: CreditGrade
    points: int
    grounds: list[dict[str, Any]]
    explanation: list[str]


class RatingOut(BaseModel):
    """A proposed grade on its way."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    applicant_uscc: str
    state: RatingState
    proposal: dict[str, Any]
    reason: str
    noticed_on: date
    objection_due_on: date
    objection: dict[str, Any] | None


class DecisionOut(BaseModel):
    """A decision of the past, kept as it was."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    grade: CreditGrade
    points: int
    computed_grade: CreditGrade
    grounds: list[dict[str, Any]]
    reason: str
    repaired: bool
    decided_by: str
    decided_at: datetime


class CreditOut(BaseModel):
    """All about an entity's credit: the grade that stands and its effects, what a new one would be, and the history."""

    entity_id: UUID
    uscc: str
    name: str
    grade: CreditGrade | None
    points: int | None
    rated_on: date | None
    effects: list[str]
    proposal: ProposalOut
    grounds: list[GroundOut]
    rating: RatingOut | None
    decisions: list[DecisionOut]
    repairs: list[dict[str, Any]]


class NewGround(BaseModel):
    """A ground that an officer puts on record."""

    model_config = ConfigDict(extra="forbid")

    code: GroundCode = Field(title="事由代码")
    declaration_id: UUID | None = Field(None, title="所涉项目")
    detail: Paragraph = Field(title="事实")
    evidence: Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(title="佐证材料编号")
    occurred_on: date = Field(title="发生日期")


class Reasoned(BaseModel):
    """A reason."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


class Objection(BaseModel):
    """What the entity says against the proposal."""

    model_config = ConfigDict(extra="forbid")

    text: Paragraph = Field(title="申辩意见")
    evidence: Annotated[list[Line], Field(max_length=20)] = Field([], title="佐证材料编号")


class Ruling(Reasoned):
    """The grade decided by a person, and the grounds that the objection removed."""

    grade: CreditGrade = Field(title="决定等级")
    withdrawn_grounds: Annotated[list[UUID], Field(max_length=200)] = Field([], title="不予认定的事由")


@router.get("/v1/entities/{uscc}/credit", response_model=CreditOut, name="read_credit")
async def read_credit(session: ReadSession, actor: CityOrApplicant, uscc: Uscc) -> dict[str, Any]:
    """An entity's credit with every ground and its history; an applicant sees its own."""
    entity = await found(session, Entity, entity_id(uscc))
    rating = await open_rating(session, uscc)
    return {
        "entity_id": entity.id,
        "uscc": uscc,
        "name": entity.name,
        **{name: getattr(entity, name) for name in ("grade", "points", "rated_on")},
        "effects": grade_effects(today(session))[entity.grade] if entity.grade else [],  # type: ignore[index]
        "proposal": await proposal_for(session, uscc, today(session)),
        "grounds": [_ground(row) for row in await _all(session, CreditGround, uscc, CreditGround.occurred_on)],
        "rating": rating,
        "decisions": await _all(session, CreditDecision, uscc, CreditDecision.number),
        "repairs": [_repair(row) for row in await _all(session, CreditRepair, uscc, CreditRepair.requested_on)],
    }


@router.post(
    "/v1/entities/{uscc}/credit/grounds", status_code=201, response_model=ProposalOut, name="raise_credit_ground"
)
async def raise_credit_ground(
    session: Session, actor: CityOfficer, uscc: Uscc, new: NewGround, response: Response
) -> Any:
    """Put a ground on record with its evidence; the answer is what would follow from all that stand. 四（一）3"""
    entity = await lock_entity(session, uscc)
    if new.occurred_on > today(session):
        raise Invalid("发生日期不得晚于今日", field="/body/occurred_on")
    district = CITY if new.declaration_id is None else await _district(session, new.declaration_id, uscc)
    source = f"officer:{new.occurred_on}:{new.detail[:100]}"
    known = {"declaration_id": new.declaration_id, "evidence": tuple(new.evidence)}
    if not await raise_ground(session, new.code, source, uscc, district, new.occurred_on, new.detail, **known):  # type: ignore[arg-type]
        raise Duplicate("该事由已登记")
    await record_act(session, "raise_credit_ground", Case(entity.id, CITY, uscc), reason=new.detail, code=new.code)
    response.headers["location"] = f"/v1/entities/{uscc}/credit"
    return await proposal_for(session, uscc, today(session))


@router.post("/v1/entities/{uscc}/credit/notice", status_code=201, response_model=RatingOut, name="notify_rating")
async def notify_rating(
    session: Session, actor: CityOfficer, uscc: Uscc, notice: Reasoned, response: Response
) -> CreditRating:
    """Put the computed grade to the entity, which may object within the days allowed. 四（一）3"""
    entity = await lock_entity(session, uscc)
    if await open_rating(session, uscc):
        raise Duplicate("该单位已有进行中的信用评价")
    on = today(session)
    proposal = await proposal_for(session, uscc, on)
    rating = CreditRating(
        id=uuid7(now(session)),
        entity_id=entity.id,
        district=CITY,
        applicant_uscc=uscc,
        state="noticed",
        proposal=ProposalOut.model_validate(proposal).model_dump(mode="json"),
        reason=notice.reason,
        noticed_on=on,
        objection_due_on=on + timedelta(days=int(parameter("credit_objection_days", on))),
    )
    session.add(rating)
    await record_act(session, "notify_rating", Case(rating.id, CITY, uscc), reason=notice.reason, duty="rate")
    response.headers["location"] = f"/v1/entities/{uscc}/credit"
    return rating


@router.post("/v1/entities/{uscc}/credit/objection", response_model=RatingOut, name="object_to_rating")
async def object_to_rating(session: Session, actor: Applicant, uscc: Uscc, objection: Objection) -> CreditRating:
    """The entity objects, in time. 四（一）3"""
    await lock_entity(session, uscc)
    rating = await _open(session, uscc)
    rating.object(objection.model_dump(mode="json"), today(session))
    await record_act(session, "object_to_rating", Case(rating.id, CITY, uscc), reason=objection.text)
    return rating


@router.post("/v1/entities/{uscc}/credit/decide", response_model=DecisionOut, name="decide_rating")
async def decide_rating(session: Session, actor: CitySupervisor, uscc: Uscc, ruling: Ruling) -> CreditDecision:
    """Decide the grade after objection or after its days; nothing takes effect without this. 四（一）3"""
    entity = await lock_entity(session, uscc)
    rating = await _open(session, uscc)
    rating.decide(today(session))
    await record_act(
        session, "decide_rating", Case(rating.id, CITY, uscc), reason=ruling.reason, duty="decide_objection"
    )
    await withdraw_grounds(session, uscc, ruling.withdrawn_grounds, rating)
    decision = await record_decision(session, entity, ruling.grade, ruling.reason, repaired=False)
    await announce_decision(session, entity, decision)
    return decision


async def _open(session: AsyncSession, uscc: str) -> CreditRating:
    rating = await open_rating(session, uscc)
    if rating is None:
        raise WrongStatus("该单位没有进行中的信用评价")
    return rating


async def _district(session: AsyncSession, declaration_id: UUID, uscc: str) -> str:
    file = await found(session, ProjectFile, declaration_id)
    if file.applicant_uscc != uscc:
        raise Invalid("该项目不属于该单位", field="/body/declaration_id")
    return file.district


async def _all(session: AsyncSession, model: Any, uscc: str, order: Any) -> list[Any]:
    rows = await session.scalars(select(model).where(model.applicant_uscc == uscc).order_by(order, model.id))
    return list(rows.all())


def _ground(row: CreditGround) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in GroundOut.model_fields if name != "label"}
    return {**shown, "label": GROUNDS[row.code]}


def _repair(row: CreditRepair) -> dict[str, Any]:
    names = ("id", "ground_ids", "text", "evidence", "state", "requested_on", "decision_reason")
    return {name: getattr(row, name) for name in names}
