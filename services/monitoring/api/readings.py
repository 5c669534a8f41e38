"""HTTP of online monitoring: meters, readings in batches, and what was out of range (四（一）3)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.readings import Meter, Reading, ReadingFinding
from services.monitoring.readings import ReadingOutcome, SubmittedReading, record_readings
from services.monitoring.rules.code_lists import ReadingStatus
from shared.clock import uuid7
from shared.contracts.library import DistrictCode
from shared.money import Quantity
from shared.storage.audit import case_of, record_act
from shared.storage.session import etag, expect_version, found, locked, now
from shared.text import Line
from shared.web.auth import Anyone, ApplicantOrSystem, CityOrInspector, OfficerOrInspector
from shared.web.filters import dates, flag, moments, one_of
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["在线监测"])
Kind = Literal["electricity_kwh", "gas_m3", "heat_gj", "pv_output_kwh", "progress_ratio"]
FindingState = Literal["open", "closed"]
Period = Literal["hour", "day", "month"]


def _in_our_time(instant: datetime) -> datetime:
    if not 2000 <= instant.year <= 2200:
        raise ValueError("时刻须在 2000 年至 2200 年之间")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_in_our_time)]


class Bounds(BaseModel):
    """What one reading of the meter may show; a bound left out is not checked."""

    model_config = ConfigDict(extra="forbid")

    label: Line = Field(title="名称")
    period: Period = Field(title="每次读数覆盖的时段")
    low: Quantity | None = Field(None, title="下限")
    high: Quantity | None = Field(None, title="上限")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("下限不得大于上限")
        return self


class NewMeter(Bounds):
    """A measuring point to follow."""

    meter_no: Line = Field(title="计量点编号")
    kind: Kind = Field(title="计量内容")


class MeterOut(BaseModel):
    """A measuring point and its bounds."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    declaration_id: UUID
    district: str
    meter_no: str
    label: str
    kind: Kind
    period: Period
    low: Quantity | None
    high: Quantity | None
    version: int


class ReadingIn(BaseModel):
    """What a meter showed; sent again it changes nothing."""

    model_config = ConfigDict(extra="forbid")

    meter_id: UUID = Field(title="计量点标识")
    measured_at: Instant = Field(title="计量时刻", description="须带时区")
    value: Quantity = Field(title="读数")


class Batch(BaseModel):
    """Readings of any meters the sender may see."""

    model_config = ConfigDict(extra="forbid")

    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=1000)]


class ReadingResult(BaseModel):
    """What became of one row."""

    index: int
    status: ReadingStatus
    out_of_range: bool


class BatchResult(BaseModel):
    """One result per row, in the order sent."""

    results: list[ReadingResult]


class ReadingOut(BaseModel):
    """A reading as kept."""

    model_config = ConfigDict(from_attributes=True)

    measured_at: datetime
    value: Quantity
    out_of_range: bool
    received_from: str


class ReadingFindingOut(BaseModel):
    """A meter out of its bounds on a day."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    meter_id: UUID
    declaration_id: UUID
    district: str
    quantity: str
    value: Quantity
    threshold: str
    measured_on: date
    state: Literal["open", "closed"]
    closed: dict[str, Any] | None


class Closing(BaseModel):
    """Why a finding is closed."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(title="处理情况")


@router.post("/v1/files/{declaration_id}/meters", status_code=201, response_model=MeterOut, name="add_meter")
async def add_meter(
    session: Session, actor: CityOrInspector, declaration_id: UUID, new: NewMeter, response: Response
) -> Meter:
    """Follow a measuring point of a project."""
    file = await locked(session, ProjectFile, declaration_id)
    file.expect_open()
    scope = {"district": file.district, "applicant_uscc": file.applicant_uscc}
    meter = Meter(id=uuid7(now(session)), declaration_id=declaration_id, **scope, **new.model_dump())
    session.add(meter)
    await record_act(session, "add_meter", case_of(file), meter_no=new.meter_no)
    response.headers["location"] = f"/v1/meters/{meter.id}"
    await session.flush()
    return meter


