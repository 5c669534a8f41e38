"""HTTP of online monitoring: meters, readings, out-of-range findings (四（一）3)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select

from services.monitoring.api.parameters import DeclarationId, FindingId, MeterId
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.readings import Meter, Reading, ReadingFinding
from services.monitoring.readings import ReadingOutcome, SubmittedReading, record_readings
from services.monitoring.rules.code_lists import MeterKind, ReadingFindingState
from services.monitoring.schemas.readings import (
    MeterBoundsIn,
    MeterIn,
    MeterOut,
    ReadingBatchIn,
    ReadingBatchOut,
    ReadingFindingClosingIn,
    ReadingFindingOut,
    ReadingOut,
)
from shared.clock import uuid7
from shared.contracts.library import DistrictCode
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
from shared.storage.versions import etag, locked_as_read
from shared.web.auth import Anyone, ApplicantOrSystem, CityOrInspector, OfficerOrInspector
from shared.web.filters import dates, flag, moments, one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, PushRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["在线监测"])
pushes = APIRouter(route_class=PushRoute, tags=["在线监测"])


@router.post(
    "/v1/files/{declaration_id}/meters",
    status_code=201,
    response_model=MeterOut,
    name="add_meter",
    summary="登记计量点",
    description="市发展改革委经办或核查人员为未评价的项目登记计量点及其上下限。依据：四（一）3。",
)
async def add_meter(
    session: Session, actor: CityOrInspector, declaration_id: DeclarationId, new: MeterIn, response: Response
) -> Meter:
    """Add a meter to a project. 四（一）3"""
    file = await locked(session, ProjectFile, declaration_id)
    file.expect_open()
    scope = {"district": file.district, "applicant_uscc": file.applicant_uscc}
    meter = Meter(id=uuid7(now(session)), declaration_id=declaration_id, **scope, **new.model_dump())
    session.add(meter)
    await record_act(session, "add_meter", case_of(file), duty="record_facts", meter_no=new.meter_no)
    response.headers["location"] = f"/v1/meters/{meter.id}"
    await session.flush()
    return meter


METERS = Listing(
    one_of("kind", Meter.kind, MeterKind, "计量内容"),
    sorts={"meter_no": Meter.meter_no, "kind": Meter.kind},
    key=Meter.id,
    default="meter_no",
)


@router.get(
    "/v1/files/{declaration_id}/meters", name="list_meters", summary="计量点列表", description="列出一个项目的计量点。"
)
async def list_meters(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, asked: Annotated[PageRequest, Depends(METERS)]
) -> Page[MeterOut]:
    """Return the meters of a project."""
    await found(session, ProjectFile, declaration_id)
    return await asked.page(
        session, select(Meter).where(Meter.declaration_id == declaration_id), MeterOut.model_validate
    )


@router.get(
    "/v1/meters/{meter_id}",
    response_model=MeterOut,
    name="read_meter",
    summary="读取计量点",
    description="读取一个计量点；响应头 ETag 用于修改上下限时的 If-Match。",
    responses=VERSIONED,
)
async def read_meter(session: ReadSession, actor: Anyone, meter_id: MeterId, response: Response) -> Meter:
    """Return one meter; its ETag goes into If-Match."""
    meter = await found(session, Meter, meter_id)
    response.headers["etag"] = etag(meter)
    return meter


@router.put(
    "/v1/meters/{meter_id}",
    response_model=MeterOut,
    name="set_meter_bounds",
    summary="修改计量点",
    description="市发展改革委经办或核查人员修改计量点名称、时段和上下限；须带 If-Match。已判定的读数不变。",
    responses=VERSIONED,
)
async def set_meter_bounds(
    session: Session,
    actor: CityOrInspector,
    meter_id: MeterId,
    bounds: MeterBoundsIn,
    response: Response,
    if_match: IfMatch = None,
) -> Meter:
    """Change a meter; readings keep their earlier out-of-range result."""
    meter = await locked_as_read(session, Meter, meter_id, if_match)
    for name, value in bounds.model_dump().items():
        setattr(meter, name, value)
    await record_act(session, "set_meter_bounds", case_of(meter), duty="record_facts", **bounds.model_dump(mode="json"))
    await session.flush()
    response.headers["etag"] = etag(meter)
    return meter


@pushes.post(
    "/v1/readings:batch",
    status_code=207,
    response_model=ReadingBatchOut,
    name="submit_readings",
    summary="批量报送读数",
    description=(
        "项目单位或对接系统一次报送最多 1000 条读数，逐条返回结果；"
        "重复报送不改变已有读数。超出范围的按计量点和日期生成监测异常。依据：四（一）3。"
    ),
)
async def submit_readings(
    session: Session, actor: ApplicantOrSystem, batch: ReadingBatchIn
) -> dict[str, list[ReadingOutcome]]:
    """Store up to 1000 readings and return one result per row. 四（一）3"""
    return {
        "results": await record_readings(session, [SubmittedReading(**item.model_dump()) for item in batch.readings])
    }


READINGS = Listing(
    moments("measured_at", Reading.measured_at, "测量时间"),
    flag("out_of_range", Reading.out_of_range, "是否超出范围"),
    sorts={"measured_at": Reading.measured_at},
    key=Reading.measured_at,
    default="measured_at",
)


@router.get(
    "/v1/meters/{meter_id}/readings",
    name="list_readings",
    summary="读数列表",
    description="列出一个计量点的读数，按计量时刻排列。",
)
async def list_readings(
    session: ReadSession, actor: Anyone, meter_id: MeterId, asked: Annotated[PageRequest, Depends(READINGS)]
) -> Page[ReadingOut]:
    """Return the readings of a meter."""
    await found(session, Meter, meter_id)
    return await asked.page(session, select(Reading).where(Reading.meter_id == meter_id), ReadingOut.model_validate)


READING_FINDINGS = Listing(
    one_of("district", ReadingFinding.district, DistrictCode, "所在区"),
    one_of("declaration_id", ReadingFinding.declaration_id, UUID, "项目"),
    one_of("state", ReadingFinding.state, ReadingFindingState, "处理状态"),
    dates("measured_on", ReadingFinding.measured_on, "测量日期"),
    sorts={"id": ReadingFinding.id, "measured_on": ReadingFinding.measured_on},
    key=ReadingFinding.id,
    default="id",
)


@router.get(
    "/v1/reading-findings",
    name="list_reading_findings",
    summary="监测异常列表",
    description="列出调用者可见的监测异常。依据：四（一）3。",
)
async def list_reading_findings(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(READING_FINDINGS)]
) -> Page[ReadingFindingOut]:
    """Return the out-of-range findings that the caller may see. 四（一）3"""
    return await asked.page(session, select(ReadingFinding), ReadingFindingOut.model_validate)


@router.get(
    "/v1/reading-findings/{finding_id}",
    response_model=ReadingFindingOut,
    name="read_reading_finding",
    summary="读取监测异常",
    description="读取一项监测异常；响应头 ETag 用于处理时的 If-Match。依据：四（一）3。",
    responses=VERSIONED,
)
async def read_reading_finding(
    session: ReadSession, actor: Anyone, finding_id: FindingId, response: Response
) -> ReadingFinding:
    """Return one out-of-range finding. 四（一）3"""
    finding = await found(session, ReadingFinding, finding_id)
    response.headers["etag"] = etag(finding)
    return finding


@router.post(
    "/v1/reading-findings/{finding_id}/close",
    response_model=ReadingFindingOut,
    name="close_reading_finding",
    summary="处理监测异常",
    description="区级、市级经办或核查人员填写处理情况并关闭一项监测异常。依据：四（一）3。",
)
async def close_reading_finding(
    session: Session,
    actor: OfficerOrInspector,
    finding_id: FindingId,
    closing: ReadingFindingClosingIn,
    if_match: IfMatch = None,
) -> ReadingFinding:
    """Close an out-of-range finding. 四（一）3"""
    finding = await locked_as_read(session, ReadingFinding, finding_id, if_match)
    finding.close(actor.subject, now(session), closing.reason)
    await record_act(
        session,
        "close_reading_finding",
        case_of(finding),
        reason=closing.reason,
        duty="close_reading",
        finding=str(finding_id),
    )
    return finding
