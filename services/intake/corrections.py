"""Steps of a return for correction: last day to answer, stored reasons, announcement (三（一）¶1)."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.corrections import Correction
from services.intake.models.declarations import Declaration
from shared.contracts.intake import CorrectionReason, DeclarationReturned
from shared.deadlines import working_days_after
from shared.events.outbox import emit
from shared.storage.session import actor_of, now, settings_of, today


def correction_due_on(session: AsyncSession) -> date:
    """Return the last day to answer a return made today."""
    return working_days_after(today(session), settings_of(session).correction_due_working_days).on


async def save_correction(
    session: AsyncSession,
    declaration: Declaration,
    reasons: Sequence[CorrectionReason],
    correct_by: date,
    *,
    by_city: bool,
    days_left: int | None = None,
) -> None:
    """Store the reasons of a return and announce it."""
    correction = Correction(
        declaration_id=declaration.id,
        round=declaration.round,
        district=declaration.district,
        applicant_uscc=declaration.applicant_uscc,
        by_city=by_city,
        reasons=[reason.model_dump() for reason in reasons],
        correct_by=correct_by,
        days_left=days_left,
        returned_by=actor_of(session).subject,
        returned_at=now(session),
    )
    session.add(correction)
    await emit(
        session,
        DeclarationReturned(
            district=declaration.district,
            applicant_uscc=declaration.applicant_uscc,
            declaration_id=declaration.id,
            round=declaration.round,
            reasons=tuple(reasons),
            correct_by=correct_by,
        ),
    )
