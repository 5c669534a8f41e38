"""Project files: delivery and the start of the evaluation year (二（三）1, 三（三）)."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.quarters import QuarterSubmission
from services.monitoring.quarters import award_of
from services.monitoring.rules.delivery import (
    FIELDS,
    DeliveryDays,
    delivery_day,
    delivery_remark,
    evaluation_year,
    evaluation_years,
)
from services.monitoring.rules.quarters import QuarterReport
from shared.contracts.monitoring import ProjectDelivered
from shared.events.outbox import emit
from shared.policy import interpretations
from shared.storage.audit import case_of, record_act
from shared.storage.session import settings_of, today
from shared.text import STORED


async def _remark(session: AsyncSession, file: ProjectFile) -> str | None:
    """Return what the newest submitted report says against the delivery."""
    newest = await session.scalar(
        select(QuarterSubmission)
        .where(QuarterSubmission.declaration_id == file.declaration_id)
        .order_by(QuarterSubmission.quarter.desc(), QuarterSubmission.round.desc())
        .limit(1)
    )
    base = award_of(file).base_yuan
    if newest is None:
        return delivery_remark(None, None, Decimal(0), base)
    report = QuarterReport.model_validate(newest.report, context=STORED)
    return delivery_remark(newest.quarter, report.progress, report.investment_done_yuan, base)


async def confirm_delivery(session: AsyncSession, file: ProjectFile, days: DeliveryDays, proof: str) -> None:
    """Record delivery and emit ProjectDelivered with the end of the evaluation year. Raises WrongStatus, Invalid."""
    chosen = interpretations(settings_of(session).interpretations)
    delivered_on = delivery_day(days, chosen["delivery_meaning"])
    file.expect_deliverable(delivered_on, today(session), FIELDS[chosen["delivery_meaning"]])
    due = evaluation_year(delivered_on, chosen["year_clock"], evaluation_years(file.as_of, file.district))
    remark = await _remark(session, file)
    file.deliver(delivered_on, proof, due.on, remark)
    await record_act(
        session,
        "deliver_project",
        case_of(file),
        reason=proof,
        duty="deliver",
        delivered_on=delivered_on.isoformat(),
        accepted_on=days.accepted_on.isoformat(),
        evaluation_due_on=due.on.isoformat(),
        shifted_from=due.shifted_from and due.shifted_from.isoformat(),
        calendar_known=due.calendar_known,
        remark=remark,
    )
    await emit(
        session,
        ProjectDelivered(
            declaration_id=file.declaration_id,
            district=file.district,
            applicant_uscc=file.applicant_uscc,
            delivered_on=delivered_on,
            evaluation_due_on=due.on,
        ),
    )
