"""HTTP of district standards: dated, by a published document, append-only (四（一）2)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import DistrictStandard, StandardDecision
from services.eligibility.schemas.standards import (
    DistrictStandardIn,
    DistrictStandardOut,
    Parameter,
    StandardDecisionIn,
    StandardDecisionOut,
    StandardWithdrawalIn,
)
from services.eligibility.standards import Decisions, decisions_on, effect_on, without_trailing_zeros
from shared.actors import Actor
from shared.clock import uuid7
from shared.contracts.library import DistrictCode
from shared.errors import Forbidden, Invalid, WrongStatus
from shared.policy.overlays import EFFECTS
from shared.policy.parameters import DatedValue, history, value_on
from shared.storage.audit import Case, record_act
from shared.storage.session import actor_of, found, now, today
from shared.storage.versions import expect_tag
from shared.web.auth import CityDesk, DistrictSupervisor, OfficialOrSystem
from shared.web.filters import dates, one_of, search
from shared.web.headers import VERSIONED, VERSIONED_CREATED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["区级标准"])
StandardKey = Annotated[UUID, Path(title="区级标准标识", description="UUID")]
_STANDARDS_LOCK = 0x7E16


@router.post(
    "/v1/district-standards",
    status_code=201,
    name="set_district_standard",
    summary="发布区级标准",
    description=(
        "区发展改革委负责人发布本区认定标准；自施行日期起的判定采用，"
        "同一日期以后发布的为准，已作判定不变。宽于市级数值的，经市发展改革委确认后方才适用。依据：四（一）2、四（二）3。"
    ),
    responses=VERSIONED_CREATED,
)
async def set_district_standard(
    session: Session, actor: DistrictSupervisor, body: DistrictStandardIn, response: Response
) -> DistrictStandardOut:
    """Publish a district standard, which assessments read from its date on if it has effect. 四（一）2, 四（二）3"""
    if body.district not in actor.districts:
        raise Forbidden(f"只能设定本区（{'、'.join(sorted(actor.districts))}）的标准", field="/body/district")
    if _parameter(body.parameter).unit == "%" and body.value > 1:
        raise Invalid("比例须为 0 至 1 的小数，如 0.30", field="/body/value")
    standard = await _numbered(session, actor, body)
    detail = body.model_dump(mode="json", include={"parameter", "value", "valid_from", "document_no"})
    case = Case(standard.id, body.district)
    await record_act(session, "set_district_standard", case, reason=body.reason, duty="set_standard", **detail)
    response.headers["location"] = f"/v1/district-standards/{standard.id}"
    response.headers["etag"] = _etag(standard, {})
    return _out(standard, {}, today(session))


@router.post(
    "/v1/district-standards/{standard_id}/decide",
    name="decide_district_standard",
    summary="确认区级标准",
    description=(
        "市发展改革委对宽于市级数值的区级标准予以确认或不予确认并说明理由；确认前不适用。"
        "可另作决定，以最后一次为准；已作判定不变。依据：四（一）2、四（二）3。"
    ),
    responses=VERSIONED,
)
async def decide_district_standard(
    session: Session, actor: CityDesk, standard_id: StandardKey, body: StandardDecisionIn, if_match: IfMatch = None
) -> DistrictStandardOut:
    """Confirm a looser standard, or not. Raises WrongStatus for one that needs no confirmation or is withdrawn."""
    standard, decisions = await _as_read(session, standard_id, if_match)
    effect, why = effect_on(standard, _day(standard, today(session)), decisions)
    if effect in ("stricter", "city_open", "withdrawn"):
        raise WrongStatus(f"{why}，无须市级确认", current=effect)
    decision = "confirmed" if body.confirmed else "not_confirmed"
    if _last(standard, decisions) == decision:
        raise WrongStatus(f"已作出同一决定：{EFFECTS[effect]}", current=effect)
    case = Case(standard.id, standard.district)
    told = {"decision": decision}
    await record_act(session, "decide_district_standard", case, reason=body.reason, duty="confirm_standard", **told)
    return await _decided(session, standard, decisions, decision, body.reason)


@router.post(
    "/v1/district-standards/{standard_id}/withdraw",
    name="withdraw_district_standard",
    summary="撤回区级标准",
    description=(
        "区发展改革委负责人撤回本区误发或不再实行的标准并说明理由，此前的标准或市级数值重新适用；"
        "已作判定不变。依据：四（一）2、四（二）3。"
    ),
    responses=VERSIONED,
)
async def withdraw_district_standard(
    session: Session,
    actor: DistrictSupervisor,
    standard_id: StandardKey,
    body: StandardWithdrawalIn,
    if_match: IfMatch = None,
) -> DistrictStandardOut:
    """Take back a standard of one's own district. Raises WrongStatus for one that is withdrawn already."""
    standard, decisions = await _as_read(session, standard_id, if_match)
    if _last(standard, decisions) == "withdrawn":
        raise WrongStatus("该标准已撤回；需要的请另行发布", current="withdrawn")
    case = Case(standard.id, standard.district)
    await record_act(session, "withdraw_district_standard", case, reason=body.reason, duty="set_standard")
    return await _decided(session, standard, decisions, "withdrawn", body.reason)


