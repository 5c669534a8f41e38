"""Drawing a plan and writing down a check: findings, grounds of credit, the announcement (四（一）3)."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import raise_ground
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding, Inspection, InspectionPlan
from services.monitoring.risk import risks
from services.monitoring.rules.credit import FINDING_GROUNDS, LABELS
from services.monitoring.rules.risk import draw
from shared.clock import uuid7
from shared.contracts.monitoring import InspectionCompleted, InspectionFinding
from shared.districts import CITY
from shared.errors import Duplicate
from shared.events.outbox import emit
from shared.policy import parameter
from shared.storage.audit import record
from shared.storage.session import actor_of, now, settings_of, today

ALWAYS_GRAVE = ("funds_diverted", "false_material", "other_municipal_funds")


async def draw_plan(session: AsyncSession, quarter: str, size: int) -> InspectionPlan:
    """Draw the riskiest projects of a quarter and plan a check of each. Raises Duplicate for a second plan."""
    if await session.scalar(select(InspectionPlan.id).where(InspectionPlan.quarter == quarter)):
        raise Duplicate(f"{quarter} 核查计划已制定")
    on = today(session)
    chosen = draw(await risks(session, on), size, quarter)
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
    await record(session, "plan_inspections", plan.id, CITY, quarter=quarter, size=size)
    await session.refresh(plan)
    return plan


async def plan_one(session: AsyncSession, file: ProjectFile, reason: str) -> Inspection:
    """Plan a check outside the draw."""
    inspection = _plan(session, file, None, Decimal(0), [{"factor": "ordered", "label": reason}])
    fence = {"district": file.district, "applicant_uscc": file.applicant_uscc}
    await record(
        session, "order_inspection", file.declaration_id, **fence, reason=reason, inspection=str(inspection.id)
    )
    return inspection


async def complete(session: AsyncSession, inspection: Inspection, found: Sequence[dict[str, Any]]) -> None:
    """Keep the findings, raise the grounds that follow from them, and announce the check."""
    fence = {"district": inspection.district, "applicant_uscc": inspection.applicant_uscc}
    await record(
        session,
        "complete_inspection",
        inspection.declaration_id,
        **fence,
        reason=inspection.summary,
        duty="inspect",
        inspection=str(inspection.id),
        findings=len(found),
    )
    findings = [_finding(session, inspection, place, item) for place, item in enumerate(found)]
    session.add_all(findings)
    for finding in findings:
        await _blame(session, finding)
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


async def _blame(session: AsyncSession, finding: Finding) -> None:
    code = FINDING_GROUNDS.get(finding.kind)
    if code is not None:
        await raise_ground(
            session,
            code,
            f"finding:{finding.id}",
            finding.applicant_uscc,
            finding.district,
            finding.found_on,
            f"现场核查发现{LABELS[code]}：{finding.description}",
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
