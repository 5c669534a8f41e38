"""Rights of each database role on each table and function: stated here and beside each service, and no others.

`upgrade` takes every right from the services' roles and from PUBLIC, then grants what the statements say.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from shared.settings import ROLE_KINDS

ADD = "SELECT, INSERT"
"""Rights of a table whose rows are written once."""


class Access(NamedTuple):
    """Rights of the roles of each kind on one table, function or schema, and why they need them."""

    of: str
    """Name of a table, or `SEQUENCE …`, `FUNCTION …`, `SCHEMA …`; with its schema unless that is the service's."""
    why: str
    app: str = ""
    relay: str = ""
    sealer: str = ""

    def rights(self) -> Iterator[tuple[str, str]]:
        """Return kind of role and rights, for the roles that have any."""
        return ((kind, given) for kind in ROLE_KINDS if (given := getattr(self, kind)))


SHARED = (
    Access("alembic_version", "the migrations alone read and write it"),
    Access("act", "acts are recorded once", app=ADD, sealer="SELECT"),
    Access("duty", "a duty that was taken is never given back", app=ADD, sealer="SELECT"),
    Access(
        "api_key",
        "a key is revoked, and its name forgotten by age; what it admits never changes",
        app=f"{ADD}, UPDATE (name, revoked_by, revoked_at, revoked_reason, last_used_on)",
        sealer="SELECT",
    ),
    Access(
        "person",
        "the directory follows what the identity provider and the administrator say of a person",
        app=f"{ADD}, UPDATE (name, roles, districts, uscc, recorded_by, seen_on, closed_at, closed_by, closed_reason)",
    ),
    Access(
        "agent",
        "an authorisation is withdrawn, and its names forgotten by age; whom it admits never changes",
        app=f"{ADD}, UPDATE (name, reason, withdrawn_by, withdrawn_at, withdrawn_reason)",
    ),
    Access(
        "revoked_token", "a revocation goes by age after its end (trigger revoked_token_in_force)", app=f"{ADD}, DELETE"
    ),
    Access("stream_ticket", "a ticket is used once", app=f"{ADD}, DELETE"),
    Access(
        "idempotency_key",
        "the answer is added once (trigger answered_once); old keys are forgotten",
        app=f"{ADD}, UPDATE (status, headers, body), DELETE",
    ),
    Access("stream_head", "number of a stream's last event", app=f"{ADD}, UPDATE (seq)"),
    Access(
        "event_log",
        "events are written once; the relay gives them their position",
        app=ADD,
        relay="SELECT (id, position), UPDATE (position)",
        sealer="SELECT",
    ),
    Access(
        "outbox",
        "the relay alone reads and removes events under way",
        app="INSERT, SELECT (id)",
        relay="SELECT, DELETE",
    ),
    Access(
        "inbox",
        "events that were handled; an event that is parked instead is taken out again",
        app=f"{ADD}, DELETE",
        sealer="SELECT",
    ),
    Access("stream_seen", "number of the last event handled of a stream", app=f"{ADD}, UPDATE (seq)"),
    Access(
        "parked",
        "events that wait for an earlier one or for a repair",
        app=f"{ADD}, UPDATE (error, attempts), DELETE",
    ),
    Access(
        "dead_letter",
        "a letter is settled, never changed, and goes by age after that (trigger dead_letter_in_force)",
        app=f"{ADD}, UPDATE (settled_at, settlement), DELETE",
        sealer="SELECT",
    ),
    Access("operation", "the operator's commands are recorded once", app=ADD, sealer="SELECT"),
    Access(
        "attachment",
        "a paper is replaced or withdrawn with a reason, never changed",
        app=f"{ADD}, UPDATE (removed_by, removed_at, removed_reason)",
        sealer="SELECT",
    ),
    Access(
        "attachment_use",
        "the act that rests on a paper is decided once",
        app=f"{ADD}, UPDATE (decided_at)",
        sealer="SELECT",
    ),
    Access(
        "series_batch",
        "what was entered stays; it is decided once (trigger series_batch_decided_once)",
        app=f"{ADD}, UPDATE (number, status, decided_by, decided_by_name, decided_at, decision_reason, version)",
        sealer="SELECT",
    ),
    Access("series_head", "last number of each kind", app=f"{ADD}, UPDATE (number, announced, stamp)"),
    Access("series_use", "what an act has read stays", app=ADD, sealer="SELECT"),
    Access("transaction_part", "transactions that wait for their seal", app="INSERT", sealer="SELECT, DELETE"),
    Access(
        "SEQUENCE act_id_seq", "the last number given, so that a record missing at the end is noticed", sealer="SELECT"
    ),
    Access("SEQUENCE event_log_id_seq", "as for acts", sealer="SELECT"),
    Access("SEQUENCE operation_id_seq", "as for acts", sealer="SELECT"),
    Access("seal_layout", "the sealer alone seals", app="SELECT", sealer=ADD),
    Access("seal_leaf", "the sealer alone seals", app="SELECT", sealer=ADD),
    Access("seal_checkpoint", "the sealer alone seals", app="SELECT", sealer=ADD),
    Access("foreign_checkpoint", "other services' checkpoints are kept as they came", app=ADD, sealer="SELECT"),
)
"""Access to the tables that every service has."""


def statements(service: str, schemas: Iterable[str], stated: Iterable[Access]) -> Iterator[str]:
    """Return the statements that leave the service's roles, and PUBLIC, with the stated rights alone."""
    roles = ", ".join(f"{kind}_{service}" for kind in ROLE_KINDS)
    yield f"ALTER DEFAULT PRIVILEGES FOR ROLE owner_{service} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
    for schema in (service, *schemas):
        yield (
            f"ALTER DEFAULT PRIVILEGES FOR ROLE owner_{service} IN SCHEMA {schema} REVOKE ALL ON TABLES FROM {roles}"
        )
        for objects in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            yield f"REVOKE ALL ON ALL {objects} IN SCHEMA {schema} FROM PUBLIC, {roles}"
        yield f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {roles}"
    yield f"GRANT USAGE ON SCHEMA {service} TO {roles}"
    for access in (*SHARED, *stated):
        for kind, rights in access.rights():
            yield f"GRANT {rights} ON {access.of} TO {kind}_{service}"


def grant(connection: Connection, service: str, schemas: Iterable[str], stated: Iterable[Access]) -> None:
    """Grant what is stated, as the owner of the service's schemas, in the transaction under way."""
    for statement in statements(service, schemas, stated):
        connection.exec_driver_sql(statement)


_DATABASE = """
DO $$ DECLARE name text; BEGIN
    IF pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE') THEN
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO {roles}', current_database());
        IF to_regnamespace('public') IS NOT NULL THEN
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
        END IF;
    END IF;
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND NOT EXISTS (
        SELECT FROM pg_database WHERE datname NOT IN (current_database(), 'postgres', 'template0', 'template1')
    ) THEN
        FOR name IN SELECT datname FROM pg_database WHERE datname IN ('postgres', 'template1') LOOP
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', name);
        END LOOP;
    END IF;
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
    END IF;
END $$
"""


def database_statement(service: str) -> str:
    """Return the statement that lets the service's roles connect to the current database, and PUBLIC do nothing there.

    An administrator who does not own the database leaves it as it is; only a superuser can forbid large objects, and
    the server's own databases where it has no others: on a server with more, somebody else may connect to them.
    """
    return _DATABASE.format(roles=", ".join(f"{kind}_{service}" for kind in ROLE_KINDS))
