"""Meter readings: one insert statement per batch, one finding per meter and day out of range."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.readings import ReadingFinding
from services.monitoring.rules.code_lists import ReadingStatus
from shared.contracts.monitoring import ReadingOutOfRange
from shared.dates import BEIJING
from shared.events.outbox import emit
from shared.storage.session import actor_of, now

# Within a batch the first row of a (meter, instant) counts; `kept` is the row stored before this statement.
_INSERT_READINGS = text("""
WITH given AS (
    SELECT * FROM unnest(CAST(:meters AS uuid[]), CAST(:instants AS timestamptz[]), CAST(:shown AS numeric[]))
         WITH ORDINALITY AS n(meter_id, measured_at, value, ord)
), known AS (
    SELECT given.*, m.declaration_id, m.district, m.applicant_uscc, m.kind, m.low, m.high,
           coalesce(given.value < m.low, false) OR coalesce(given.value > m.high, false) AS out_of_range,
           first_value(given.value) OVER same AS first_shown, row_number() OVER same AS copy
    FROM given JOIN meter m ON m.id = given.meter_id
    WHERE given.measured_at <= CAST(:now AS timestamptz)
    WINDOW same AS (PARTITION BY given.meter_id, given.measured_at ORDER BY given.ord)
), added AS (
    INSERT INTO reading
        (meter_id, measured_at, district, applicant_uscc, value, out_of_range, received_at, received_from)
    SELECT meter_id, measured_at, district, applicant_uscc, value, out_of_range, CAST(:now AS timestamptz), :source
    FROM known WHERE copy = 1 ON CONFLICT DO NOTHING
    RETURNING meter_id, measured_at
)
SELECT known.*, added.meter_id IS NOT NULL AND known.copy = 1 AS fresh,
       coalesce(kept.value, known.first_shown) = known.value AS same_value
FROM known
     LEFT JOIN added USING (meter_id, measured_at)
     LEFT JOIN reading kept ON kept.meter_id = known.meter_id AND kept.measured_at = known.measured_at
""")


@dataclass(frozen=True)
class SubmittedReading:
    """A submitted reading."""

    meter_id: UUID
    measured_at: datetime
    value: Decimal


@dataclass(frozen=True)
class ReadingOutcome:
    """Outcome of one row: position in the batch, status, and whether the value is out of range."""

    index: int
    status: ReadingStatus
    out_of_range: bool


async def record_readings(session: AsyncSession, shown: Sequence[SubmittedReading]) -> list[ReadingOutcome]:
    """Store readings idempotently; return one result per row, in order. 四（一）3"""
    at = now(session)
    rows = await session.execute(
        _INSERT_READINGS,
        {
            "meters": [item.meter_id for item in shown],
            "instants": [item.measured_at for item in shown],
            "shown": [item.value for item in shown],
            "now": at,
            "source": actor_of(session).subject,
        },
    )
    known = {row.ord - 1: row for row in rows}
    await _report_breaches(session, [row for row in known.values() if row.fresh and row.out_of_range])
    return [_result(index, item, known.get(index), at) for index, item in enumerate(shown)]


def _result(index: int, item: SubmittedReading, row: Row[Any] | None, at: datetime) -> ReadingOutcome:
    if row is None:
        return ReadingOutcome(index, "in_the_future" if item.measured_at > at else "unknown_meter", False)
    status: ReadingStatus = "recorded" if row.fresh else "unchanged" if row.same_value else "conflict"
    return ReadingOutcome(index, status, row.out_of_range)


async def _report_breaches(session: AsyncSession, rows: Sequence[Row[Any]]) -> None:
    """Open a finding and emit ReadingOutOfRange, once per meter and day."""
    first: dict[tuple[UUID, date], Row[Any]] = {}
    for row in sorted(rows, key=lambda row: row.ord):
        first.setdefault((row.meter_id, _day(row.measured_at)), row)
    if not first:
        return
    values = [_finding(row, day) for (_, day), row in first.items()]
    made = await session.scalars(
        insert(ReadingFinding).values(values).on_conflict_do_nothing().returning(ReadingFinding.id)
    )
    opened = set(made.all())
    await emit(session, *(_event(value) for value in values if value["id"] in opened))


def _finding(row: Row[Any], day: date) -> dict[str, Any]:
    return {
        "id": uuid5(row.meter_id, day.isoformat()),
        "meter_id": row.meter_id,
        "declaration_id": row.declaration_id,
        "district": row.district,
        "applicant_uscc": row.applicant_uscc,
        "quantity": row.kind,
        "value": row.value,
        "threshold": f"不低于 {row.low:f}" if row.low is not None and row.value < row.low else f"不高于 {row.high:f}",
        "measured_on": day,
        "state": "open",
        "closed": None,
    }


def _event(finding: dict[str, Any]) -> ReadingOutOfRange:
    kept = {name: finding[name] for name in ("declaration_id", "district", "applicant_uscc", "quantity", "value")}
    return ReadingOutOfRange(
        meter_id=str(finding["meter_id"]), threshold=finding["threshold"], measured_on=finding["measured_on"], **kept
    )


def _day(instant: datetime) -> date:
    return instant.astimezone(BEIJING).date()
