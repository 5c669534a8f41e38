"""HTTP of inspection findings: rectification and review (四（一）3)."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.api.parameters import FindingId
from services.monitoring.models.inspections import Finding
from services.monitoring.rules.code_lists import FindingKind, FindingState
from services.monitoring.schemas.findings import FindingOut, RectificationIn, RectificationReviewIn
from shared.contracts.library import DistrictCode
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, settings_of, today
from shared.storage.versions import etag, locked_as_read
from shared.web.auth import Anyone, Applicant, Inspector
from shared.web.filters import dates, flag, one_of, search
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["核查问题"])


FINDINGS = Listing(
    one_of("district", Finding.district, DistrictCode, "所在区"),
    one_of("state", Finding.state, FindingState, "整改状态"),
    one_of("kind", Finding.kind, FindingKind, "问题类别"),
    one_of("declaration_id", Finding.declaration_id, UUID, "项目"),
    flag("grave", Finding.grave, "是否严重"),
    flag("overdue", Finding.overdue_since.is_not(None) & (Finding.state == "open"), "是否逾期未整改"),
    dates("found_on", Finding.found_on, "发现日期"),
    dates("rectify_by", Finding.rectify_by, "整改期限"),
    search("问题描述", Finding.description),
    sorts={
        "id": Finding.id,
        "found_on": Finding.found_on,
        "rectify_by": Finding.rectify_by,
        "closed_on": Finding.closed_on,
    },
    key=Finding.id,
    default="id",
)


@router.get(
    "/v1/findings",
    name="list_findings",
    summary="核查问题列表",
    description="列出调用者可见的核查问题，可按区、状态、项目、是否严重和是否逾期筛选。",
)
async def list_findings(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(FINDINGS)]
) -> Page[FindingOut]:
    """Return the findings that the caller may see."""
    return await asked.page(session, select(Finding), FindingOut.model_validate)


@router.get(
    "/v1/findings/{finding_id}",
    response_model=FindingOut,
    name="read_finding",
    summary="读取核查问题",
    description="读取一个核查问题及其整改情况。",
    responses=VERSIONED,
)
async def read_finding(session: ReadSession, actor: Anyone, finding_id: FindingId, response: Response) -> Finding:
    """Return one finding."""
    finding = await found(session, Finding, finding_id)
    response.headers["etag"] = etag(finding)
    return finding


@router.post(
    "/v1/findings/{finding_id}/rectify",
    response_model=FindingOut,
    name="rectify_finding",
    summary="报送整改情况",
    description="项目单位对整改中的问题报送整改情况。依据：四（一）3。",
)
async def rectify_finding(
    session: Session, actor: Applicant, finding_id: FindingId, rectification: RectificationIn
) -> Finding:
    """Record the owner's rectification. 四（一）3"""
    finding = await locked(session, Finding, finding_id)
    finding.rectify(rectification.text, today(session))
    await _record(session, "rectify_finding", finding, rectification.text, "report")
    return finding


@router.post(
    "/v1/findings/{finding_id}/close",
    response_model=FindingOut,
    name="close_finding",
    summary="复核销号",
    description="核查人员复核整改情况，同意销号或退回继续整改；不得由核查过本项目的人员复核。依据：四（一）3。",
)
async def close_finding(
    session: Session,
    actor: Inspector,
    finding_id: FindingId,
    judgement: RectificationReviewIn,
    if_match: IfMatch = None,
) -> Finding:
    """Accept the rectification or send it back; an inspector of the project may not. 四（一）3"""
    finding = await locked_as_read(session, Finding, finding_id, if_match)
    again_by = today(session) + timedelta(days=settings_of(session).rectification_due_days)
    finding.judge(judgement.accepted, judgement.reason, today(session), again_by)
    await _record(session, "close_finding", finding, judgement.reason, "close_inspection", accepted=judgement.accepted)
    return finding


async def _record(session: AsyncSession, act: str, finding: Finding, reason: str, duty: str, **detail: Any) -> None:
    await record_act(
        session,
        act,
        case_of(finding),
        reason=reason,
        duty=duty,
        finding=str(finding.id),
        **detail,
    )
