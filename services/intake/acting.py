"""Writing down what was done on a declaration, by whom and in which round (四（一）1)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.declarations import Declaration
from shared.storage.audit import record


async def act_on(
    session: AsyncSession,
    name: str,
    declaration: Declaration,
    *,
    duty: str | None = None,
    reason: str | None = None,
    **detail: Any,
) -> None:
    """Record an act on a declaration, in its round; `clause` in the detail is what the applicant is shown."""
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
