"""Cases whose result a batch of figures changes, by what their acts have used and by computing again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.series import SeriesDuty
from shared.figures.shapes import AffectedOut
from shared.series import Figure, Register
from shared.series.folding import figure_of
from shared.storage.series_tables import series_use
from shared.storage.session import settings_of

MOST_LISTED = 200


def proposed(row: Any) -> list[Figure]:
    """Return the figures of a stored batch, numbered if it is confirmed."""
    return [figure_of(row.kind, written, number=row.number or 0) for written in row.figures]


async def affected_by(session: AsyncSession, duty: SeriesDuty, figures: Sequence[Figure]) -> list[AffectedOut]:
    """Return the cases that have read what the figures replace or follow, without those that come out the same."""
    register: Register = session.info["figures"].register
    before, after = _registers(register, figures)
    names = sorted(_read_instead(before, figures))
    used = series_use.c.figures.overlap(cast(names, ARRAY(Text)))
    rows = await session.execute(select(series_use.c.case_id, series_use.c.district).where(used).distinct())
    cases = {row.case_id: row.district for row in rows}
    if duty.compare is None:
        return [_unknown(case_id, district) for case_id, district in sorted(cases.items())][:MOST_LISTED]
    open_cases = await duty.open_cases(session) if duty.open_cases else ()
    found = await duty.compare(session, sorted({*cases, *open_cases}), before, after)
    return [AffectedOut.model_validate(each, from_attributes=True) for each in found][:MOST_LISTED]


def _unknown(case_id: UUID, district: str) -> AffectedOut:
    return AffectedOut(case_id=case_id, district=district, label="", before=None, after=None, kept=False)


def _registers(register: Register, figures: Sequence[Figure]) -> tuple[Register, Register]:
    """Return the register without the figures' batch and with it."""
    number = figures[0].number
    if number:
        without = [each for each in register.versions if each.kind != figures[0].kind or each.number < number]
        return Register(without), register
    added = [replace(each, version=_next(register, each)) for each in figures]
    return register, Register([*register.versions, *added])


def _next(register: Register, figure: Figure) -> int:
    newest = register.newest(figure.place)
    return newest.version + 1 if newest else 1


def _read_instead(before: Register, figures: Iterable[Figure]) -> set[str]:
    """Return the names of the versions that were read where the figures hold."""
    found: set[str] = set()
    for figure in figures:
        held = before.in_force(figure.kind, figure.key, figure.valid_from)
        found |= {held.name} if held else set()
    return found


def fixed_readings(session: AsyncSession) -> frozenset[str]:
    """Return the readings that the settings of this system fix."""
    return frozenset(settings_of(session).interpretations)
