"""What every act on a case needs: its record, the fields its events share, the fields its rows share."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import Base, Review
from shared.clock import uuid7
from shared.storage.audit import record
from shared.storage.session import now


async def record_on(
    session: AsyncSession, review: Review, act: str, reason: str | None, duty: str | None = None, **detail: Any
) -> None:
    """Write an act on a case down; with `duty`, take that duty. Raises SameOfficer."""
    await record(
        session,
        act,
        review.declaration_id,
        review.district,
        applicant_uscc=review.applicant_uscc,
        reason=reason,
        duty=duty,
        **detail,
    )


def about(review: Review) -> dict[str, Any]:
    """The fields by which an event says whose case it is about."""
    return {
        "declaration_id": review.declaration_id,
        "district": review.district,
        "applicant_uscc": review.applicant_uscc,
    }


async def numbered(session: AsyncSession, review: Review, table: type[Base]) -> dict[str, Any]:
    """The first fields of a row in a case's own series. The case is locked, so no two acts get the same number."""
    columns: Any = table.__table__.c
    last = await session.scalar(select(func.max(columns.number)).where(columns.declaration_id == review.declaration_id))
    return {**placed(session, review), "number": (last or 0) + 1}


def placed(session: AsyncSession, review: Review) -> dict[str, Any]:
    """The first fields of a row that belongs to a round of a case."""
    return {
        "id": uuid7(now(session)),
        "declaration_id": review.declaration_id,
        "district": review.district,
        "round": review.round,
    }
