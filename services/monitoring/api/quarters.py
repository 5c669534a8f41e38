"""HTTP of the quarterly project ledger (四（一）2)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.quarters import ProjectQuarter, QuarterSubmission
from services.monitoring.quarters import check_report, submit_report
from services.monitoring.rules.quarters import QuarterReport
from shared.contracts.library import DistrictCode
from shared.contracts.library import Quarter as QuarterCode
from shared.deadlines import working_days_after
from shared.errors import NotFound
from shared.storage.audit import case_of, record_act
from shared.storage.session import etag, expect_version, found, locked, now, settings_of, today
from shared.text import Line
from shared.web.auth import Anyone, Applicant, DistrictOfficer
from shared.web.filters import dates, flag, moments, one_of
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["季度台账"])
State = Literal["open", "submitted", "returned", "confirmed"]
Quarter = Annotated[QuarterCode, Path(description="季度，如 2024Q1")]


class RemarkOut(BaseModel):
    """One thing wrong or odd in a report."""

    severity: Literal["error", "warning"]
    pointer: str
    code: str
    detail: str


class QuarterOut(BaseModel):
    """A project's quarter and where it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    declaration_id: UUID
    district: str
    quarter: str
    due_on: date
    calendar_known: bool
    state: State
    round: int
    late: bool
    overdue_since: date | None
    submitted_at: datetime | None
    confirmed_at: datetime | None
    return_reasons: list[str]
    correct_by: date | None
    warnings: list[RemarkOut]
    version: int


class QuarterDetail(QuarterOut):
    """A quarter with its report as filled in so far."""

    report: QuarterReport | None


class Drafted(QuarterDetail):
    """A saved draft and what would stop or accompany its submission."""

    remarks: list[RemarkOut]


