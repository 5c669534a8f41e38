"""HTTP of site checks: risk, plan, assignment, completion (四（一）3)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.api.findings import FindingOut, Found
from services.monitoring.inspections import draw_plan, plan_single_inspection, project_risks, record_completion
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding, Inspection, InspectionPlan
from shared.contracts.library import DistrictCode
from shared.errors import Invalid
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, today
from shared.text import Line, Paragraph
from shared.web.auth import Anyone, CityOfficer, Inspector, Official
from shared.web.filters import dates, one_of
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["现场核查"])
State = Literal["planned", "assigned", "cleared", "completed"]


class RiskOut(BaseModel):
    """A project's risk and every reason for it."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID
    score: Decimal
    reasons: list[dict[str, Any]]


class NewPlan(BaseModel):
    """How many projects to draw for which quarter."""

    model_config = ConfigDict(extra="forbid")

    quarter: str = Field(pattern=r"^20[0-9]{2}Q[1-4]$", title="季度")
    size: int = Field(ge=1, le=500, title="抽取数量")


class PlanOut(BaseModel):
    """A drawn plan: who was drawn, with the reasons and the weights of the day."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    quarter: str
    size: int
    drawn: list[dict[str, Any]]
    weights: dict[str, Any]
    drawn_by: str
    drawn_at: datetime


class InspectionOut(BaseModel):
    """A site check."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    plan_id: UUID | None
    declaration_id: UUID
    district: str
    risk_score: Decimal
    reasons: list[dict[str, Any]]
    state: State
    inspector: str | None
    interest_statement: str | None
    inspected_on: date | None
    summary: str | None
    evidence: list[str]


class InspectionDetail(InspectionOut):
    """A site check with what it found."""

    findings: list[FindingOut]


class Occasion(BaseModel):
    """Why a project is checked outside the plan."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(title="核查事由")


class Assignment(BaseModel):
    """Who is to check."""

    model_config = ConfigDict(extra="forbid")

    inspector: Line = Field(title="核查人员账号")


class Interest(BaseModel):
    """The inspector's declaration of interests in the project."""

    model_config = ConfigDict(extra="forbid")

    conflict: bool = Field(title="存在利益关系，须回避")
    statement: Line = Field(title="声明内容")


class Completion(BaseModel):
    """What the check was and what it found; an empty list of findings is a clean check."""

    model_config = ConfigDict(extra="forbid")

    inspected_on: date = Field(title="核查日期")
    summary: Paragraph = Field(title="核查情况")
    evidence: Annotated[list[Line], Field(max_length=50)] = Field([], title="佐证材料编号（照片、记录）")
    findings: Annotated[list[Found], Field(max_length=50)] = Field([], title="发现的问题")


RISKS = MemoryListing(RiskOut, "score", "declaration_id", key="declaration_id", default="-score")


@router.get("/v1/inspection-risks", name="list_inspection_risks")
async def list_inspection_risks(
    session: ReadSession, actor: Official, asked: Annotated[MemoryPageRequest, Depends(RISKS)]
) -> Page[RiskOut]:
    """Return the projects by risk, the riskiest first, with the reasons."""
    return asked.page([RiskOut.model_validate(risk) for risk in await project_risks(session, today(session))])


@router.post("/v1/inspection-plans", status_code=201, response_model=PlanOut, name="plan_inspections")
async def plan_inspections(session: Session, actor: CityOfficer, wanted: NewPlan, response: Response) -> InspectionPlan:
    """Draw the quarter's projects by risk; ties by a stable hash; the reasons are kept. 四（一）3"""
    plan = await draw_plan(session, wanted.quarter, wanted.size)
    response.headers["location"] = f"/v1/inspection-plans/{plan.id}"
    return plan


@router.get("/v1/inspection-plans/{plan_id}", response_model=PlanOut, name="read_inspection_plan")
async def read_inspection_plan(session: ReadSession, actor: CityOfficer, plan_id: UUID) -> InspectionPlan:
    """A plan as it was drawn."""
    return await found(session, InspectionPlan, plan_id)


