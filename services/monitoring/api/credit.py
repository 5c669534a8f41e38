"""HTTP of credit: grounds, notice, objection, decision (四（一）3)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.api.parameters import EntityUscc
from services.monitoring.credit import (
    announce_decision,
    create_rating,
    credit_tag,
    hands_of_grounds,
    lock_entity,
    lock_entity_as_read,
    open_rating,
    proposal_for,
    raise_ground,
    record_decision,
    withdraw_grounds,
)
from services.monitoring.models.credit import CreditDecision, CreditGround, CreditRating, CreditRepair, Entity
from services.monitoring.models.files import ProjectFile
from services.monitoring.rules.code_lists import GROUNDS
from services.monitoring.rules.credit import entity_id, grade_effects, ground_source
from services.monitoring.schemas.credit import (
    CreditDecisionOut,
    CreditGroundIn,
    CreditGroundOut,
    CreditOut,
    CreditProposalOut,
    CreditRatingOut,
    RatingDecisionIn,
    RatingNoticeIn,
    RatingObjectionIn,
)
from shared.audiences import for_officials
from shared.districts import CITY
from shared.errors import Duplicate, Invalid, WrongStatus
from shared.storage.audit import Case, record_act, store_hands
from shared.storage.session import found, today
from shared.web.auth import Applicant, CityOfficer, CityOrApplicant, CitySupervisor
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["信用评价"])


@router.get(
    "/v1/entities/{uscc}/credit",
    response_model=CreditOut,
    name="read_credit",
    summary="单位信用档案",
    description="读取一个单位的现行等级、有效事由、拟定等级、历次决定和修复申请；项目单位只见本单位已告知或已决定的事由。依据：四（一）3。",
    responses=VERSIONED,
)
async def read_credit(
    session: ReadSession, actor: CityOrApplicant, uscc: EntityUscc, response: Response
) -> dict[str, Any]:
    """Return the credit of an entity with grounds and history. 四（一）3"""
    entity = await found(session, Entity, entity_id(uscc))
    response.headers["etag"] = (await credit_tag(session, entity))()
    rating = await open_rating(session, uscc)
    decisions = await _all(session, CreditDecision, uscc, CreditDecision.number)
    grounds = await _all(session, CreditGround, uscc, CreditGround.occurred_on)
    proposed = rating.proposal["grounds"] if rating else []
    told = {ground["ground_id"] for each in decisions for ground in each.grounds} | {g["ground_id"] for g in proposed}
    return {
        "entity_id": entity.id,
        "uscc": uscc,
        **{name: getattr(entity, name) for name in ("name", "grade", "points", "rated_on")},
        "effects": grade_effects(today(session))[entity.grade] if entity.grade else [],  # type: ignore[index]
        "proposal": await proposal_for(session, uscc, today(session)),
        "grounds": [_ground(row) for row in grounds if for_officials() or str(row.id) in told],
        "rating": rating,
        "decisions": decisions,
        "repairs": [_repair(row) for row in await _all(session, CreditRepair, uscc, CreditRepair.requested_on)],
    }


@router.post(
    "/v1/entities/{uscc}/credit/grounds",
    status_code=201,
    response_model=CreditProposalOut,
    name="raise_credit_ground",
    summary="登记信用事由",
    description=(
        "市发展改革委经办登记一项信用事由及佐证；返回按有效事由计算的拟定等级。"
        "登记本身不改变等级，须经决定。依据：四（一）3。"
    ),
)
async def raise_credit_ground(
    session: Session, actor: CityOfficer, uscc: EntityUscc, new: CreditGroundIn, response: Response
) -> Any:
    """Record a ground with its evidence and return the proposed grade. 四（一）3"""
    entity = await lock_entity(session, uscc)
    if new.occurred_on > today(session):
        raise Invalid(f"发生日期不得晚于今日（{today(session)}）", field="/body/occurred_on")
    district = CITY if new.declaration_id is None else await _district(session, new.declaration_id, uscc)
    source = ground_source(new.occurred_on, new.declaration_id, new.detail)
    known = {"declaration_id": new.declaration_id, "evidence": tuple(new.evidence)}
    if not await raise_ground(session, new.code, source, uscc, district, new.occurred_on, new.detail, **known):  # type: ignore[arg-type]
        raise Duplicate("该事由已登记：代码、项目、日期和事实相同，不重复登记")
    detail = {"code": new.code}
    await record_act(
        session, "raise_credit_ground", Case(entity.id, CITY, uscc), reason=new.detail, duty="raise_ground", **detail
    )
    response.headers["location"] = f"/v1/entities/{uscc}/credit"
    return await proposal_for(session, uscc, today(session))


@router.post(
    "/v1/entities/{uscc}/credit/notice",
    status_code=201,
    response_model=CreditRatingOut,
    name="notify_rating",
    summary="告知拟定等级",
    description=(
        "市发展改革委经办将拟定等级告知单位，单位可在期限内申辩；一个单位同时只有一项进行中的评价。依据：四（一）3。"
    ),
)
async def notify_rating(
    session: Session,
    actor: CityOfficer,
    uscc: EntityUscc,
    notice: RatingNoticeIn,
    response: Response,
    if_match: IfMatch = None,
) -> CreditRating:
    """Notify the entity of the proposed grade and open the objection period. 四（一）3"""
    rating = await create_rating(session, await lock_entity_as_read(session, uscc, if_match), notice.reason)
    await store_hands(session, rating.id, await hands_of_grounds(session, uscc))
    await record_act(session, "notify_rating", Case(rating.id, CITY, uscc), reason=notice.reason, duty="rate")
    response.headers["location"] = f"/v1/entities/{uscc}/credit"
    return rating


@router.post(
    "/v1/entities/{uscc}/credit/objection",
    response_model=CreditRatingOut,
    name="object_to_rating",
    summary="提出申辩",
    description="项目单位在申辩期限内对拟定等级提出一次申辩。依据：四（一）3。",
)
async def object_to_rating(
    session: Session, actor: Applicant, uscc: EntityUscc, objection: RatingObjectionIn, if_match: IfMatch = None
) -> CreditRating:
    """Record the entity's objection within the objection period. 四（一）3"""
    await lock_entity_as_read(session, uscc, if_match)
    rating = await _open(session, uscc)
    rating.object(objection.model_dump(mode="json"), today(session))
    await record_act(session, "object_to_rating", Case(rating.id, CITY, uscc), reason=objection.text, duty="report")
    return rating


