"""Site inspections: project risks, the plan drawn from them, one inspection and its findings (四（一）3)."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnExpressionArgument, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import ScalarSelect

from services.monitoring.credit import raise_ground
from services.monitoring.models.credit import Entity
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding, Inspection, InspectionPlan
from services.monitoring.models.quarters import ProjectQuarter
from services.monitoring.models.readings import ReadingFinding
from services.monitoring.rules.code_lists import GROUNDS
from services.monitoring.rules.credit import FINDING_GROUNDS
from services.monitoring.rules.inspections import Risk, RiskInputs, score_risk, select_riskiest
from shared.clock import uuid7
from shared.contracts.monitoring import InspectionCompleted, InspectionFinding
from shared.districts import CITY
from shared.errors import Duplicate
from shared.events.outbox import emit
from shared.policy import parameter
from shared.storage.audit import Case, case_of, record_act
from shared.storage.session import actor_of, now, settings_of, today

ALWAYS_GRAVE = ("funds_diverted", "false_material", "other_municipal_funds")


async def project_risks(session: AsyncSession, on: date) -> list[Risk]:
    """Return the risk of each project under monitoring that the caller may see."""
    rows = await session.execute(
        select(
            ProjectFile.declaration_id,
            _count(ProjectQuarter, or_(ProjectQuarter.late, ProjectQuarter.overdue_since.is_not(None))),
            _count(ReadingFinding, ReadingFinding.state == "open"),
            _count(Finding, Finding.overdue_since.is_not(None) & (Finding.state != "closed")),
            _count(Finding, Finding.grave),
            _count(Inspection, Inspection.state == "completed"),
            ProjectFile.released_yuan,
            Entity.grade,
        )
        .outerjoin(Entity, Entity.id == ProjectFile.entity_id)
        .where(ProjectFile.status != "evaluated")
    )
    return [score_risk(RiskInputs(*row), on) for row in rows]


def _count(model: Any, condition: ColumnExpressionArgument[bool]) -> ScalarSelect[int]:
    own = model.declaration_id == ProjectFile.declaration_id
    return select(func.count()).select_from(model).where(own, condition).correlate(ProjectFile).scalar_subquery()


async def create_plan(session: AsyncSession, quarter: str, size: int) -> InspectionPlan:
    """Select the riskiest projects of a quarter and plan an inspection of each. Raises Duplicate for a second plan."""
    if await session.scalar(select(InspectionPlan.id).where(InspectionPlan.quarter == quarter)):
        raise Duplicate(f"{quarter} 核查计划已制定，每季度一份；需要加查的请安排计划外核查")
    on = today(session)
    chosen = select_riskiest(await project_risks(session, on), size, quarter)
    plan = InspectionPlan(
        id=uuid7(now(session)),
        district=CITY,
        quarter=quarter,
        size=size,
        drawn=[
            {"declaration_id": risk.declaration_id, "score": risk.score, "reasons": risk.reasons} for risk in chosen
        ],
        weights={key: dict(parameter(key, on)) for key in ("inspection_risk_weights", "inspection_risk_credit")},
        drawn_by=actor_of(session).subject,
        drawn_at=now(session),
    )
    session.add(plan)
    await session.flush()
    files = await _files(session, [risk.declaration_id for risk in chosen])
    for risk in chosen:
        _plan(session, files[risk.declaration_id], plan.id, risk.score, list(risk.reasons))
    await record_act(session, "plan_inspections", Case(plan.id, CITY), quarter=quarter, size=size)
    await session.refresh(plan)
    return plan


async def plan_single_inspection(session: AsyncSession, file: ProjectFile, reason: str) -> Inspection:
    """Plan an inspection outside the quarterly plan."""
    inspection = _plan(session, file, None, Decimal(0), [{"factor": "ordered", "label": reason}])
    detail = {"inspection": str(inspection.id)}
    await record_act(session, "order_inspection", case_of(file), reason=reason, duty="assign_inspection", **detail)
    return inspection


async def record_completion(session: AsyncSession, inspection: Inspection, found: Sequence[dict[str, Any]]) -> None:
    """Store the findings, raise their credit grounds and emit InspectionCompleted."""
    await record_act(
        session,
        "complete_inspection",
        case_of(inspection),
        reason=inspection.summary,
        duty="inspect",
        inspection=str(inspection.id),
        findings=len(found),
    )
    findings = [_finding(session, inspection, place, item) for place, item in enumerate(found)]
    session.add_all(findings)
    for finding in findings:
        await _raise_ground_for(session, finding)
    await emit(session, _announcement(inspection, findings))


def _plan(
    session: AsyncSession, file: ProjectFile, plan_id: UUID | None, score: Decimal, reasons: list[dict[str, Any]]
) -> Inspection:
    inspection = Inspection(
        id=uuid7(now(session)),
        plan_id=plan_id,
        declaration_id=file.declaration_id,
        district=file.district,
        applicant_uscc=file.applicant_uscc,
        risk_score=score,
        reasons=reasons,
        state="planned",
        evidence=[],
    )
    session.add(inspection)
    return inspection


async def _files(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, ProjectFile]:
    rows = await session.scalars(select(ProjectFile).where(ProjectFile.declaration_id.in_(ids)))
    return {file.declaration_id: file for file in rows}


def _finding(session: AsyncSession, inspection: Inspection, ordinal: int, found: dict[str, Any]) -> Finding:
    return Finding(
        **{**found, "grave": found["grave"] or found["kind"] in ALWAYS_GRAVE},
        id=uuid7(now(session)),
        inspection_id=inspection.id,
        ordinal=ordinal,
        declaration_id=inspection.declaration_id,
        district=inspection.district,
        applicant_uscc=inspection.applicant_uscc,
        found_on=inspection.inspected_on,
        state="open",
        rectify_by=today(session) + timedelta(days=settings_of(session).rectification_due_days),
    )


async def _raise_ground_for(session: AsyncSession, finding: Finding) -> None:
    code = FINDING_GROUNDS.get(finding.kind)
    if code is not None:
        await raise_ground(
            session,
            code,
            f"finding:{finding.id}",
            finding.applicant_uscc,
            finding.district,
            finding.found_on,
            f"现场核查发现{GROUNDS[code]}：{finding.description}",
            declaration_id=finding.declaration_id,
            evidence=tuple(finding.evidence),
        )


def _announcement(inspection: Inspection, findings: Sequence[Finding]) -> InspectionCompleted:
    assert inspection.inspected_on is not None
    return InspectionCompleted(
        declaration_id=inspection.declaration_id,
        district=inspection.district,
        applicant_uscc=inspection.applicant_uscc,
        inspection_id=inspection.id,
        inspected_on=inspection.inspected_on,
        findings=tuple(
            InspectionFinding(
                finding_id=finding.id,
                kind=finding.kind,
                clause=finding.clause,
                grave=finding.grave,
                amount_yuan=finding.amount_yuan,
                description=finding.description,
            )
            for finding in findings
        ),
    )
