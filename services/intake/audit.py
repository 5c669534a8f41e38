"""Audit records of acts on a declaration (四（一）1)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.declarations import Declaration
from shared.storage.audit import record


async def record_act(
    session: AsyncSession,
    name: str,
    declaration: Declaration,
    *,
    duty: str | None = None,
    reason: str | None = None,
    **detail: Any,
) -> None:
    """Record an act on a declaration with its round. Applicants see `clause` from the detail in the progress."""
    await record(
        session,
        name,
        declaration.id,
        declaration.district,
        applicant_uscc=declaration.applicant_uscc,
        duty=duty,
        reason=reason,
        round=declaration.round,
        **detail,
    )