@router.post(
    "/v1/entities/{uscc}/credit/decide",
    response_model=CreditDecisionOut,
    name="decide_rating",
    summary="决定信用等级",
    description=(
        "市发展改革委负责人在单位申辩后或申辩期满后决定等级，可撤销不予认定的事由；决定后生效并留存。依据：四（一）3。"
    ),
)
async def decide_rating(
    session: Session, actor: CitySupervisor, uscc: EntityUscc, ruling: RatingDecisionIn, if_match: IfMatch = None
) -> CreditDecision:
    """Decide the grade after the objection or the objection period. 四（一）3"""
    entity = await lock_entity_as_read(session, uscc, if_match)
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
        raise WrongStatus("该单位没有进行中的信用评价，须先告知拟定等级")
    return rating


async def _district(session: AsyncSession, declaration_id: UUID, uscc: str) -> str:
    file = await found(session, ProjectFile, declaration_id)
    if file.applicant_uscc != uscc:
        raise Invalid("该项目不属于该单位，请填写该单位项目的申报标识或留空", field="/body/declaration_id")
    return file.district


async def _all(session: AsyncSession, model: Any, uscc: str, order: Any) -> list[Any]:
    rows = await session.scalars(select(model).where(model.applicant_uscc == uscc).order_by(order, model.id))
    return list(rows.all())


def _ground(row: CreditGround) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in CreditGroundOut.model_fields if name != "label"}
    return {**shown, "label": GROUNDS[row.code]}


def _repair(row: CreditRepair) -> dict[str, Any]:
    names = ("id", "applicant_uscc", "ground_ids", "text", "evidence", "state", "requested_on", "decision_reason")
    return {name: getattr(row, name) for name in names}
