"""Settlement lines of a project in all their versions: which count, which are under review. 二（四）2"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.interest_claims import OPEN, InterestClaim, InterestLine


@dataclass(frozen=True, slots=True)
class Lines:
    """Versions of a project's lines, in the order of line and number, with the state of each by its id."""

    versions: list[InterestLine]
    states: Mapping[UUID, str]

    def in_state(self, *states: str) -> list[InterestLine]:
        """Return the versions in one of these states."""
        return [line for line in self.versions if self.states[line.id] in states]


async def lines_of(session: AsyncSession, application_id: UUID) -> Lines:
    """Return all versions of the project's lines."""
    claims = await session.scalars(select(InterestClaim).filter_by(application_id=application_id))
    versions = await session.scalars(
        select(InterestLine)
        .where(InterestLine.application_id == application_id)
        .order_by(InterestLine.line_id, InterestLine.number, InterestLine.id)
    )
    lines = list(versions)
    return Lines(lines, line_states(lines, {claim.id: claim for claim in claims}))


def line_states(lines: Iterable[InterestLine], claims: Mapping[UUID, InterestClaim]) -> dict[UUID, str]:
    """Return the state of each version by its id; `lines` are in the order of line and number."""
    states: dict[UUID, str] = {}
    for _, versions in groupby(lines, key=lambda line: line.line_id):
        newest: InterestLine | None = None
        for version in versions:
            states[version.id] = _alone(version, claims[version.claim_id])
            if states[version.id] in ("counted", "withdrawn"):
                if newest is not None:
                    states[newest.id] = "replaced"
                newest = version
    return states


def _alone(version: InterestLine, claim: InterestClaim) -> str:
    """Return the state of a version, other versions of the line apart."""
    if version.filing != claim.filings:
        return "not_counted"
    if claim.status == "decided":
        return "counted" if version.withdrawn_at is None else "withdrawn"
    return "pending" if claim.status in OPEN else "not_counted"


async def counted_lines(session: AsyncSession, application_id: UUID) -> list[InterestLine]:
    """Return the versions that count."""
    return (await lines_of(session, application_id)).in_state("counted")


async def lines_with(session: AsyncSession, application_id: UUID) -> list[InterestLine]:
    """Return the lines that would count if the open claim were decided: its own in place of those they correct."""
    standing = (await lines_of(session, application_id)).in_state("counted", "pending")
    return list({line.line_id: line for line in standing}.values())
