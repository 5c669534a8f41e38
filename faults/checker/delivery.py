"""Every event received once by each consumer, in order, and every copied row equal to its original."""

from collections.abc import Iterator
from dataclasses import dataclass

from faults.checker.reading import REGISTERS, Connection
from faults.lag import subscriptions
from faults.model.history import Difference
from services import SERVICES

MAX_SHOWN = 3
"""Differences shown per query; the others are counted."""


@dataclass(frozen=True, slots=True)
class Query:
    """SQL query whose every row, a line of text, is a contradiction."""

    kind: str
    sql: str


@dataclass(frozen=True, slots=True)
class Contradictions:
    """Number of contradictions, and the first of them."""

    count: int
    differences: tuple[Difference, ...]


async def run_query(admin: Connection, query: Query) -> Contradictions:
    """Run a query and return its contradictions."""
    sql = f"SELECT text, count(*) OVER () AS many FROM ({query.sql}) AS found (text) LIMIT {MAX_SHOWN}"
    rows = await admin.fetch(sql)
    return Contradictions(rows[0]["many"] if rows else 0, tuple(Difference(query.kind, row["text"]) for row in rows))


def published() -> Iterator[Query]:
    """Yield queries for unpublished events, missing feed positions and gaps in the numbers of an aggregate."""
    for service in SERVICES:
        yield Query("lost", f"SELECT 'not published by {service}: event ' || event_id FROM {service}.outbox")
        yield Query("lost", _UNPLACED.format(service=service))
        yield Query("order", _GAPS.format(service=service))
    for table, key, area in REGISTERS.values():
        yield Query(
            "state", _REGISTER_EVENTS.format(table=table, key=key, area=area, row=area.replace("content", "row"))
        )


def delivered(with_history: bool) -> Iterator[Query]:
    """Yield queries for events lost, repeated or reordered. `with_history`: the campaign recorded applied events."""
    for reader, source in subscriptions():
        names = {"reader": reader, "source": source}
        yield Query("lost", _NOT_RECEIVED.format(**names))
        yield Query("order", _NOT_SEEN.format(**names))
        if with_history:
            yield Query("lost", _NOT_APPLIED.format(**names))
            yield Query("doubled", _APPLIED_TWICE.format(**names))
            yield Query("order", _APPLIED_OUT_OF_ORDER.format(**names))
    if with_history:
        yield Query("doubled", _APPLIED_TWICE.format(reader="intake", source="district"))


def copies() -> Iterator[Query]:
    """Yield queries for rows that services copy from one another."""
    for sql in (_RESOURCES, _PROJECTS, _REVIEWS, _APPLICATIONS, _FILES, _DUTIES_ELIGIBILITY, _DUTIES_FUNDING):
        yield Query("state", sql)


_UNPLACED = "SELECT 'without a position in the feed of {service}: event ' || event_id FROM {service}.event_log" \
    " WHERE position IS NULL"  # fmt: skip
_GAPS = """
SELECT format('{service} logged %s events of %s, numbered up to %s; its head is at %s', count(e.id),
              coalesce(e.aggregate_id, h.aggregate_id), max(e.agg_seq), max(h.seq))
FROM {service}.event_log e FULL JOIN {service}.stream_head h USING (aggregate_id)
GROUP BY coalesce(e.aggregate_id, h.aggregate_id)
HAVING (count(e.id), count(e.id)) IS DISTINCT FROM (max(e.agg_seq), max(h.seq)) OR min(e.agg_seq) IS DISTINCT FROM 1"""
_REGISTER_EVENTS = """
SELECT format('{table} %s version %s: event and history differ', coalesce(e.id, v.{key}),
              coalesce(e.version, v.version))
FROM (SELECT aggregate_id AS id, agg_seq AS version, convert_from(payload, 'UTF8')::jsonb AS said
      FROM intake.event_log WHERE aggregate_type = '{table}') e
FULL JOIN intake.{table}_version v ON v.{key} = e.id AND v.version = e.version
WHERE e.id IS NULL OR v.{key} IS NULL OR (e.said ->> 'version')::int <> v.version
   OR (SELECT {row} FROM (SELECT e.said -> 'row') AS s (row)) IS DISTINCT FROM v.{area}"""
