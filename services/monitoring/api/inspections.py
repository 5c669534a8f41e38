"""HTTP of site inspections: risk, plan, assignment, completion (四（一）3)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.api.parameters import DeclarationId, InspectionId, PlanId
from services.monitoring.inspections import create_plan, plan_single_inspection, project_risks, record_completion
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding, Inspection, InspectionPlan
from services.monitoring.rules.code_lists import InspectionState
from services.monitoring.schemas.inspections import (
    InspectionCompletionIn,
    InspectionDetailOut,
    InspectionOrderIn,
    InspectionOut,
    InspectionPlanIn,
    InspectionPlanOut,
    InspectionRiskOut,
    InspectorAssignmentIn,
    InterestDeclarationIn,
)
from shared.audiences import for_officials
from shared.contracts.library import DistrictCode
from shared.errors import Invalid, NotFound
from shared.storage.audit import case_of, record_act
from shared.storage.people import expect_person
from shared.storage.session import found, locked, today
from shared.storage.versions import etag, locked_as_read
from shared.text import Line
from shared.web.auth import Anyone, CityOfficer, Inspector, Official
from shared.web.filters import dates, one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["现场核查"])


RISKS = MemoryListing(InspectionRiskOut, "score", "declaration_id", key="declaration_id", default="-score")


@router.get(
    "/v1/inspection-risks",
    name="list_inspection_risks",
    summary="核查风险排序",
    description="按风险分列出未评价的项目及其原因，供制定核查计划。依据：四（一）3。",
)
async def list_inspection_risks(
    session: ReadSession, actor: Official, asked: Annotated[MemoryPageRequest, Depends(RISKS)]
) -> Page[InspectionRiskOut]:
    """Return the projects by inspection risk with the reasons. 四（一）3"""
    return asked.page([InspectionRiskOut.model_validate(risk) for risk in await project_risks(session, today(session))])


@router.post(
    "/v1/inspection-plans",
    status_code=201,
    response_model=InspectionPlanOut,
    name="plan_inspections",
    summary="制定核查计划",
    description=(
        "市发展改革委经办按风险分抽取一个季度的核查项目；"
        "同分按固定次序，每季度一份计划，抽取理由留存。依据：四（一）3。"
    ),
)
async def plan_inspections(
    session: Session, actor: CityOfficer, plan_request: InspectionPlanIn, response: Response
) -> InspectionPlan:
    """Select the riskiest projects of a quarter for inspection. 四（一）3"""
    plan = await create_plan(session, plan_request.quarter, plan_request.size)
    response.headers["location"] = f"/v1/inspection-plans/{plan.id}"
    return plan


@router.get(
    "/v1/inspection-plans/{plan_id}",
    response_model=InspectionPlanOut,
    name="read_inspection_plan",
    summary="读取核查计划",
    description="市发展改革委经办读取一份核查计划及抽取结果。",
)
async def read_inspection_plan(session: ReadSession, actor: CityOfficer, plan_id: PlanId) -> InspectionPlan:
    """Return an inspection plan."""
    return await found(session, InspectionPlan, plan_id)


@router.post(
    "/v1/files/{declaration_id}/inspections",
    status_code=201,
    response_model=InspectionOut,
    name="order_inspection",
    summary="安排计划外核查",
    description="市发展改革委经办说明事由，对一个未评价的项目安排计划外核查。依据：四（一）3。",
)
async def order_inspection(
    session: Session, actor: CityOfficer, declaration_id: DeclarationId, occasion: InspectionOrderIn, response: Response
) -> Inspection:
    """Plan an inspection outside the quarterly plan. 四（一）3"""
    file = await locked(session, ProjectFile, declaration_id)
    file.expect_open()
    inspection = await plan_single_inspection(session, file, occasion.reason)
    response.headers["location"] = f"/v1/inspections/{inspection.id}"
    return inspection


INSPECTIONS = Listing(
    one_of("district", Inspection.district, DistrictCode, "所在区"),
    one_of("state", Inspection.state, InspectionState, "核查状态"),
    one_of("declaration_id", Inspection.declaration_id, UUID, "项目"),
    one_of("plan_id", Inspection.plan_id, UUID, "核查计划"),
    one_of("inspector", Inspection.inspector, Line, "核查人员账号"),
    dates("inspected_on", Inspection.inspected_on, "核查日期"),
    sorts={"id": Inspection.id, "risk_score": Inspection.risk_score, "inspected_on": Inspection.inspected_on},
    key=Inspection.id,
    default="id",
)


@router.get(
    "/v1/inspections",
    name="list_inspections",
    summary="核查列表",
    description="列出现场核查，可按区、状态、项目、计划和人员筛选。",
)
async def list_inspections(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(INSPECTIONS)]
) -> Page[InspectionOut]:
    """Return the site inspections that the caller may see."""
    return await asked.page(session, select(Inspection), InspectionOut.model_validate)


@router.get(
    "/v1/inspections/{inspection_id}",
    response_model=InspectionDetailOut,
    name="read_inspection",
    summary="读取核查",
    description="读取一次现场核查及其发现的问题；项目单位只能读取已完成的核查。",
    responses=VERSIONED,
)
async def read_inspection(
    session: ReadSession, actor: Anyone, inspection_id: InspectionId, response: Response
) -> dict[str, Any]:
    """Return one inspection with its findings; an owner learns of it when it is completed."""
    inspection = await found(session, Inspection, inspection_id)
    if inspection.state != "completed" and not for_officials():
        raise NotFound()
    response.headers["etag"] = etag(inspection)
    return await _detail(session, inspection)


@router.post(
    "/v1/inspections/{inspection_id}/assign",
    response_model=InspectionOut,
    name="assign_inspector",
    summary="指派核查人员",
    description="市发展改革委经办指派或改派核查人员；核查人员作出利益关系声明后不得改派。依据：四（一）3。",
)
async def assign_inspector(
    session: Session,
    actor: CityOfficer,
    inspection_id: InspectionId,
    assignment: InspectorAssignmentIn,
    if_match: IfMatch = None,
) -> Inspection:
    """Assign or reassign the inspector. 四（一）3"""
    inspection = await locked_as_read(session, Inspection, inspection_id, if_match)
    await expect_person(session, assignment.inspector, "inspector", field="/body/inspector")
    inspection.assign(assignment.inspector)
    await _record(session, "assign_inspector", inspection, None, "assign_inspection", inspector=assignment.inspector)
    return inspection


@router.post(
    "/v1/inspections/{inspection_id}/declare-interest",
    response_model=InspectionOut,
    name="declare_interest",
    summary="声明利益关系",
    description="被指派的核查人员声明与项目有无利益关系；有利益关系的须回避，核查退回待指派。",
)
async def declare_interest(
    session: Session, actor: Inspector, inspection_id: InspectionId, interest: InterestDeclarationIn
) -> Inspection:
    """Record the declaration of interests; a conflict returns the inspection to planning."""
    inspection = await locked(session, Inspection, inspection_id)
    inspection.declare_interest(actor.subject, interest.conflict, interest.statement)
    await _record(session, "declare_interest", inspection, interest.statement, None, conflict=interest.conflict)
    return inspection


@router.post(
    "/v1/inspections/{inspection_id}/complete",
    response_model=InspectionDetailOut,
    name="complete_inspection",
    summary="完成核查",
    description=(
        "被指派的核查人员在声明无利益关系后填写核查情况和发现的问题；"
        "每个问题给出整改期限，有的记为信用事由。依据：四（一）3。"
    ),
)
async def complete_inspection(
    session: Session,
    actor: Inspector,
    inspection_id: InspectionId,
    completion: InspectionCompletionIn,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Record the completed inspection; each finding gets a rectification date. 四（一）3"""
    if completion.inspected_on > today(session):
        raise Invalid(f"核查日期不得晚于今日（{today(session)}）", field="/body/inspected_on")
    inspection = await locked_as_read(session, Inspection, inspection_id, if_match)
    inspection.complete(actor.subject, completion.inspected_on, completion.summary, list(completion.evidence))
    await record_completion(session, inspection, [item.model_dump() for item in completion.findings])
    return await _detail(session, inspection)


async def _detail(session: AsyncSession, inspection: Inspection) -> dict[str, Any]:
    rows = await session.scalars(
        select(Finding).where(Finding.inspection_id == inspection.id).order_by(Finding.ordinal)
    )
    return {**{name: getattr(inspection, name) for name in InspectionOut.model_fields}, "findings": rows.all()}


async def _record(
    session: AsyncSession, act: str, inspection: Inspection, reason: str | None, duty: str | None, **detail: Any
) -> None:
    await record_act(
        session,
        act,
        case_of(inspection),
        reason=reason,
        duty=duty,
        inspection=str(inspection.id),
        **detail,
    )
