"""Declarations of what a service seals: tables with the columns that go into a leaf, and tables left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import LargeBinary, Table

from shared.storage import tables
from shared.storage.series_tables import series_batch, series_use


@dataclass(frozen=True)
class SealedTable:
    """A table whose rows become leaves. `kind` is its schema and name.

    `personal` columns go into the leaf as salted digests: erasing value and salt keeps the proofs of the row.
    """

    kind: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    personal: tuple[str, ...] = ()
    append_only: bool = True
    """False if rows may change with an act or event in the same transaction; each version is then a leaf."""
    numbered: bool = False
    """True for records of acts and events: they rest on nothing else, and their `id` numbers must ascend."""
    digested: frozenset[str] = frozenset()
    """Binary columns, which enter by their SHA-256."""
    where: str = "true"
    """Condition, on the alias `t`, from which on a row is complete."""

    @property
    def open_columns(self) -> tuple[str, ...]:
        """Return the columns that a leaf shows as they are."""
        return tuple(name for name in self.columns if name not in self.personal)


@dataclass(frozen=True)
class Seals:
    """The sealed tables of a service, and the reason for each table that is not sealed."""

    tables: tuple[SealedTable, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    provable: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Tables, without schema, whose records may be proved, and the roles that may ask beside the auditor."""
    files: tuple[str, ...] = ()
    """Tables whose column `sha256` names a stored file, which verifying hashes again."""

    def by_kind(self) -> dict[str, SealedTable]:
        """Return the sealed tables by kind."""
        return {table.kind: table for table in self.tables}


def sealed(
    schema: str,
    table: Table,
    *personal: str,
    changes: bool = False,
    numbered: bool = False,
    only: Sequence[str] = (),
    omit: Iterable[str] = (),
    where: str = "true",
) -> SealedTable:
    """Declare a table; raises ValueError for a column that the table does not have."""
    names = [column.name for column in table.columns]
    if unknown := {*personal, *only, *omit} - set(names):
        raise ValueError(f"{table.name} has no columns {sorted(unknown)}")
    return SealedTable(
        kind=f"{schema}.{table.name}",
        key=tuple(column.name for column in table.primary_key.columns),
        columns=tuple(name for name in only or names if name not in omit),
        personal=personal,
        append_only=not changes,
        numbered=numbered,
        digested=frozenset(column.name for column in table.columns if isinstance(column.type, LargeBinary)),
        where=where,
    )


def common_tables(service: str) -> tuple[SealedTable, ...]:
    """Return the sealed ones of the tables that every service has."""
    return (
        sealed(service, tables.act, "actor", "actor_name", "reason", "detail", numbered=True),
        sealed(service, tables.operation, "operator", "login", "reason", numbered=True),
        sealed(
            service,
            tables.event_log,
            "actor",
            "payload",
            numbered=True,
            omit=("written_in",),
            where="t.position IS NOT NULL",
        ),
        sealed(service, tables.duty, "actor"),
        sealed(service, tables.attachment, "uploaded_by", "removed_by", "filename", "removed_reason", changes=True),
        sealed(service, tables.attachment_use, changes=True),
        sealed(
            service,
            series_batch,
            *("entered_by", "entered_by_name", "reason", "decided_by", "decided_by_name", "decision_reason"),
            changes=True,
        ),
        sealed(service, series_use),
    )


COMMON_LEFT_OUT = {
    "agent": "the state of authorisations; authorising and withdrawing are acts, which are sealed",
    "api_key": "the state of access; issuing and revoking a key are acts, which are sealed",
    "dead_letter": "a message that was not understood, kept until an operator settles it; settling is an operation",
    "foreign_checkpoint": "each note bears the signature of its origin",
    "idempotency_key": "answers for repeated requests, removed after some days",
    "inbox": "identifiers of messages received, for recognising repetitions",
    "outbox": "messages under way; the event log keeps the events",
    "person": "the state of the directory; recording and closing a person are acts, sign-ins leave nothing to prove",
    "revoked_token": "refusals that end by themselves; revoking is an operation, which is sealed",
    "parked": "messages that wait; they are stored with the service that sent them",
    "seal_checkpoint": "each checkpoint is signed",
    "seal_layout": "a changed layout changes the hash of every row that is read by it",
    "seal_leaf": "the leaves themselves, whose hashes the signed roots cover",
    "series_head": "the last number of each kind, which the batches also have",
    "stream_head": "the last number of each stream, which the event log also has",
    "stream_seen": "the progress of reading other services",
    "stream_ticket": "tickets for half a minute",
    "transaction_part": "savepoints of transactions under way, removed once their rows are sealed",
}
"""Reasons for the tables of every service that are not sealed."""


OFFICES = ("district_officer", "district_supervisor", "city_officer", "city_supervisor", "finance")
"""Roles of the offices, which may have the records that they see proved."""
