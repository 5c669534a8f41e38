"""The two books a district keeps (四（一）2), the resource ledger and the reserve library, and how rows get in."""

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
class Book:
    """The ledger or the library: where its rows are kept and how a change of one is announced."""

    table: str
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


_OF_PARTS = (
    "(SELECT coalesce(sum((part ->> '{}')::numeric), 0) FROM jsonb_array_elements(content -> 'components') AS part)"
)
RESOURCES = Book(
    "resource",
    "resource_id",
    (("gross_floor_area_m2", "(content ->> 'gross_floor_area_m2')::numeric"),),
    "change_reason",
    _resource_event,
)
LIBRARY = Book(
    "library_entry",
    "entry_id",
    tuple((name, _OF_PARTS.format(name)) for name in ("fixed_investment_yuan", "renovated_area_m2")),
    None,
    _library_event,
    links=True,
)


_ROWS = """unnest(CAST(:ids AS uuid[]), CAST(:contents AS jsonb[]), CAST(:hashes AS bytea[]), CAST(:reasons AS text[]))
           AS n(id, content, sha256, reason)"""


@cache
def insert_sql(book: Book) -> TextClause:
    names, values = zip(*book.measures, strict=True)
    return text(f"""
        INSERT INTO {book.table} (id, district, external_id, quarter, content, content_sha256, version, change_reason,
                                  recorded_at, changed_at, changed_by, {", ".join(names)})
        SELECT id, content ->> 'district', content ->> 'external_id', content ->> 'quarter', content, sha256, 1, reason,
               CAST(:at AS timestamptz), CAST(:at AS timestamptz), :by, {", ".join(values)}
        FROM {_ROWS} ORDER BY 2, 3
        ON CONFLICT (district, external_id) DO NOTHING RETURNING id, district, external_id""")


@cache
def read_sql(book: Book, *, lock: bool) -> TextClause:
    return text(f"""
        SELECT r.id, r.district, r.external_id, r.version, r.quarter, r.content_sha256
        FROM {book.table} r
        JOIN unnest(CAST(:districts AS text[]), CAST(:external_ids AS text[])) AS k(district, external_id)
          ON r.district = k.district AND r.external_id = k.external_id
        ORDER BY r.district, r.external_id {"FOR NO KEY UPDATE OF r" if lock else ""}""")


@cache
def update_sql(book: Book) -> TextClause:
    measures = ", ".join(f"{name} = n.{name}" for name, _ in book.measures)
    values = ", ".join(f"{value} AS {name}" for name, value in book.measures)
    return text(f"""
        UPDATE {book.table} r SET quarter = n.content ->> 'quarter', content = n.content, content_sha256 = n.sha256,
               version = r.version + 1, change_reason = n.reason, changed_at = :at, changed_by = :by, {measures}
        FROM (SELECT *, {values} FROM {_ROWS}) n WHERE r.id = n.id""")


@cache
def history_sql(book: Book) -> TextClause:
    return text(f"""
        INSERT INTO {book.table}_version ({book.key}, version, district, external_id, quarter, content, content_sha256,
                                          change_reason, recorded_at, recorded_by, recorder_name, role)
        SELECT id, version, district, external_id, quarter, content, content_sha256, change_reason, changed_at,
               changed_by, :name, :role
        FROM {book.table} WHERE id = ANY(CAST(:ids AS uuid[]))""")


UNLINK = text("DELETE FROM library_resource WHERE entry_id = ANY(CAST(:ids AS uuid[]))")
LINK = text("""
    INSERT INTO library_resource (entry_id, district, resource_external_id)
    SELECT DISTINCT e.id, e.district, linked.external_id
    FROM library_entry e, jsonb_array_elements_text(e.content -> 'resource_external_ids') AS linked(external_id)
    WHERE e.id = ANY(CAST(:ids AS uuid[]))""")
