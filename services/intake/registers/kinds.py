"""The two registers of a district, resource ledger and reserve library, with the SQL that writes them (四（一）2)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from shared.contracts.base import Event
from shared.contracts.intake import LibraryEntryChanged, ResourceRecorded
from shared.contracts.library import LibraryRow, ResourceRow


@dataclass(frozen=True)
class Register:
    """Register: its table, scope, computed measures, field of the change reason, and event of a changed row."""

    table: str
    scope: str
    """Scope that an API key needs to push rows."""
    key: str
    measures: tuple[tuple[str, str], ...]
    reason_field: str | None
    event: Callable[[UUID, int, str | None, Any], Event]
    links: bool = False


def _resource_event(key: UUID, version: int, reason: str | None, row: ResourceRow) -> Event:
    return ResourceRecorded(resource_id=key, version=version, change_reason=reason, row=row, district=row.district)


def _library_event(key: UUID, version: int, reason: str | None, row: LibraryRow) -> Event:
    return LibraryEntryChanged(
        entry_id=key,
        version=version,
        change_reason=reason,
        row=row,
        district=row.district,
        applicant_uscc=row.entity_uscc,
    )


_SUM_OF_COMPONENTS = (
    "(SELECT coalesce(sum((part ->> '{}')::numeric), 0) FROM jsonb_array_elements(content -> 'components') AS part)"
)
RESOURCES = Register(
    "resource",
    "write:resources",
    "resource_id",
    (("gross_floor_area_m2", "(content ->> 'gross_floor_area_m2')::numeric"),),
    "change_reason",
    _resource_event,
)
LIBRARY = Register(
    "library_entry",
    "write:library-entries",
    "entry_id",
    tuple((name, _SUM_OF_COMPONENTS.format(name)) for name in ("fixed_investment_yuan", "renovated_area_m2")),
    None,
    _library_event,
    links=True,
)


_SENT_ROWS = """
           unnest(CAST(:ids AS uuid[]), CAST(:contents AS jsonb[]), CAST(:hashes AS bytea[]), CAST(:reasons AS text[]))
           AS n(id, content, sha256, reason)"""


@cache
def insert_sql(register: Register) -> TextClause:
    """Return the INSERT of new rows; rows with a recorded key are skipped."""
    names, values = zip(*register.measures, strict=True)
    return text(f"""
        INSERT INTO {register.table} (id, district, external_id, quarter, content, content_sha256, version,
                                  change_reason, recorded_at, changed_at, changed_by, {", ".join(names)})
        SELECT id, content ->> 'district', content ->> 'external_id', content ->> 'quarter', content, sha256, 1, reason,
               CAST(:at AS timestamptz), CAST(:at AS timestamptz), :by, {", ".join(values)}
        FROM {_SENT_ROWS} ORDER BY 2, 3
        ON CONFLICT (district, external_id) DO NOTHING RETURNING id, district, external_id""")


@cache
def read_sql(register: Register, *, lock: bool) -> TextClause:
    """Return the SELECT of recorded rows by key, in key order, with row locks if `lock`."""
    return text(f"""
        SELECT r.id, r.district, r.external_id, r.version, r.quarter, r.content_sha256
        FROM {register.table} r
        JOIN unnest(CAST(:districts AS text[]), CAST(:external_ids AS text[])) AS k(district, external_id)
          ON r.district = k.district AND r.external_id = k.external_id
        ORDER BY r.district, r.external_id {"FOR NO KEY UPDATE OF r" if lock else ""}""")


@cache
def update_sql(register: Register) -> TextClause:
    """Return the UPDATE of changed rows, which increases their versions."""
    measures = ", ".join(f"{name} = n.{name}" for name, _ in register.measures)
    values = ", ".join(f"{value} AS {name}" for name, value in register.measures)
    return text(f"""
        UPDATE {register.table} r SET quarter = n.content ->> 'quarter', content = n.content, content_sha256 = n.sha256,
               version = r.version + 1, change_reason = n.reason, changed_at = :at, changed_by = :by, {measures}
        FROM (SELECT *, {values} FROM {_SENT_ROWS}) n WHERE r.id = n.id""")


@cache
def history_sql(register: Register) -> TextClause:
    """Return the INSERT that copies the current rows into the history."""
    return text(f"""
        INSERT INTO {register.table}_version ({register.key}, version, district, external_id, quarter, content,
                                          content_sha256, change_reason, recorded_at, recorded_by, recorder_name, role)
        SELECT id, version, district, external_id, quarter, content, content_sha256, change_reason, changed_at,
               changed_by, :name, :role
        FROM {register.table} WHERE id = ANY(CAST(:ids AS uuid[]))""")


DELETE_LINKS = text("DELETE FROM library_resource WHERE entry_id = ANY(CAST(:ids AS uuid[]))")
INSERT_LINKS = text("""
    INSERT INTO library_resource (entry_id, district, resource_external_id)
    SELECT DISTINCT e.id, e.district, linked.external_id
    FROM library_entry e, jsonb_array_elements_text(e.content -> 'resource_external_ids') AS linked(external_id)
    WHERE e.id = ANY(CAST(:ids AS uuid[]))""")
