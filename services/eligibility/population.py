"""Everything a what-if run judges: declarations before the city and the reserve library, as frames (四（一）2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import LibraryProject, Review, StockResource
from services.eligibility.rules.library import joined
from shared.policy import Ruleset
from shared.policy.table import frame_of

MOST_FRAMES = 32
STANDING = ("in_review", "passed", "in_pool")


@dataclass(frozen=True, slots=True)
class Subject:
    """One project that is judged, and where it was found."""

    id: UUID
    origin: Literal["declaration", "library"]
    name: str
    district: str
    facts: Mapping[str, Any]


@dataclass
class Population:
    """The subjects as of one state of the tables, with the frames built from them so far."""

    fingerprint: tuple[Any, ...]
    subjects: Sequence[Subject]
    frames: dict[tuple[Any, ...], pl.DataFrame] = field(default_factory=dict)

    def places(self, districts: frozenset[str]) -> list[int]:
        return [place for place, subject in enumerate(self.subjects) if subject.district in districts]

    def frame(self, places: Sequence[int], districts: frozenset[str], ruleset: Ruleset) -> pl.DataFrame:
        """The frame of some districts' subjects under a rule set, built once. Raises UnreadableFact."""
        key = (ruleset.hash, ruleset.as_of, districts)
        if key not in self.frames:
            if len(self.frames) >= MOST_FRAMES:
                self.frames.clear()
            self.frames[key] = frame_of([self.subjects[place].facts for place in places], ruleset)
        return self.frames[key]


async def population_of(session: AsyncSession, kept: Population | None, readings: Mapping[str, str]) -> Population:
    """The population as it stands: the one kept from before where no row has changed since."""
    fingerprint = (*await _fingerprint(session), tuple(sorted(readings.items())))
    if kept is not None and kept.fingerprint == fingerprint:
        return kept
    reviews = (
        await session.scalars(select(Review).where(Review.stage.in_(STANDING)).order_by(Review.declaration_id))
    ).all()
    declared = [
        Subject(row.declaration_id, "declaration", row.project_name, row.district, row.judged_facts) for row in reviews
    ]
    taken = {row.project.get("library_entry_id") for row in reviews}
    return Population(fingerprint, [*declared, *await _library(session, taken, readings)])


async def _fingerprint(session: AsyncSession) -> tuple[int, ...]:
    """Counts and sums of versions: versions only grow, so any change that has been committed shows."""
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
            joined(row.facts, resources.get(row.district, {}), readings),
        )
        for row in rows
        if str(row.entry_id) not in taken
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Districts judged by one rule set: most share the city's, one with standards of its own has its own."""

    ruleset: Ruleset
    districts: frozenset[str]


def grouped(rulesets: Mapping[str, Ruleset]) -> list[Group]:
    """Districts by the content of their rule set."""
    together: dict[str, list[str]] = {}
    for code, ruleset in rulesets.items():
        together.setdefault(ruleset.hash, []).append(code)
    return [Group(rulesets[codes[0]], frozenset(codes)) for codes in together.values()]
