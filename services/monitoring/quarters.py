"""Quarterly reports of funded projects: opened, checked, submitted, late (四（一）2, 四（一）3)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import raise_ground
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.quarters import ProjectQuarter, QuarterSubmission
from services.monitoring.rules.areas import component_areas, letting_remarks
from services.monitoring.rules.quarters import Award, QuarterReport, Remark, check_quarter
from shared.clock import uuid7
from shared.contracts.monitoring import ProjectQuarterSubmitted
from shared.deadlines import quarter_due, quarter_end, quarter_of
from shared.errors import Invalid, WrongStatus
from shared.events.outbox import emit
from shared.policy import parameter
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now, today
from shared.text import STORED

_QUARTERS = UUID("0d5d9c8e-3b0f-5c55-8f3d-6b2f8c1d7a42")


def quarters_between(first: str, last: str) -> Iterator[str]:
    """Yield the quarters from the first to the last, both included."""
    quarter = first
    while quarter_end(quarter) <= quarter_end(last):
        yield quarter
        quarter = quarter_of(quarter_end(quarter) + timedelta(days=1))


def last_ended_quarter(today: date) -> str:
    """Return the most recent ended quarter."""
    return quarter_of(date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1))


def quarter_row(file: ProjectFile, quarter: str, working_days: int) -> dict[str, Any]:
    """Return the row of a newly opened quarter; its due date never changes later."""
    due = quarter_due(quarter, working_days)
    return {
        "id": uuid5(_QUARTERS, f"{file.declaration_id}/{quarter}"),
        "declaration_id": file.declaration_id,
        "district": file.district,
        "applicant_uscc": file.applicant_uscc,
        "quarter": quarter,
        "due_on": due.on,
        "calendar_known": due.calendar_known,
        "state": "open",
        "round": 0,
        "late": False,
        "warnings": [],
        "return_reasons": [],
        "version": 1,
    }


async def insert_quarters(session: AsyncSession, rows: Iterable[dict[str, Any]]) -> None:
    """Insert the rows that do not exist."""
    if values := list(rows):
        await session.execute(insert(ProjectQuarter).values(values).on_conflict_do_nothing())


async def raise_late_report_ground(session: AsyncSession, row: ProjectQuarter, on: date) -> None:
    """Raise ground G6 for a late or missing report, once per quarter. 四（一）3"""
    await raise_ground(
        session,
        "G6",
        f"quarter:{row.declaration_id}:{row.quarter}",
        row.applicant_uscc,
        row.district,
        on,
        f"{row.quarter} 季报应于 {row.due_on} 前报送，逾期",
        declaration_id=row.declaration_id,
    )


async def check_report(
    session: AsyncSession, file: ProjectFile, row: ProjectQuarter, report: QuarterReport
) -> list[Remark]:
    """Return the errors and warnings of a report against the award and the previous submission."""
    parts = component_areas(file.components, file.facts)
    remarks = check_quarter(report, award_of(file), await _previous(session, row), today(session))
    return remarks + letting_remarks(report.occupancy, parts, today(session))


async def submit_report(session: AsyncSession, file: ProjectFile, row: ProjectQuarter) -> None:
    """Submit the draft. Raises WrongStatus, or Invalid with every error."""
    file.expect_open()
    if row.report is None:
        raise WrongStatus("尚无季报草稿，请先保存草稿再报送")
    if today(session) <= quarter_end(row.quarter):
        raise WrongStatus(f"{row.quarter} 于 {quarter_end(row.quarter)} 结束，次日起方可报送；现在可先保存草稿")
    report = QuarterReport.model_validate(row.report, context=STORED)
    remarks = await check_report(session, file, row, report)
    errors = [remark for remark in remarks if remark.severity == "error"]
    if errors:
        problems = [remark.to_json() for remark in errors]
        raise Invalid(errors[0].detail, field=f"/report{errors[0].pointer}", problems=problems)
    row.submit([remark.to_json() for remark in remarks], now(session), today(session))
    if row.late:
        await raise_late_report_ground(session, row, today(session))
    session.add(_submission(session, row, report))
    await _announce(session, row, report)


def award_of(file: ProjectFile) -> Award:
    """Return the award that a project's reports are checked against."""
    base = sum((Decimal(component["assessed_investment_yuan"]) for component in file.components), Decimal(0))
    return Award(
        mode=file.mode,
        kept_yuan=file.kept_yuan,
        component_kinds=tuple(component["kind"] for component in file.components),
        base_yuan=base,
    )


async def public_money(session: AsyncSession, file: ProjectFile) -> dict[str, Any]:
    """Return municipal and district funds against the investment, by the newest report. 四（二）2, I28"""
    newest = await session.scalar(
        select(QuarterSubmission.report)
        .where(QuarterSubmission.declaration_id == file.declaration_id)
        .order_by(QuarterSubmission.quarter.desc(), QuarterSubmission.round.desc())
        .limit(1)
    )
    report = QuarterReport.model_validate(newest, context=STORED) if newest else QuarterReport(progress=Decimal(0))
    base, total = award_of(file).base_yuan, file.kept_yuan + report.district_support_yuan
    return {
        "municipal_yuan": file.kept_yuan,
        "district_yuan": report.district_support_yuan,
        "investment_yuan": base,
        "share": (total / base).quantize(Decimal("0.0001")) if base else None,
        "over": total > base * parameter("public_money_warning_share", today(session)),
        "first_set_equipment_yuan": report.first_set_equipment_yuan,
    }


async def _previous(session: AsyncSession, row: ProjectQuarter) -> QuarterReport | None:
    earlier = await session.scalar(
        select(QuarterSubmission.report)
        .where(QuarterSubmission.declaration_id == row.declaration_id, QuarterSubmission.quarter < row.quarter)
        .order_by(QuarterSubmission.quarter.desc(), QuarterSubmission.round.desc())
        .limit(1)
    )
    return QuarterReport.model_validate(earlier, context=STORED) if earlier else None


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
    await record_act(
        session,
        "submit_quarter",
        case_of(row),
        duty="report",
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
