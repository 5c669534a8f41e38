"""HTTP of the programmes by which districts support projects themselves (四（二）2, 四（二）3)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import DistrictProgramme
from services.eligibility.programmes import programmes_in_force
from services.eligibility.rules.code_lists import ProgrammeStatus
from services.eligibility.schemas.programmes import (
    ProgrammeEndIn,
    ProgrammeEntryOut,
    ProgrammeIn,
    ProgrammeOut,
    ProgrammeReason,
)
from shared.actors import Actor, system_actor
from shared.clock import uuid7
from shared.contracts.library import DistrictCode, ProjectType
from shared.days import FilterDay
from shared.errors import Duplicate, Forbidden, Invalid
from shared.normal_forms import normal_name
from shared.runtime import Instance
from shared.storage.audit import Case, record_act
from shared.storage.session import found, now
from shared.storage.versions import etag, locked_as_read
from shared.web.auth import DistrictDesk, DistrictSupervisor, Official
from shared.web.filters import dates, one_of, search
from shared.web.headers import VERSIONED, VERSIONED_CREATED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["区级支持政策"])
ProgrammeKey = Annotated[UUID, Path(title="区级支持政策标识", description="UUID")]
_PROGRAMMES_LOCK = 0x7E17
IN_FORCE = MemoryListing(ProgrammeOut, "district", "name", "valid_from", key="id", default="district")


@router.get(
    "/v1/district-programmes",
    name="list_district_programmes",
    summary="施行的区级支持政策",
    description="列出各区已确认、该日施行的支持政策，市级支持之外可另行申请；不需登录。依据：四（二）2、四（二）3。",
)
async def list_district_programmes(
    request: Request,
    asked: Annotated[MemoryPageRequest, Depends(IN_FORCE)],
    district: Annotated[DistrictCode | None, Query(description="所属区")] = None,
    project_type: Annotated[ProjectType | None, Query(description="项目类型")] = None,
    on: Annotated[FilterDay | None, Query(description="施行于该日，默认今日")] = None,
) -> Page[ProgrammeOut]:
    """Return the confirmed programmes in force on a day; open to everybody."""
    instance: Instance = request.app.state.instance
    async with instance.database.session(system_actor(instance.database.service)) as session:
        day = on or instance.clock.today()
        rows = await programmes_in_force(session, day, district, project_type)
        return asked.page([ProgrammeOut.model_validate(row) for row in rows])


ENTRIES = Listing(
    one_of("district", DistrictProgramme.district, DistrictCode, "所属区"),
    one_of("status", DistrictProgramme.status, ProgrammeStatus, "状态"),
    dates("valid_from", DistrictProgramme.valid_from, "施行日期"),
    search("政策名称、文件名称或文号", DistrictProgramme.name, DistrictProgramme.document_no),
    sorts={"entered_at": DistrictProgramme.entered_at, "valid_from": DistrictProgramme.valid_from},
    key=DistrictProgramme.id,
    default="-entered_at",
)


@router.get(
    "/v1/district-programme-entries",
    name="list_programme_entries",
    summary="区级支持政策登记",
    description="列出各区登记的支持政策，含待确认、退回、撤回和已更正的。",
)
async def list_programme_entries(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(ENTRIES)]
) -> Page[ProgrammeEntryOut]:
    """Return the programmes in every status."""
    return await asked.page(session, select(DistrictProgramme), ProgrammeEntryOut.model_validate)


@router.get(
    "/v1/district-programmes/{programme_id}",
    name="read_district_programme",
    summary="区级支持政策",
    description="查看一项区级支持政策及其登记、确认和终止情况。",
    response_model=ProgrammeEntryOut,
    responses=VERSIONED,
)
async def read_district_programme(
    session: ReadSession, actor: Official, programme_id: ProgrammeKey, response: Response
) -> DistrictProgramme:
    """Return a programme with its entry, decision and end."""
    programme = await found(session, DistrictProgramme, programme_id)
    response.headers["etag"] = etag(programme)
    return programme


@router.post(
    "/v1/district-programmes",
    status_code=201,
    name="enter_district_programme",
    summary="登记区级支持政策",
    description=(
        "区发展改革委登记本区自行给予的支持：名称、文件、期限、范围和方式；另一人确认后施行并公开。"
        "更正已确认的一项时填 replaces。依据：四（二）2、四（二）3。"
    ),
    response_model=ProgrammeEntryOut,
    responses=VERSIONED_CREATED,
)
async def enter_district_programme(
    session: Session, actor: DistrictDesk, body: ProgrammeIn, response: Response
) -> DistrictProgramme:
    """Enter a programme or the correction of one. Raises Forbidden, Invalid, Duplicate. 四（二）3"""
    if body.district not in actor.districts:
        raise Forbidden(f"只能登记本区（{'、'.join(sorted(actor.districts))}）的政策", field="/body/district")
    await _expect_replaceable(session, body)
    await _refuse_known(session, body)
    programme = _entered(session, actor, body)
    session.add(programme)
    await session.flush()
    told = body.model_dump(mode="json", include={"name", "support_kind", "valid_from", "valid_to", "document_no"})
    case = Case(programme.id, programme.district)
    await record_act(session, "enter_district_programme", case, reason=body.reason, duty="enter_programme", **told)
    response.headers["location"] = f"/v1/district-programmes/{programme.id}"
    response.headers["etag"] = etag(programme)
    return programme


@router.post(
    "/v1/district-programmes/{programme_id}/confirm",
    name="confirm_district_programme",
    summary="确认区级支持政策",
    description="由登记人以外的本区人员核对文件后确认，自施行日期起公开；更正的，原项不再列示。依据：四（二）3。",
    response_model=ProgrammeEntryOut,
    responses=VERSIONED,
)
async def confirm_district_programme(
    session: Session, actor: DistrictDesk, programme_id: ProgrammeKey, if_match: IfMatch = None
) -> DistrictProgramme:
    """Let a programme count. Raises SameOfficer for its author, WrongStatus if what it replaces has changed."""
    programme = await locked_as_read(session, DistrictProgramme, programme_id, if_match)
    programme.expect("entered")
    if programme.replaces is not None:
        replaced = await session.get_one(DistrictProgramme, programme.replaces, with_for_update=True)
        replaced.expect("confirmed")
        replaced.status = "replaced"
        await session.flush()
    case = Case(programme.id, programme.district)
    await record_act(session, "confirm_district_programme", case, duty="confirm_programme", name=programme.name)
    return await _decided(session, actor, programme, "confirmed")


@router.post(
    "/v1/district-programmes/{programme_id}/return",
    name="return_district_programme",
    summary="退回区级支持政策",
    description="由登记人以外的本区人员说明理由退回，登记人更正后另行登记。依据：四（二）3。",
    response_model=ProgrammeEntryOut,
    responses=VERSIONED,
)
async def return_district_programme(
    session: Session, actor: DistrictDesk, programme_id: ProgrammeKey, body: ProgrammeReason, if_match: IfMatch = None
) -> DistrictProgramme:
    """Return an entry to its author with a reason. Raises SameOfficer for its author."""
    programme = await locked_as_read(session, DistrictProgramme, programme_id, if_match)
    programme.expect("entered")
    case, told = Case(programme.id, programme.district), {"name": programme.name}
    await record_act(session, "return_district_programme", case, reason=body.reason, duty="confirm_programme", **told)
    return await _decided(session, actor, programme, "returned", body.reason)


@router.post(
    "/v1/district-programmes/{programme_id}/withdraw",
    name="withdraw_district_programme",
    summary="撤回区级支持政策登记",
    description="登记人说明理由撤回自己登记、尚未确认的一项。依据：四（二）3。",
    response_model=ProgrammeEntryOut,
    responses=VERSIONED,
)
async def withdraw_district_programme(
    session: Session, actor: DistrictDesk, programme_id: ProgrammeKey, body: ProgrammeReason, if_match: IfMatch = None
) -> DistrictProgramme:
    """Take back one's own entry before it is confirmed. Raises Forbidden for anyone else."""
    programme = await locked_as_read(session, DistrictProgramme, programme_id, if_match)
    if programme.entered_by != actor.subject:
        raise Forbidden("只能撤回本人登记的；有问题的请由其他人员退回")
    programme.expect("entered")
    case, told = Case(programme.id, programme.district), {"name": programme.name}
    await record_act(session, "withdraw_district_programme", case, reason=body.reason, duty="enter_programme", **told)
    return await _decided(session, actor, programme, "withdrawn", body.reason)


