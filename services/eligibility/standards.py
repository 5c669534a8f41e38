"""Parameters that districts set for themselves, as the policy engine reads them (四（一）2, 四（二）3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import DistrictStandard, StandardDecision
from shared.policy.overlays import APPLYING, Effect, effect_of, explained
from shared.policy.parameters import DatedValue, history, value_on

Decisions = Mapping[UUID, Sequence[StandardDecision]]


async def standards_on(session: AsyncSession, district: str, on: date) -> dict[str, DatedValue]:
    """Return a district's parameters in force on a date; of two from one date the later entry counts. 四（一）2"""
    return (await standards_by_district(session, on, district)).get(district, {})


async def standards_by_district(
    session: AsyncSession, on: date, district: str | None = None
) -> dict[str, dict[str, DatedValue]]:
    """Return the parameters in force on a date by district, for one district or all. 四（一）2

    A standard that is looser than the city's number counts once the city has confirmed it; until then the number in
    force names it as set aside.
    """
    query = select(DistrictStandard).where(DistrictStandard.valid_from <= on)
    if district is not None:
        query = query.where(DistrictStandard.district == district)
    order = (DistrictStandard.district, DistrictStandard.parameter, DistrictStandard.valid_from)
    rows = (await session.scalars(query.order_by(*order, DistrictStandard.number))).all()
    decisions = await decisions_on(session, [row.id for row in rows])
    in_force: dict[str, dict[str, DatedValue]] = {}
    for (code, key), own in groupby(rows, key=lambda row: (row.district, row.parameter)):
        if (counting := _counting(own, on, decisions)) is not None:
            in_force.setdefault(code, {})[key] = counting
    return in_force


async def decisions_on(session: AsyncSession, standards: Sequence[UUID]) -> Decisions:
    """Return the decisions on standards in their order."""
    asked = select(StandardDecision).where(StandardDecision.standard_id.in_(standards))
    found: dict[UUID, list[StandardDecision]] = {}
    for row in await session.scalars(asked.order_by(StandardDecision.standard_id, StandardDecision.number)):
        found.setdefault(row.standard_id, []).append(row)
    return found


def effect_on(row: DistrictStandard, on: date, decisions: Decisions) -> tuple[Effect, str]:
    """Return the effect of a standard beside the city's number of a date, and why."""
    own, city = dated_value(row), value_on(row.parameter, on)
    given = decisions.get(row.id)
    effect = effect_of(own, city, given[-1].decision if given else None)  # type: ignore[arg-type] # a CHECK
    return effect, explained(own, city, effect)


def _counting(rows: Iterable[DistrictStandard], on: date, decisions: Decisions) -> DatedValue | None:
    """Return the last standard that has effect, or the city's number, with a later one that has none set aside."""
    counting, aside = None, ""
    for row in rows:
        effect, why = effect_on(row, on, decisions)
        if effect in APPLYING:
            counting, aside = dated_value(row), ""
        elif effect != "withdrawn":
            aside = why
    instead = counting or (value_on(row.parameter, on) if aside else None)
    return replace(instead, set_aside=aside) if instead and aside else counting


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
