"""Programmes of districts that are in force (四（二）2, 四（二）3)."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import DistrictProgramme


async def programmes_in_force(
    session: AsyncSession, on: date, district: str | None = None, project_type: str | None = None
) -> Sequence[DistrictProgramme]:
    """Return the confirmed programmes in force on a day, for a district and type or for all. 四（二）3"""
    programme = DistrictProgramme
    asked = select(programme).where(programme.status == "confirmed", programme.valid_from <= on)
    asked = asked.where(or_(programme.valid_to.is_(None), programme.valid_to >= on))
    if district is not None:
        asked = asked.where(programme.district == district)
    rows = await session.scalars(asked.order_by(programme.district, programme.name, programme.id))
    return [row for row in rows if project_type is None or not row.project_types or project_type in row.project_types]
