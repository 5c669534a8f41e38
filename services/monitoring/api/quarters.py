"""HTTP of quarterly reports (四（一）2)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.api.parameters import DeclarationId, QuarterCode
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.quarters import ProjectQuarter, QuarterSubmission
from services.monitoring.quarters import check_report, submit_report
from services.monitoring.rules.code_lists import QuarterState
from services.monitoring.rules.quarters import QuarterReport
from services.monitoring.schemas.quarters import (
    QuarterDetailOut,
    QuarterDraftOut,
    QuarterOut,
    QuarterReturnIn,
    QuarterSubmissionOut,
)
from shared.contracts.library import DistrictCode, Quarter
from shared.deadlines import working_days_after
from shared.errors import NotFound
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, settings_of, today
from shared.storage.versions import etag, expect_version
from shared.web.auth import Anyone, Applicant, DistrictOfficer
from shared.web.filters import dates, flag, moments, one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["季度台账"])


_WAITING = ProjectQuarter.overdue_since.is_not(None) & ProjectQuarter.state.in_(("open", "returned"))
QUARTERS = Listing(
    one_of("district", ProjectQuarter.district, DistrictCode, "所在区"),
    one_of("quarter", ProjectQuarter.quarter, Quarter, "季度"),
    one_of("state", ProjectQuarter.state, QuarterState, "季报状态"),
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


@router.get(
    "/v1/quarters",
    name="list_quarters",
    summary="季报列表",
    description=(
        "列出调用者可见的全部季报，供项目单位、区级和市级办理；可按区、季度、状态和是否逾期筛选。依据：四（一）2。"
    ),
)
async def list_quarters(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(QUARTERS)]
) -> Page[QuarterOut]:
    """Return the quarterly reports of all projects that the caller may see. 四（一）2"""
    return await asked.page(session, select(ProjectQuarter), QuarterOut.model_validate)


FILE_QUARTERS = Listing(
    one_of("state", ProjectQuarter.state, QuarterState, "季报状态"),
    sorts={"quarter": ProjectQuarter.quarter, "due_on": ProjectQuarter.due_on},
    key=ProjectQuarter.id,
    default="quarter",
)


@router.get(
    "/v1/files/{declaration_id}/quarters",
    name="list_file_quarters",
    summary="项目季报列表",
    description="列出一个项目的各季度季报，按季度排列。",
)
async def list_file_quarters(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    asked: Annotated[PageRequest, Depends(FILE_QUARTERS)],
) -> Page[QuarterOut]:
    """Return the quarters of one project."""
    await found(session, ProjectFile, declaration_id)
    query = select(ProjectQuarter).where(ProjectQuarter.declaration_id == declaration_id)
    return await asked.page(session, query, QuarterOut.model_validate)


@router.get(
    "/v1/files/{declaration_id}/quarters/{quarter}",
    response_model=QuarterDetailOut,
    name="read_quarter",
    summary="读取季报",
    description="读取一个季度的季报和已填内容；响应头 ETag 用于保存草稿时的 If-Match。",
    responses=VERSIONED,
)
async def read_quarter(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, quarter: QuarterCode, response: Response
) -> ProjectQuarter:
    """Return one quarter with its report; its ETag goes into If-Match."""
    row = await _quarter(session, declaration_id, quarter)
    response.headers["etag"] = etag(row)
    return row


SUBMISSIONS = Listing(
    sorts={"round": QuarterSubmission.round, "submitted_at": QuarterSubmission.submitted_at},
    key=QuarterSubmission.id,
    default="round",
)


@router.get(
    "/v1/files/{declaration_id}/quarters/{quarter}/submissions",
    name="list_quarter_submissions",
    summary="季报历次报送",
    description="列出一个季度历次报送的季报原文和提示。",
)
async def list_quarter_submissions(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    quarter: QuarterCode,
    asked: Annotated[PageRequest, Depends(SUBMISSIONS)],
) -> Page[QuarterSubmissionOut]:
    """Return the submitted reports of one quarter, one row per round."""
    row = await _quarter(session, declaration_id, quarter)
    query = select(QuarterSubmission).where(QuarterSubmission.quarter_id == row.id)
    return await asked.page(session, query, QuarterSubmissionOut.model_validate)


@router.put(
    "/v1/files/{declaration_id}/quarters/{quarter}",
    response_model=QuarterDraftOut,
    name="draft_quarter",
    summary="保存季报草稿",
    description=(
        "项目单位保存季报草稿，不报送；须带 If-Match。"
        "返回报送前须改正的错误和可随报的提示。已报送的季报须先由区级退回。"
    ),
    responses=VERSIONED,
)
async def draft_quarter(
    session: Session,
    actor: Applicant,
    declaration_id: DeclarationId,
    quarter: QuarterCode,
    report: QuarterReport,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Store the draft and return what would stop or accompany its submission."""
    file = await found(session, ProjectFile, declaration_id)
    row = await _quarter(session, declaration_id, quarter, lock=True)
    expect_version(row, if_match)
    row.draft(report.model_dump(mode="json"))
    await session.flush()
    response.headers["etag"] = etag(row)
    remarks = await check_report(session, file, row, report)
    shown = {name: getattr(row, name) for name in QuarterDetailOut.model_fields}
    return {**shown, "remarks": [remark.to_json() for remark in remarks]}


