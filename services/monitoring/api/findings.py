"""HTTP of what inspections found: rectification and closing (四（一）3)."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.inspections import Finding, Inspection
from shared.contracts.library import DistrictCode
from shared.errors import SameOfficer
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, settings_of, today
from shared.text import Line, Paragraph
from shared.web.auth import Anyone, Applicant, Inspector
from shared.web.filters import dates, flag, one_of, search
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["核查问题"])
State = Literal["open", "rectified", "closed"]
Kind = Literal[
    "funds_diverted",
    "scale_changed",
    "not_started",
    "stopped",
    "targets_at_risk",
    "safety",
    "records_missing",
    "obstructed",
    "false_material",
    "other_municipal_funds",
    "other",
]


class Found(BaseModel):
    """One thing found. Diversion, false material and hidden municipal money are always grave. 四（一）1, 二（五）"""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field(title="问题类别")
    clause: Annotated[Line, Field(max_length=40)] = Field(title="所涉条款", examples=["四（一）1"])
    grave: bool = Field(False, title="严重")
    amount_yuan: Money | None = Field(None, title="涉及金额（元）")
    description: Paragraph = Field(title="问题描述")
    evidence: Annotated[list[Line], Field(max_length=50)] = Field([], title="佐证材料编号")


class FindingOut(BaseModel):
    """A finding and its rectification."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    inspection_id: UUID
    declaration_id: UUID
    district: str
    kind: str
    clause: str
    grave: bool
    amount_yuan: Money | None
    description: str
    evidence: list[str]
    found_on: date
    state: State
    rectify_by: date
    overdue_since: date | None
    rectification: str | None
    rectified_on: date | None
    closing: str | None
    closed_on: date | None


class Rectification(BaseModel):
    """What was put right."""

    model_config = ConfigDict(extra="forbid")

    text: Paragraph = Field(title="整改情况")


class Judgement(BaseModel):
    """Whether the rectification is accepted, and why."""

    model_config = ConfigDict(extra="forbid")

    accepted: bool = Field(title="同意销号")
    reason: Paragraph = Field(title="复核意见")


FINDINGS = Listing(
    one_of("district", Finding.district, DistrictCode, "所在区"),
    one_of("state", Finding.state, State, "整改状态"),
    one_of("kind", Finding.kind, Kind, "问题类别"),
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


@router.get("/v1/findings", name="list_findings")
async def list_findings(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(FINDINGS)]
) -> Page[FindingOut]:
    """Return the findings that the caller may see."""
    return await asked.page(session, select(Finding), FindingOut.model_validate)


@router.get("/v1/findings/{finding_id}", response_model=FindingOut, name="read_finding")
async def read_finding(session: ReadSession, actor: Anyone, finding_id: UUID) -> Finding:
    """One finding."""
    return await found(session, Finding, finding_id)


@router.post("/v1/findings/{finding_id}/rectify", response_model=FindingOut, name="rectify_finding")
async def rectify_finding(
    session: Session, actor: Applicant, finding_id: UUID, rectification: Rectification
) -> Finding:
    """The project owner reports what was put right. 四（一）3"""
    finding = await locked(session, Finding, finding_id)
    finding.rectify(rectification.text, today(session))
    await _record(session, "rectify_finding", finding, rectification.text, None)
    return finding


@router.post("/v1/findings/{finding_id}/close", response_model=FindingOut, name="close_finding")
async def close_finding(session: Session, actor: Inspector, finding_id: UUID, judgement: Judgement) -> Finding:
    """Another inspector than the one who found it accepts the rectification or sends it back. 四（一）3"""
    finding = await locked(session, Finding, finding_id)
    inspection = await found(session, Inspection, finding.inspection_id)
    if inspection.inspector == actor.subject:
        raise SameOfficer("核查发现与销号须由不同人员承担")
    again_by = today(session) + timedelta(days=settings_of(session).rectification_due_days)
    finding.judge(judgement.accepted, judgement.reason, today(session), again_by)
    await _record(session, "close_finding", finding, judgement.reason, "close_inspection", accepted=judgement.accepted)
    return finding


async def _record(
    session: AsyncSession, act: str, finding: Finding, reason: str, duty: str | None, **detail: Any
) -> None:
    await record_act(
        session,
        act,
        case_of(finding),
        reason=reason,
        duty=duty,
        finding=str(finding.id),
        **detail,
    )