STANDARDS = Listing(
    one_of("district", DistrictStandard.district, DistrictCode, "所在区"),
    one_of("parameter", DistrictStandard.parameter, Parameter, "参数"),
    dates("valid_from", DistrictStandard.valid_from, "施行日期"),
    search("文件名称或文号", DistrictStandard.document_no),
    sorts={
        "district": DistrictStandard.district,
        "valid_from": DistrictStandard.valid_from,
        "set_at": DistrictStandard.set_at,
    },
    key=DistrictStandard.id,
    default="district",
)


@router.get(
    "/v1/district-standards",
    name="list_district_standards",
    summary="区级标准列表",
    description="列出各区历次发布的标准，包括已被替代、未经确认和撤回的。",
)
async def list_district_standards(
    session: ReadSession, actor: OfficialOrSystem, asked: Annotated[PageRequest, Depends(STANDARDS)]
) -> Page[DistrictStandardOut]:
    """Return all district standards, those without effect included."""
    rows = await asked.fetch(session, select(DistrictStandard))
    decisions = await decisions_on(session, [row.id for row in rows.rows])
    return rows.page([_out(row, decisions, today(session)) for row in rows.rows])


@router.get(
    "/v1/district-standards/{standard_id}",
    name="read_district_standard",
    summary="区级标准",
    description="查看一项区级标准、市级数值、是否适用及理由、历次决定。",
    responses=VERSIONED,
)
async def read_district_standard(
    session: ReadSession, actor: OfficialOrSystem, standard_id: StandardKey, response: Response
) -> DistrictStandardOut:
    """Return a district standard with its effect and the decisions on it."""
    standard = await found(session, DistrictStandard, standard_id)
    decisions = await decisions_on(session, [standard.id])
    response.headers["etag"] = _etag(standard, decisions)
    return _out(standard, decisions, today(session))


async def _numbered(session: AsyncSession, actor: Actor, body: DistrictStandardIn) -> DistrictStandard:
    """Add the standard under its district's next number; concurrent entries wait for a lock."""
    await _take_turns(session)
    last = await session.scalar(
        select(func.max(DistrictStandard.number)).where(DistrictStandard.district == body.district)
    )
    standard = DistrictStandard(
        id=uuid7(now(session)),
        number=(last or 0) + 1,
        set_by=actor.subject,
        set_by_name=actor.name,
        set_at=now(session),
        district=body.district,
        parameter=body.parameter,
        value=body.value,
        valid_from=body.valid_from,
        document_no=body.document_no,
    )
    session.add(standard)
    return standard


async def _take_turns(session: AsyncSession) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STANDARDS_LOCK})


async def _as_read(
    session: AsyncSession, standard_id: UUID, if_match: str | None
) -> tuple[DistrictStandard, dict[UUID, list[StandardDecision]]]:
    """Return a standard and its decisions, which the caller extends. Raises NotFound, PreconditionRequired or Stale.

    Standards are append-only and cannot be locked; acts on them take turns.
    """
    await _take_turns(session)
    standard = await found(session, DistrictStandard, standard_id)
    decisions = {standard.id: list((await decisions_on(session, [standard.id])).get(standard.id, ()))}
    expect_tag(session, lambda: _etag(standard, decisions), if_match)
    return standard, decisions


async def _decided(
    session: AsyncSession,
    standard: DistrictStandard,
    decisions: dict[UUID, list[StandardDecision]],
    decision: str,
    reason: str,
) -> DistrictStandardOut:
    actor = actor_of(session)
    row = StandardDecision(
        id=uuid7(now(session)),
        standard_id=standard.id,
        number=len(decisions[standard.id]) + 1,
        district=standard.district,
        decision=decision,
        reason=reason,
        decided_by=actor.subject,
        decided_by_name=actor.name,
        decided_at=now(session),
    )
    session.add(row)
    decisions[standard.id].append(row)
    return _out(standard, decisions, today(session))


def _etag(standard: DistrictStandard, decisions: Decisions) -> str:
    return f'"{len(decisions.get(standard.id, ())) + 1}"'


def _last(standard: DistrictStandard, decisions: Decisions) -> str | None:
    given = decisions.get(standard.id)
    return given[-1].decision if given else None


def _day(standard: DistrictStandard, on: date) -> date:
    """Return the day on which a standard is compared with the city's number: today, or its first day if later."""
    return max(standard.valid_from, on)


def _parameter(key: str) -> DatedValue:
    return history()[key][0]


def _out(standard: DistrictStandard, decisions: Decisions, on: date) -> DistrictStandardOut:
    own, city = _parameter(standard.parameter), value_on(standard.parameter, _day(standard, on))
    effect, why = effect_on(standard, _day(standard, on), decisions)
    told = {"value", "label", "unit", "city_value", "effect", "effect_label", "effect_reason", "decisions"}
    fields = {name: getattr(standard, name) for name in DistrictStandardOut.model_fields if name not in told}
    return DistrictStandardOut(
        **fields,
        value=without_trailing_zeros(standard.value),
        label=own.label,
        unit=own.unit,
        city_value=city.value if city else None,
        effect=effect,
        effect_label=EFFECTS[effect],
        effect_reason=why,
        decisions=[StandardDecisionOut.model_validate(each) for each in decisions.get(standard.id, ())],
    )