METERS = Listing(
    one_of("kind", Meter.kind, Kind, "计量内容"),
    sorts={"meter_no": Meter.meter_no, "kind": Meter.kind},
    key=Meter.id,
    default="meter_no",
)


@router.get("/v1/files/{declaration_id}/meters", name="list_meters")
async def list_meters(
    session: ReadSession, actor: Anyone, declaration_id: UUID, asked: Annotated[PageRequest, Depends(METERS)]
) -> Page[MeterOut]:
    """Return the measuring points of a project."""
    await found(session, ProjectFile, declaration_id)
    return await asked.page(
        session, select(Meter).where(Meter.declaration_id == declaration_id), MeterOut.model_validate
    )


@router.get("/v1/meters/{meter_id}", response_model=MeterOut, name="read_meter")
async def read_meter(session: ReadSession, actor: Anyone, meter_id: UUID, response: Response) -> Meter:
    """One measuring point; its ETag goes into If-Match."""
    meter = await found(session, Meter, meter_id)
    response.headers["etag"] = etag(meter)
    return meter


@router.put("/v1/meters/{meter_id}", response_model=MeterOut, name="set_meter_bounds")
async def set_meter_bounds(
    session: Session,
    actor: CityOrInspector,
    meter_id: UUID,
    bounds: Bounds,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> Meter:
    """Change the bounds; readings already judged stay as they were judged."""
    meter = await locked(session, Meter, meter_id)
    expect_version(meter, if_match)
    for name, value in bounds.model_dump().items():
        setattr(meter, name, value)
    await record_act(session, "set_meter_bounds", case_of(meter), **bounds.model_dump(mode="json"))
    await session.flush()
    response.headers["etag"] = etag(meter)
    return meter


@router.post("/v1/readings:batch", status_code=207, response_model=BatchResult, name="gather_readings")
async def gather_readings(session: Session, actor: ApplicantOrSystem, batch: Batch) -> dict[str, list[ReadingOutcome]]:
    """Take in up to 1000 readings; each row has its own result. 四（一）3"""
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


@router.get("/v1/meters/{meter_id}/readings", name="list_readings")
async def list_readings(
    session: ReadSession, actor: Anyone, meter_id: UUID, asked: Annotated[PageRequest, Depends(READINGS)]
) -> Page[ReadingOut]:
    """Return the series of a meter, oldest first."""
    await found(session, Meter, meter_id)
    return await asked.page(session, select(Reading).where(Reading.meter_id == meter_id), ReadingOut.model_validate)


READING_FINDINGS = Listing(
    one_of("district", ReadingFinding.district, DistrictCode, "所在区"),
    one_of("declaration_id", ReadingFinding.declaration_id, UUID, "项目"),
    one_of("state", ReadingFinding.state, FindingState, "处理状态"),
    dates("measured_on", ReadingFinding.measured_on, "测量日期"),
    sorts={"id": ReadingFinding.id, "measured_on": ReadingFinding.measured_on},
    key=ReadingFinding.id,
    default="id",
)


@router.get("/v1/reading-findings", name="list_reading_findings")
async def list_reading_findings(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(READING_FINDINGS)]
) -> Page[ReadingFindingOut]:
    """Return the readings that were out of range."""
    return await asked.page(session, select(ReadingFinding), ReadingFindingOut.model_validate)


@router.post("/v1/reading-findings/{finding_id}/close", response_model=ReadingFindingOut, name="close_reading_finding")
async def close_reading_finding(
    session: Session, actor: OfficerOrInspector, finding_id: UUID, closing: Closing
) -> ReadingFinding:
    """An officer has looked into it. 四（一）3"""
    finding = await locked(session, ReadingFinding, finding_id)
    finding.close(actor.subject, now(session), closing.reason)
    await record_act(
        session,
        "close_reading_finding",
        case_of(finding),
        reason=closing.reason,
        finding=str(finding_id),
    )
    return finding
