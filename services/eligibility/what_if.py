"""Population of a what-if run: declarations under review and the reserve library (四（一）2)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import LibraryProject, Review, StockResource
from services.eligibility.rules.library import join_resources
from services.eligibility.rules.what_if import Population, Subject

ACTIVE_STAGES = ("in_review", "passed", "in_pool")


async def population_of(session: AsyncSession, cached: Population | None, readings: Mapping[str, str]) -> Population:
    """Return the current population; the cached one where no row has changed."""
    fingerprint = (*await _fingerprint(session), tuple(sorted(readings.items())))
    if cached is not None and cached.fingerprint == fingerprint:
        return cached
    reviews = (
        await session.scalars(select(Review).where(Review.stage.in_(ACTIVE_STAGES)).order_by(Review.declaration_id))
    ).all()
    declared = [
        Subject(row.declaration_id, "declaration", row.project_name, row.district, row.judged_facts) for row in reviews
    ]
    taken = {row.project.get("library_entry_id") for row in reviews}
    return Population(fingerprint, [*declared, *await _library(session, taken, readings)])


async def _fingerprint(session: AsyncSession) -> tuple[int, ...]:
    """Return counts and version sums; versions only grow, so every committed change shows."""
    totals = [
        select(total).select_from(table).scalar_subquery()
        for table in (LibraryProject, StockResource, Review)
        for total in (func.count(), func.coalesce(func.sum(table.version), 0))
    ]
    return tuple(int(number) for number in (await session.execute(select(*totals))).one())


async def _library(session: AsyncSession, taken: set[str | None], readings: Mapping[str, str]) -> list[Subject]:
    resources: dict[str, dict[str, Any]] = {}
    for district, external_id, facts in await session.execute(
        select(StockResource.district, StockResource.external_id, StockResource.facts)
    ):
        resources.setdefault(district, {})[external_id] = facts
    rows = await session.scalars(
        select(LibraryProject).where(LibraryProject.left_on.is_(None)).order_by(LibraryProject.entry_id)
    )
    return [
        Subject(
            row.entry_id, "library", row.project_name, row.district,
            join_resources(row.facts, resources.get(row.district, {}), readings),
        )
        for row in rows
        if str(row.entry_id) not in taken
    ]  # fmt: skip
