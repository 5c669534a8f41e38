"""Handing in a quarterly report: judged against the award and the report before it (四（一）2)."""

from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.quarters import ProjectQuarter, QuarterSubmission
from services.monitoring.quarters import blame_lateness
from services.monitoring.rules.quarter import Award, QuarterReport, Remark, check_quarter
from shared.clock import uuid7
from shared.contracts.monitoring import ProjectQuarterSubmitted
from shared.deadlines import quarter_end
from shared.errors import Invalid, WrongStatus
from shared.events.outbox import emit
from shared.policy import parameter
from shared.storage.audit import record
from shared.storage.session import actor_of, now, today


async def check_report(
    session: AsyncSession, file: ProjectFile, row: ProjectQuarter, report: QuarterReport
) -> list[Remark]:
    """What is wrong or odd about a report, held against the award and the last quarter handed in."""
    return check_quarter(report, award_of(file), await _previous(session, row), today(session))


async def submit_report(session: AsyncSession, file: ProjectFile, row: ProjectQuarter) -> None:
    """Hand in what was drafted. Raises WrongStatus, or Invalid with every error."""
    file.expect_open()
    if row.report is None:
        raise WrongStatus("请先填写季报")
    if today(session) <= quarter_end(row.quarter):
        raise WrongStatus(f"{row.quarter} 尚未结束，可先保存草稿")
    report = QuarterReport.model_validate(row.report)
    remarks = await check_report(session, file, row, report)
    errors = [remark for remark in remarks if remark.severity == "error"]
    if errors:
        problems = [remark.to_json() for remark in errors]
        raise Invalid(errors[0].detail, field=f"/report{errors[0].pointer}", problems=problems)
    row.submit([remark.to_json() for remark in remarks], now(session), today(session))
    if row.late:
        await blame_lateness(session, row, today(session))
    session.add(_submission(session, row, report))
    await _announce(session, row, report)


def award_of(file: ProjectFile) -> Award:
    """What reports of a project are held against."""
    base = sum((Decimal(component["assessed_investment_yuan"]) for component in file.components), Decimal(0))
    return Award(
        mode=file.mode,
        kept_yuan=file.kept_yuan,
        component_kinds=tuple(component["kind"] for component in file.components),
        base_yuan=base,
    )


async def public_money(session: AsyncSession, file: ProjectFile) -> dict[str, Any]:
    """Municipal and district money against the investment, by the newest report. 四（二）2, I28"""
    newest = await session.scalar(
        select(QuarterSubmission.report)
        .where(QuarterSubmission.declaration_id == file.declaration_id)
        .order_by(QuarterSubmission.quarter.desc(), QuarterSubmission.round.desc())
        .limit(1)
    )
    told = QuarterReport.model_validate(newest) if newest else QuarterReport(progress=Decimal(0))
    base, total = award_of(file).base_yuan, file.kept_yuan + told.district_support_yuan
    return {
        "municipal_yuan": file.kept_yuan,
        "district_yuan": told.district_support_yuan,
        "investment_yuan": base,
        "share": (total / base).quantize(Decimal("0.0001")) if base else None,
        "over": total > base * parameter("public_money_warning_share", today(session)),
        "first_set_equipment_yuan": told.first_set_equipment_yuan,
    }


async def _previous(session: AsyncSession, row: ProjectQuarter) -> QuarterReport | None:
    earlier = await session.scalar(
        select(QuarterSubmission.report)
        .where(QuarterSubmission.declaration_id == row.declaration_id, QuarterSubmission.quarter < row.quarter)
        .order_by(QuarterSubmission.quarter.desc(), QuarterSubmission.round.desc())
        .limit(1)
    )
    return QuarterReport.model_validate(earlier) if earlier else None


def _submission(session: AsyncSession, row: ProjectQuarter, report: QuarterReport) -> QuarterSubmission:
    return QuarterSubmission(
        id=uuid7(now(session)),
        quarter_id=row.id,
        declaration_id=row.declaration_id,
        district=row.district,
        applicant_uscc=row.applicant_uscc,
        quarter=row.quarter,
        round=row.round,
        progress=report.progress,
        investment_done_yuan=report.investment_done_yuan,
        subsidy_used_yuan=report.subsidy_used_yuan,
        report=row.report,
        warnings=row.warnings,
        late=row.late,
        submitted_by=actor_of(session).subject,
        submitted_at=now(session),
    )


async def _announce(session: AsyncSession, row: ProjectQuarter, report: QuarterReport) -> None:
    await record(
        session,
        "submit_quarter",
        row.declaration_id,
        row.district,
        applicant_uscc=row.applicant_uscc,
        quarter=row.quarter,
        round=row.round,
        late=row.late,
    )
    await emit(
        session,
        ProjectQuarterSubmitted(
            declaration_id=row.declaration_id,
            district=row.district,
            applicant_uscc=row.applicant_uscc,
            quarter=row.quarter,
            due_on=row.due_on,
            late=row.late,
            progress=report.progress,
            investment_done_yuan=report.investment_done_yuan,
            subsidy_used_yuan=report.subsidy_used_yuan,
            warnings=tuple(warning["detail"] for warning in row.warnings),
        ),
    )
