"""Parameters that districts set for themselves, as the policy engine reads them (四（一）2, 四（二）3)."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import DistrictStandard
from shared.policy.parameters import DatedValue, history


async def standards_on(session: AsyncSession, district: str, on: date) -> dict[str, DatedValue]:
    """Return a district's parameters in force on a date; of two from one date the later entry counts. 四（一）2"""
    return (await standards_by_district(session, on, district)).get(district, {})


async def standards_by_district(
    session: AsyncSession, on: date, district: str | None = None
) -> dict[str, dict[str, DatedValue]]:
    """Return the parameters in force on a date by district, for one district or all. 四（一）2"""
    query = select(DistrictStandard).where(DistrictStandard.valid_from <= on)
    if district is not None:
        query = query.where(DistrictStandard.district == district)
    in_force: dict[str, dict[str, DatedValue]] = {}
    for row in await session.scalars(query.order_by(DistrictStandard.valid_from, DistrictStandard.number)):
        in_force.setdefault(row.district, {})[row.parameter] = dated_value(row)
    return in_force


def dated_value(standard: DistrictStandard) -> DatedValue:
    """Return a district's standard as the policy engine reads it, with its document as the source."""
    city = history()[standard.parameter][0]
    return DatedValue(
        standard.parameter,
        city.label,
        city.unit,
        standard.valid_from,
        without_trailing_zeros(standard.value),
        source=standard.document_no,
        district=standard.district,
    )


def without_trailing_zeros(number: Decimal) -> Decimal:
    """Return the number without trailing zeros or exponent: 0.3000 becomes 0.3, 200.0000 becomes 200."""
    return Decimal(f"{number.normalize():f}")
