"""Every event told once to everybody it concerns, in its order, and every copy equal to what it is a copy of."""

from collections.abc import Iterator
from dataclasses import dataclass

from faults.checker.reading import BOOKS, Connection
from faults.lag import pairs
from faults.model.history import Difference
from services import SERVICES

SHOWN = 3
"""So many culprits of one check are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question whose every answer, a line of text, is a contradiction."""

    kind: str
    sql: str


@dataclass(frozen=True, slots=True)
class Answered:
    """How many contradictions there are, and the first of them."""

    many: int
    differences: tuple[Difference, ...]


async def ask(admin: Connection, query: Query) -> Answered:
    """The contradictions that a query finds."""
    sql = f"SELECT text, count(*) OVER () AS many FROM ({query.sql}) AS found (text) LIMIT {SHOWN}"
    rows = await admin.fetch(sql)
    return Answered(rows[0]["many"] if rows else 0, tuple(Difference(query.kind, row["text"]) for row in rows))


def announced() -> Iterator[Query]:
    """Outboxes are empty, every event has its place in the log, and its aggregate's numbers have no gap."""
    for service in SERVICES:
        yield Query("lost", f"SELECT 'not announced by {service}: event ' || event_id FROM {service}.outbox")
        yield Query("lost", _UNPLACED.format(service=service))
        yield Query("order", _GAPS.format(service=service))
    for table, key, area in BOOKS.values():
        yield Query("state", _BOOK_EVENTS.format(table=table, key=key, area=area, row=area.replace("content", "row")))


def told(witnessed: bool) -> Iterator[Query]:
    """Everybody was told every event once and in order. `witnessed`: each application was noted by the campaign."""
    for reader, source in pairs():
        names = {"reader": reader, "source": source}
        yield Query("lost", _NOT_TOLD.format(**names))
        yield Query("order", _NOT_SEEN.format(**names))
        if witnessed:
            yield Query("lost", _NOT_APPLIED.format(**names))
            yield Query("doubled", _APPLIED_TWICE.format(**names))
            yield Query("order", _APPLIED_OUT_OF_ORDER.format(**names))
    if witnessed:
        yield Query("doubled", _APPLIED_TWICE.format(reader="intake", source="district"))


def copies() -> Iterator[Query]:
    """What services keep of one another's rows."""
    for sql in (_RESOURCES, _PROJECTS, _REVIEWS, _APPLICATIONS, _FILES, _HANDS_ELIGIBILITY, _HANDS_FUNDING):
        yield Query("state", sql)


_UNPLACED = "SELECT 'without a place in the log of {service}: event ' || event_id FROM {service}.event_log" \
    " WHERE position IS NULL"  # fmt: skip
_GAPS = """
SELECT format('{service} announced %s events of %s, numbered up to %s; it counts %s', count(e.id),
              coalesce(e.aggregate_id, h.aggregate_id), max(e.agg_seq), max(h.seq))
FROM {service}.event_log e FULL JOIN {service}.stream_head h USING (aggregate_id)
GROUP BY coalesce(e.aggregate_id, h.aggregate_id)
HAVING (count(e.id), count(e.id)) IS DISTINCT FROM (max(e.agg_seq), max(h.seq)) OR min(e.agg_seq) IS DISTINCT FROM 1"""
_BOOK_EVENTS = """
SELECT format('{table} %s version %s: event and history do not say the same', coalesce(e.id, v.{key}),
              coalesce(e.version, v.version))
FROM (SELECT aggregate_id AS id, agg_seq AS version, convert_from(payload, 'UTF8')::jsonb AS said
      FROM intake.event_log WHERE aggregate_type = '{table}') e
FULL JOIN intake.{table}_version v ON v.{key} = e.id AND v.version = e.version
WHERE e.id IS NULL OR v.{key} IS NULL OR (e.said ->> 'version')::int <> v.version
   OR (SELECT {row} FROM (SELECT e.said -> 'row') AS s (row)) IS DISTINCT FROM v.{area}"""
_PARKED = "EXISTS (SELECT FROM {reader}.parked p WHERE p.source = '{source}' AND p.aggregate_id = {of}.aggregate_id)"
_NOT_TOLD = """
SELECT format('{reader} was not told event %s of {source}, %s of %s', e.event_id, e.agg_seq, e.aggregate_id)
FROM {source}.event_log e
WHERE NOT EXISTS (SELECT FROM {reader}.inbox i WHERE i.event_id = e.event_id) ORDER BY e.id"""
_NOT_SEEN = """
SELECT format('{reader} has seen {source}''s %s up to %s, it goes up to %s', h.aggregate_id, s.seq, h.seq)
FROM {source}.stream_head h
LEFT JOIN (SELECT * FROM {reader}.stream_seen WHERE source = '{source}') s USING (aggregate_id)
WHERE h.seq IS DISTINCT FROM s.seq"""
_NOT_APPLIED = (
    """
SELECT format('{reader} did not act on event %s of {source}, %s of %s', e.event_id, e.agg_seq, e.aggregate_id)
FROM {source}.event_log e
WHERE NOT EXISTS (SELECT FROM {reader}.faults_applied a WHERE a.event_id = e.event_id)
  AND NOT """
    + _PARKED.replace("{of}", "e")
    + " ORDER BY e.id"
)
_APPLIED_TWICE = """
SELECT format('{reader} acted %s times on event %s of {source}, %s of %s', count(*), event_id, min(seq), aggregate_id)
FROM {reader}.faults_applied WHERE source = '{source}' GROUP BY event_id, aggregate_id HAVING count(*) > 1"""
_APPLIED_OUT_OF_ORDER = """
SELECT format('{reader} acted on event %s of {source}''s %s as number %s', seq, aggregate_id, place)
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
SELECT format('project %s in the pool with %s, in funding with %s', coalesce(p.declaration_id, a.id), p.score, a.score)
FROM eligibility.pool_entry p FULL JOIN funding.application a ON a.id = p.declaration_id
WHERE (p.score, p.applicant_uscc, p.declaration_no) IS DISTINCT FROM (a.score, a.applicant_uscc, a.declaration_no)"""
_FILES = """
SELECT format('project %s was paid %s, demanded %s, recovered %s; in monitoring %s, %s, %s',
              coalesce(a.id, f.declaration_id), a.released_yuan, a.demanded_yuan, a.recovered_yuan,
              f.released_yuan, f.demanded_yuan, f.recovered_yuan)
FROM (SELECT * FROM funding.application WHERE released_yuan > 0) a
FULL JOIN monitoring.project_file f ON f.declaration_id = a.id
WHERE (a.released_yuan, a.demanded_yuan, a.recovered_yuan, a.award_yuan)
      IS DISTINCT FROM (f.released_yuan, f.demanded_yuan, f.recovered_yuan, f.award_yuan)"""
_HANDS = """
SELECT format('%s has the duty %s on %s in {upper}, which {lower} does not know', d.actor, d.duty, d.case_id)
FROM {upper}.duty d JOIN {known} k ON k.{key} = d.case_id
WHERE NOT EXISTS (SELECT FROM {lower}.duty o WHERE o.case_id = d.case_id AND o.actor = d.actor)"""
_HANDS_ELIGIBILITY = _HANDS.format(
    upper="intake", lower="eligibility", known="(SELECT * FROM eligibility.review WHERE received_on IS NOT NULL)",
    key="declaration_id",
)  # fmt: skip
_HANDS_FUNDING = _HANDS.format(upper="eligibility", lower="funding", known="funding.application", key="id")