@router.post(
    "/v1/files/{declaration_id}/quarters/{quarter}/submit",
    response_model=QuarterDetailOut,
    name="submit_quarter",
    summary="报送季报",
    description=(
        "项目单位在季度结束后报送季报；有错误不予接收，提示随季报保存。逾期报送记为信用事由 G6。依据：四（一）2。"
    ),
)
async def submit_quarter(
    session: Session, actor: Applicant, declaration_id: DeclarationId, quarter: QuarterCode, if_match: IfMatch = None
) -> ProjectQuarter:
    """Submit the report; errors refuse it, warnings are stored with it. 四（一）2"""
    file = await locked(session, ProjectFile, declaration_id)
    row = await _quarter(session, declaration_id, quarter, lock=True)
    expect_version(row, if_match)
    await submit_report(session, file, row)
    return row


@router.post(
    "/v1/files/{declaration_id}/quarters/{quarter}/confirm",
    response_model=QuarterOut,
    name="confirm_quarter",
    summary="确认季报",
    description="区发展改革委经办确认已报送的季报。依据：四（一）2。",
)
async def confirm_quarter(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    quarter: QuarterCode,
    if_match: IfMatch = None,
) -> ProjectQuarter:
    """Confirm the submitted report. 四（一）2"""
    row = await _quarter(session, declaration_id, quarter, lock=True)
    expect_version(row, if_match)
    row.confirm(now(session))
    await _record(session, "confirm_quarter", row, None)
    return row


@router.post(
    "/v1/files/{declaration_id}/quarters/{quarter}/return",
    response_model=QuarterOut,
    name="return_quarter",
    summary="退回季报",
    description="区发展改革委经办退回已报送的季报并说明原因，系统给出补正期限。依据：四（一）2。",
)
async def return_quarter(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    quarter: QuarterCode,
    returning: QuarterReturnIn,
    if_match: IfMatch = None,
) -> ProjectQuarter:
    """Return the submitted report with reasons and a correction date. 四（一）2"""
    (await locked(session, ProjectFile, declaration_id)).expect_open()
    row = await _quarter(session, declaration_id, quarter, lock=True)
    expect_version(row, if_match)
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
        raise NotFound(f"该项目没有 {quarter} 季报，已有季度见项目季报列表")
    return row


async def _record(session: AsyncSession, act: str, row: ProjectQuarter, reason: str | None) -> None:
    await record_act(
        session,
        act,
        case_of(row),
        reason=reason,
        duty="confirm_report",
        quarter=row.quarter,
        round=row.round,
    )