@router.post(
    "/v1/district-programmes/{programme_id}/end",
    name="end_district_programme",
    summary="终止区级支持政策",
    description="区发展改革委负责人写明截止日期和理由，终止已确认的一项；日期有误的以更正登记改正。依据：四（二）3。",
    response_model=ProgrammeEntryOut,
    responses=VERSIONED,
)
async def end_district_programme(
    session: Session,
    actor: DistrictSupervisor,
    programme_id: ProgrammeKey,
    body: ProgrammeEndIn,
    if_match: IfMatch = None,
) -> DistrictProgramme:
    """Set the last day of a confirmed programme. Raises WrongStatus, Invalid for a day outside of its period."""
    programme = await locked_as_read(session, DistrictProgramme, programme_id, if_match)
    programme.expect("confirmed")
    last = programme.valid_to
    if body.ends_on < programme.valid_from or (last is not None and body.ends_on >= last):
        until = f"、早于原截止日期 {last}" if last else ""
        raise Invalid(f"截止日期须不早于施行日期 {programme.valid_from}{until}", field="/body/ends_on")
    programme.valid_to, programme.end_reason, programme.ended_at = body.ends_on, body.reason, now(session)
    programme.ended_by, programme.ended_by_name = actor.subject, actor.name
    case, told = Case(programme.id, programme.district), {"ends_on": body.ends_on.isoformat()}
    await record_act(session, "end_district_programme", case, reason=body.reason, **told)
    await session.flush()
    return programme


