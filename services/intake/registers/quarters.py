"""Quarterly submissions: opening, locking against certification, rows as of a quarter, snapshots (四（一）2)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.quarters import QuarterSubmission
from services.intake.rules.quarters import DistrictRegisters
from shared.clock import uuid7
from shared.deadlines import quarter_due
from shared.errors import NotFound
from shared.storage.audit import Case, record_act
from shared.storage.session import actor_of, now, settings_of

Period = tuple[str, str]
_NOT_CERTIFIED = "该季度没有这次已审定的报送；请核对区、季度和报送次数，或待区发展改革委负责人审定后查看"
_NOT_OPENED = "该季度尚未开启；请先开启季度报送，或报送该季度的首批记录"

_OPEN = text("""
    INSERT INTO quarter_submission (id, district, quarter, submission_no, status, due_on, opened_at, opened_by, version)
    SELECT n.id, n.district, n.quarter, 1, 'open', n.due_on, :at, :by, 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:districts AS text[]), CAST(:quarters AS text[]), CAST(:due AS date[]))
         AS n(id, district, quarter, due_on)
    WHERE NOT EXISTS (SELECT FROM quarter_submission s WHERE s.district = n.district AND s.quarter = n.quarter)
    ORDER BY n.district, n.quarter ON CONFLICT DO NOTHING RETURNING id, district, quarter""")

# A shared lock: pushes do not wait for each other, but a certification waits for them and they wait for it.
_LOCK_OPEN = text("""
    SELECT s.district, s.quarter, s.submission_no FROM quarter_submission s
    JOIN unnest(CAST(:districts AS text[]), CAST(:quarters AS text[])) AS k(district, quarter)
      ON s.district = k.district AND s.quarter = k.quarter
    WHERE s.status <> 'certified' ORDER BY s.district, s.quarter FOR SHARE OF s""")

_AS_OF = """
    SELECT DISTINCT ON ({key}) {key} AS id, external_id, version, quarter, content, content_sha256
    FROM {table}_version WHERE district = :district AND quarter <= :quarter ORDER BY {key}, version DESC"""
_RESOURCES_AS_OF = text(_AS_OF.format(key="resource_id", table="resource")).columns(content=JSONB)
_ENTRIES_AS_OF = text(_AS_OF.format(key="entry_id", table="library_entry")).columns(content=JSONB)


async def open_quarters(session: AsyncSession, periods: Collection[Period]) -> dict[Period, int]:
    """Open the quarters that were never opened, and lock all open ones until the transaction ends.

    Returns the open quarters with the number of their submission, above 1 for one that the city reopened. A quarter
    missing from the result is closed: its rows may no longer change.
    """
    if not periods:
        return {}
    districts, quarters = (list(column) for column in zip(*sorted(periods), strict=True))
    at, workdays = now(session), settings_of(session).quarter_due_working_days
    opened = await session.execute(
        _OPEN,
        {
            "ids": [uuid7(at) for _ in districts],
            "districts": districts,
            "quarters": quarters,
            "due": [quarter_due(quarter, workdays).on for quarter in quarters],
            "at": at,
            "by": actor_of(session).subject,
        },
    )
    for row in opened.all():
        await record_act(session, "open_quarter", Case(row.id, row.district), quarter=row.quarter)
    locked = await session.execute(_LOCK_OPEN, {"districts": districts, "quarters": quarters})
    return {(row.district, row.quarter): row.submission_no for row in locked}


async def submission_of(
    session: AsyncSession,
    district: str,
    quarter: str,
    *,
    lock: bool = False,
    number: int | None = None,
    certified: bool = False,
) -> QuarterSubmission:
    """Return the newest submission of a quarter, or the newest certified one, or the one with a number.

    Raises NotFound.
    """
    query = (
        select(QuarterSubmission)
        .where(QuarterSubmission.district == district, QuarterSubmission.quarter == quarter)
        .order_by(QuarterSubmission.submission_no.desc())
        .limit(1)
    )
    query = query.where(QuarterSubmission.submission_no == number) if number else query
    query = query.where(QuarterSubmission.status == "certified") if certified else query
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True) if lock else query
    submission = await session.scalar(query)
    if submission is None:
        raise NotFound(_NOT_CERTIFIED if certified else _NOT_OPENED)
    return submission


async def registers_as_of(
    session: AsyncSession, district: str, quarter: str
) -> tuple[DistrictRegisters, dict[str, Any]]:
    """Return the rows of a district as of a quarter, and the snapshot that names the version of each."""
    where = {"district": district, "quarter": quarter}
    resources = (await session.execute(_RESOURCES_AS_OF, where)).all()
    entries = (await session.execute(_ENTRIES_AS_OF, where)).all()
    snapshot = {
        "district": district,
        "quarter": quarter,
        "resources": sorted(map(_line, resources), key=lambda line: line["external_id"]),
        "library_entries": sorted(map(_line, entries), key=lambda line: line["external_id"]),
    }
    return DistrictRegisters(quarter, [row.content for row in resources], [row.content for row in entries]), snapshot


_CONTENT = """
    SELECT v.{key} AS id, v.content FROM {table}_version v
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[])) AS k(id, version)
      ON v.{key} = k.id AND v.version = k.version"""
_CONTENT_BY = {
    "resources": text(_CONTENT.format(key="resource_id", table="resource")).columns(content=JSONB),
    "library_entries": text(_CONTENT.format(key="entry_id", table="library_entry")).columns(content=JSONB),
}


async def snapshot_with_rows(session: AsyncSession, snapshot: dict[str, Any]) -> dict[str, Any]:
    """Return the snapshot with the content of each of its rows."""
    full = dict(snapshot)
    for part, query in _CONTENT_BY.items():
        lines = snapshot[part]
        keys = {"ids": [UUID(line["id"]) for line in lines], "versions": [line["version"] for line in lines]}
        contents = {str(row.id): row.content for row in await session.execute(query, keys)}
        full[part] = [{**line, "row": contents[line["id"]]} for line in lines]
    return full


def _line(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "external_id": row.external_id,
        "version": row.version,
        "quarter": row.quarter,
        "sha256": row.content_sha256.hex(),
    }