@router.post(
    "/v1/files/{declaration_id}/inspections", status_code=201, response_model=InspectionOut, name="order_inspection"
)
async def order_inspection(
    session: Session, actor: CityOfficer, declaration_id: UUID, occasion: Occasion, response: Response
) -> Inspection:
    """Have a project checked outside the plan, for a stated reason."""
    file = await locked(session, ProjectFile, declaration_id)
    file.expect_open()
    inspection = await plan_single_inspection(session, file, occasion.reason)
    response.headers["location"] = f"/v1/inspections/{inspection.id}"
    return inspection


INSPECTIONS = Listing(
    one_of("district", Inspection.district, DistrictCode, "所在区"),
    one_of("state", Inspection.state, State, "核查状态"),
    one_of("declaration_id", Inspection.declaration_id, UUID, "项目"),
    one_of("plan_id", Inspection.plan_id, UUID, "核查计划"),
    one_of("inspector", Inspection.inspector, Line, "核查人员账号"),
    dates("inspected_on", Inspection.inspected_on, "核查日期"),
    sorts={"id": Inspection.id, "risk_score": Inspection.risk_score, "inspected_on": Inspection.inspected_on},
    key=Inspection.id,
    default="id",
)


@router.get("/v1/inspections", name="list_inspections")
async def list_inspections(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(INSPECTIONS)]
) -> Page[InspectionOut]:
    """Return site checks, planned and done."""
    return await asked.page(session, select(Inspection), InspectionOut.model_validate)


@router.get("/v1/inspections/{inspection_id}", response_model=InspectionDetail, name="read_inspection")
async def read_inspection(session: ReadSession, actor: Anyone, inspection_id: UUID) -> dict[str, Any]:
    """One site check with its findings."""
    return await _detail(session, await found(session, Inspection, inspection_id))


@router.post("/v1/inspections/{inspection_id}/assign", response_model=InspectionOut, name="assign_inspector")
async def assign_inspector(
    session: Session, actor: CityOfficer, inspection_id: UUID, assignment: Assignment
) -> Inspection:
    """Name the inspector, who must declare interests before checking."""
    inspection = await locked(session, Inspection, inspection_id)
    inspection.assign(assignment.inspector)
    await _record(session, "assign_inspector", inspection, None, inspector=assignment.inspector)
    return inspection


@router.post("/v1/inspections/{inspection_id}/declare-interest", response_model=InspectionOut, name="declare_interest")
async def declare_interest(session: Session, actor: Inspector, inspection_id: UUID, interest: Interest) -> Inspection:
    """The inspector declares interests; with a conflict the check waits for another inspector."""
    inspection = await locked(session, Inspection, inspection_id)
    inspection.declare_interest(actor.subject, interest.conflict, interest.statement)
    await _record(session, "declare_interest", inspection, interest.statement, conflict=interest.conflict)
    return inspection


@router.post("/v1/inspections/{inspection_id}/complete", response_model=InspectionDetail, name="complete_inspection")
async def complete_inspection(
    session: Session, actor: Inspector, inspection_id: UUID, completion: Completion
) -> dict[str, Any]:
    """Write down the check; each finding gets a day to be put right by. 四（一）3"""
    if completion.inspected_on > today(session):
        raise Invalid("核查日期不得晚于今日", field="/body/inspected_on")
    inspection = await locked(session, Inspection, inspection_id)
    inspection.complete(actor.subject, completion.inspected_on, completion.summary, list(completion.evidence))
    await record_completion(session, inspection, [item.model_dump() for item in completion.findings])
    return await _detail(session, inspection)


async def _detail(session: AsyncSession, inspection: Inspection) -> dict[str, Any]:
    rows = await session.scalars(
        select(Finding).where(Finding.inspection_id == inspection.id).order_by(Finding.ordinal)
    )
    return {**{name: getattr(inspection, name) for name in InspectionOut.model_fields}, "findings": rows.all()}


async def _record(session: AsyncSession, act: str, inspection: Inspection, reason: str | None, **detail: Any) -> None:
    await record_act(
        session,
        act,
        case_of(inspection),
        reason=reason,
        inspection=str(inspection.id),
        **detail,
    )