_PARKED = "EXISTS (SELECT FROM {reader}.parked p WHERE p.source = '{source}' AND p.aggregate_id = {of}.aggregate_id)"
_NOT_RECEIVED = """
SELECT format('{reader} did not receive event %s of {source}, %s of %s', e.event_id, e.agg_seq, e.aggregate_id)
FROM {source}.event_log e
WHERE NOT EXISTS (SELECT FROM {reader}.inbox i WHERE i.event_id = e.event_id) ORDER BY e.id"""
_NOT_SEEN = """
SELECT format('{reader} has seen {source}''s %s up to %s, it goes up to %s', h.aggregate_id, s.seq, h.seq)
FROM {source}.stream_head h
LEFT JOIN (SELECT * FROM {reader}.stream_seen WHERE source = '{source}') s USING (aggregate_id)
WHERE h.seq IS DISTINCT FROM s.seq"""
_NOT_APPLIED = (
    """
SELECT format('{reader} did not apply event %s of {source}, %s of %s', e.event_id, e.agg_seq, e.aggregate_id)
FROM {source}.event_log e
WHERE NOT EXISTS (SELECT FROM {reader}.faults_applied a WHERE a.event_id = e.event_id)
  AND NOT """
    + _PARKED.replace("{of}", "e")
    + " ORDER BY e.id"
)
_APPLIED_TWICE = """
SELECT format('{reader} applied %s times event %s of {source}, %s of %s', count(*), event_id, min(seq), aggregate_id)
FROM {reader}.faults_applied WHERE source = '{source}' GROUP BY event_id, aggregate_id HAVING count(*) > 1"""
_APPLIED_OUT_OF_ORDER = """
SELECT format('{reader} applied event %s of {source}''s %s as number %s', seq, aggregate_id, place)
FROM (SELECT *, row_number() OVER (PARTITION BY aggregate_id ORDER BY n) AS place
      FROM {reader}.faults_applied WHERE source = '{source}') a
WHERE seq <> place ORDER BY n"""
_RESOURCES = """
SELECT format('resource %s is at version %s, its copy in eligibility at %s', coalesce(r.id, c.resource_id), r.version,
              c.version)
FROM intake.resource r FULL JOIN eligibility.stock_resource c ON c.resource_id = r.id
WHERE (r.version, r.district, r.external_id, r.content ->> 'gross_floor_area_m2')
      IS DISTINCT FROM (c.version, c.district, c.external_id, c.facts ->> 'gross_floor_area_m2')"""
_PROJECTS = """
SELECT format('library entry %s is at version %s, its copy in eligibility at %s', coalesce(r.id, c.entry_id), r.version,
              c.version)
FROM intake.library_entry r FULL JOIN eligibility.library_project c ON c.entry_id = r.id
WHERE (r.version, r.district, r.external_id, r.content -> 'components' -> 0 ->> 'renovated_area_m2')
      IS DISTINCT FROM (c.version, c.district, c.external_id, c.facts -> 'components' -> 0 ->> 'renovated_area_m2')"""
_REVIEWS = """
SELECT format('declaration %s round %s received %s, in eligibility round %s received %s',
              coalesce(d.id, r.declaration_id), d.round, d.received_on, r.round, r.received_on)
FROM (SELECT * FROM intake.declaration WHERE forwarded_on IS NOT NULL) d
FULL JOIN eligibility.review r ON r.declaration_id = d.id
WHERE (d.round, d.accepted_on, d.received_on, d.applicant_uscc)
      IS DISTINCT FROM (r.round, r.accepted_on, r.received_on, r.applicant_uscc)"""
_APPLICATIONS = """
SELECT format('project %s has score %s in the pool, %s in funding', coalesce(p.declaration_id, a.id), p.score, a.score)
FROM eligibility.pool_entry p FULL JOIN funding.application a ON a.id = p.declaration_id
WHERE (p.score, p.applicant_uscc, p.declaration_no) IS DISTINCT FROM (a.score, a.applicant_uscc, a.declaration_no)"""
_FILES = """
SELECT format('project %s was paid %s, demanded %s, recovered %s; in monitoring %s, %s, %s',
              coalesce(a.id, f.declaration_id), a.released_yuan, a.demanded_yuan, a.recovered_yuan,
              f.released_yuan, f.demanded_yuan, f.recovered_yuan)
FROM (SELECT * FROM funding.application WHERE released_yuan + bank_returned_yuan > 0) a
FULL JOIN monitoring.project_file f ON f.declaration_id = a.id
WHERE (a.released_yuan, a.demanded_yuan, a.recovered_yuan, a.award_yuan)
      IS DISTINCT FROM (f.released_yuan, f.demanded_yuan, f.recovered_yuan, f.award_yuan)"""
_DUTIES = """
SELECT format('%s has the duty %s on %s in {upper}, which is missing in {lower}', d.actor, d.duty, d.case_id)
FROM {upper}.duty d JOIN {known} k ON k.{key} = d.case_id
WHERE NOT EXISTS (SELECT FROM {lower}.duty o WHERE o.case_id = d.case_id AND (o.actor, o.duty) = (d.actor, d.duty))"""
_DUTIES_ELIGIBILITY = _DUTIES.format(
    upper="intake", lower="eligibility", known="(SELECT * FROM eligibility.review WHERE received_on IS NOT NULL)",
    key="declaration_id",
)  # fmt: skip
_DUTIES_FUNDING = _DUTIES.format(upper="eligibility", lower="funding", known="funding.application", key="id")