class SubmissionOut(BaseModel):
    """A report as it was handed in."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    quarter: str
    round: int
    late: bool
    report: QuarterReport
    warnings: list[RemarkOut]
    submitted_by: str
    submitted_at: datetime


class Returning(BaseModel):
    """Why a report goes back."""

    model_config = ConfigDict(extra="forbid")

    reasons: Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(title="退回原因")


_WAITING = ProjectQuarter.overdue_since.is_not(None) & ProjectQuarter.state.in_(("open", "returned"))
QUARTERS = Listing(
    one_of("district", ProjectQuarter.district, DistrictCode, "所在区"),
    one_of("quarter", ProjectQuarter.quarter, QuarterCode, "季度"),
    one_of("state", ProjectQuarter.state, State, "季报状态"),
    one_of("declaration_id", ProjectQuarter.declaration_id, UUID, "项目"),
    flag("overdue", _WAITING, "是否逾期未报"),
    flag("late", ProjectQuarter.late, "是否迟报"),
    dates("due_on", ProjectQuarter.due_on, "报送期限"),
    moments("submitted_at", ProjectQuarter.submitted_at, "报送时间"),
    sorts={
        "id": ProjectQuarter.id,
        "quarter": ProjectQuarter.quarter,
        "district": ProjectQuarter.district,
        "due_on": ProjectQuarter.due_on,
        "submitted_at": ProjectQuarter.submitted_at,
    },
    key=ProjectQuarter.id,
    default="id",
)


@router.get("/v1/quarters", name="list_quarters")
async def list_quarters(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(QUARTERS)]
) -> Page[QuarterOut]:
    """Return the quarterly reports of all projects that the caller may see: the worklist of a district or the city."""
    return await asked.page(session, select(ProjectQuarter), QuarterOut.model_validate)


FILE_QUARTERS = Listing(
    one_of("state", ProjectQuarter.state, State, "季报状态"),
    sorts={"quarter": ProjectQuarter.quarter, "due_on": ProjectQuarter.due_on},
    key=ProjectQuarter.id,
    default="quarter",
)


@router.get("/v1/files/{declaration_id}/quarters", name="list_file_quarters")
async def list_file_quarters(
    session: ReadSession, actor: Anyone, declaration_id: UUID, asked: Annotated[PageRequest, Depends(FILE_QUARTERS)]
) -> Page[QuarterOut]:
    """Return the quarters of one project, oldest first."""
    await found(session, ProjectFile, declaration_id)
    query = select(ProjectQuarter).where(ProjectQuarter.declaration_id == declaration_id)
    return await asked.page(session, query, QuarterOut.model_validate)


@router.get("/v1/files/{declaration_id}/quarters/{quarter}", response_model=QuarterDetail, name="read_quarter")
async def read_quarter(
    session: ReadSession, actor: Anyone, declaration_id: UUID, quarter: Quarter, response: Response
) -> ProjectQuarter:
    """One quarter with its report; its ETag goes into If-Match."""
    row = await _quarter(session, declaration_id, quarter)
    response.headers["etag"] = etag(row)
    return row


SUBMISSIONS = Listing(
    sorts={"round": QuarterSubmission.round, "submitted_at": QuarterSubmission.submitted_at},
    key=QuarterSubmission.id,
    default="round",
)


@router.get("/v1/files/{declaration_id}/quarters/{quarter}/submissions", name="list_quarter_submissions")
async def list_quarter_submissions(
    session: ReadSession,
    actor: Anyone,
    declaration_id: UUID,
    quarter: Quarter,
    asked: Annotated[PageRequest, Depends(SUBMISSIONS)],
) -> Page[SubmissionOut]:
    """Return the report as it was handed in, one row for each round."""
    row = await _quarter(session, declaration_id, quarter)
    query = select(QuarterSubmission).where(QuarterSubmission.quarter_id == row.id)
    return await asked.page(session, query, SubmissionOut.model_validate)


@router.put("/v1/files/{declaration_id}/quarters/{quarter}", response_model=Drafted, name="draft_quarter")
async def draft_quarter(
    session: Session,
    actor: Applicant,
    declaration_id: UUID,
    quarter: Quarter,
    report: QuarterReport,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """Save the report without handing it in; the answer says what would stop it."""
    file = await found(session, ProjectFile, declaration_id)
    row = await _quarter(session, declaration_id, quarter, lock=True)
    expect_version(row, if_match)
    row.draft(report.model_dump(mode="json"))
    await session.flush()
    response.headers["etag"] = etag(row)
    remarks = await check_report(session, file, row, report)
    shown = {name: getattr(row, name) for name in QuarterDetail.model_fields}
    return {**shown, "remarks": [remark.to_json() for remark in remarks]}


@router.post(
    "/v1/files/{declaration_id}/quarters/{quarter}/submit", response_model=QuarterDetail, name="submit_quarter"
)
async def submit_quarter(session: Session, actor: Applicant, declaration_id: UUID, quarter: Quarter) -> ProjectQuarter:
    """Hand the report in. Warnings stay beside it; an error refuses it. 四（一）2"""
    file = await locked(session, ProjectFile, declaration_id)
    row = await _quarter(session, declaration_id, quarter, lock=True)
    await submit_report(session, file, row)
    return row


@router.post("/v1/files/{declaration_id}/quarters/{quarter}/confirm", response_model=QuarterOut, name="confirm_quarter")
async def confirm_quarter(
    session: Session, actor: DistrictOfficer, declaration_id: UUID, quarter: Quarter
) -> ProjectQuarter:
    """The district accepts the report. 四（一）2"""
    row = await _quarter(session, declaration_id, quarter, lock=True)
    row.confirm(now(session))
    await _record(session, "confirm_quarter", row, None)
    return row


@router.post("/v1/files/{declaration_id}/quarters/{quarter}/return", response_model=QuarterOut, name="return_quarter")
async def return_quarter(
    session: Session, actor: DistrictOfficer, declaration_id: UUID, quarter: Quarter, returning: Returning
) -> ProjectQuarter:
    """The district sends the report back, with reasons and a day to correct it by."""
    (await locked(session, ProjectFile, declaration_id)).expect_open()
    row = await _quarter(session, declaration_id, quarter, lock=True)
    days = settings_of(session).quarter_due_working_days
    row.send_back(list(returning.reasons), working_days_after(today(session), days).on)
    await _record(session, "return_quarter", row, "；".join(returning.reasons))
    return row


async def _quarter(session: AsyncSession, declaration_id: UUID, quarter: str, *, lock: bool = False) -> ProjectQuarter:
    query = select(ProjectQuarter).where(
        ProjectQuarter.declaration_id == declaration_id, ProjectQuarter.quarter == quarter
    )
    row = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if row is None:
        raise NotFound(f"该项目没有 {quarter} 季报")
    return row


async def _record(session: AsyncSession, act: str, row: ProjectQuarter, reason: str | None) -> None:
    await record_act(
        session,
        act,
        case_of(row),
        reason=reason,
        quarter=row.quarter,
        round=row.round,
    )