async def _decided(
    session: AsyncSession, actor: Actor, programme: DistrictProgramme, status: str, reason: str | None = None
) -> DistrictProgramme:
    programme.decide(status, (actor.subject, actor.name), now(session), reason)
    await session.flush()
    return programme


async def _expect_replaceable(session: AsyncSession, body: ProgrammeIn) -> None:
    """Raise Invalid unless the programme that is corrected is a confirmed one of the district."""
    if body.replaces is None:
        return
    known = await session.get(DistrictProgramme, body.replaces)
    if known is None or known.district != body.district or known.status != "confirmed":
        raise Invalid("只能更正本区已确认的一项，请核对标识", field="/body/replaces")


async def _refuse_known(session: AsyncSession, body: ProgrammeIn) -> None:
    """Raise Duplicate for a programme of the same name and first day that waits or counts, however it is spelled.

    Entries take turns by a lock, so that two of one name do not pass side by side.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PROGRAMMES_LOCK})
    programme = DistrictProgramme
    asked = select(programme.id, programme.document_no).where(
        programme.district == body.district,
        programme.name_form == normal_name(body.name),
        programme.valid_from == body.valid_from,
        programme.status.in_(("entered", "confirmed")),
    )
    for known in await session.execute(asked):
        if known.id != body.replaces:
            told = f"本区已登记同名、同一施行日期的政策（{known.document_no}），请核对；更正的请填 replaces"
            raise Duplicate(told, field="/body/name")


def _entered(session: AsyncSession, actor: Actor, body: ProgrammeIn) -> DistrictProgramme:
    at = now(session)
    return DistrictProgramme(
        id=uuid7(at),
        status="entered",
        entered_by=actor.subject,
        entered_by_name=actor.name,
        entered_at=at,
        **body.model_dump(),
    )
