"""Every right in the migrated database is one that is stated, and every one stated is there."""

import re
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from services import SERVICES, load_all
from shared.settings import ROLE_KINDS
from shared.storage.access import SHARED, Access
from shared.storage.roles import KINDS
from tests.postgres import ROLE_CONNECTIONS, Server

SCHEMAS = [schema for service in load_all() for schema in (service.name, *service.schemas)]
ROLES = {f"{kind}_{service}" for service in SERVICES for kind in ROLE_KINDS}
Right = tuple[str, str, str]
"""Role, privilege, and the object with its schema; a column in brackets."""
_RIGHTS = """
WITH granted(object, owner, acl) AS (
    SELECT format('%s.%s', n.nspname, c.relname), c.relowner,
        coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT format('%s.%s(%s)', n.nspname, c.relname, a.attname), c.relowner, a.attacl
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1) AND a.attacl IS NOT NULL
    UNION ALL
    SELECT format('FUNCTION %s.%s', n.nspname, f.proname), f.proowner, coalesce(f.proacl, acldefault('f', f.proowner))
    FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname = ANY ($1)
    UNION ALL
    SELECT 'SCHEMA ' || n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_namespace n WHERE n.nspname !~ '^(pg_|information_schema$|test_support$)'
    UNION ALL
    SELECT 'DATABASE', datdba, coalesce(datacl, acldefault('d', datdba)) FROM pg_database
    WHERE datname = current_database()
    UNION ALL
    SELECT 'new ' || defaclobjtype::text, defaclrole, defaclacl FROM pg_default_acl
    UNION ALL
    SELECT 'large object ' || oid, lomowner, lomacl FROM pg_largeobject_metadata
)
SELECT coalesce(r.rolname, 'PUBLIC'), a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, object
FROM granted CROSS JOIN aclexplode(acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> owner
"""


@pytest.fixture
async def admin(server: Server, database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    yield connection
    await connection.close()


def stated_access() -> Iterator[tuple[str, Access]]:
    """Return each statement with its service, whose shared ones come first."""
    for service in load_all():
        for access in (*SHARED, *service.access):
            yield service.name, access


def qualified(service: str, of: str) -> str:
    """Return an object's name with its schema."""
    if of.startswith(("FUNCTION ", "SCHEMA ")) or "." in of:
        return of
    return f"{service}.{of.removeprefix('SEQUENCE ')}"


def stated_rights() -> set[Right]:
    """Return the rights that the statements give, those on columns one by one."""
    found = {(role, "CONNECT", "DATABASE") for role in ROLES}
    found |= {(f"{kind}_{service}", "USAGE", f"SCHEMA {service}") for service in SERVICES for kind in ROLE_KINDS}
    for service, access in stated_access():
        for kind, rights in access.rights():
            for privilege, columns in re.findall(r"([A-Z]+)(?: \(([^)]*)\))?", rights):
                of = qualified(service, access.of)
                objects = [f"{of}({column})" for column in columns.split(", ")] if columns else [of]
                found |= {(f"{kind}_{service}", privilege, each) for each in objects}
    return found


async def test_the_database_grants_what_is_stated_and_nothing_else(admin: asyncpg.Connection) -> None:
    granted = {tuple(row) for row in await admin.fetch(_RIGHTS, SCHEMAS)}
    assert granted - stated_rights() == set(), "nothing states these rights: services/*/access.py"
    assert stated_rights() - granted == set(), "run deploy.migrate up: these stated rights are missing"


async def test_every_table_is_stated_with_a_reason_even_one_that_no_role_may_touch(admin: asyncpg.Connection) -> None:
    tables = "SELECT format('%s.%s', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY ($1)"
    there = {row[0] for row in await admin.fetch(tables, SCHEMAS)}
    stated = [(qualified(service, access.of), access.why) for service, access in stated_access()]
    names = [name for name, _ in stated]
    assert {name for name in names if " " not in name and "_seq" not in name} == there, (
        "state them: services/*/access.py"
    )
    assert len(names) == len(set(names)), "one statement an object"
    assert [name for name, why in stated if len(why) < 10] == []


NEVER_CHANGED = {
    "id", "district", "applicant_uscc", "declaration_id", "declaration_no", "application_id", "case_id", "event_id",
    "created_at", "at", "amount_yuan", "principal_yuan", "evidence_sha256", "sha256", "secret_hash", "fingerprint",
    "recorded_by", "requested_by", "submitted_by", "drafted_by", "approved_by", "placed_by", "registered_by",
    "recorded_at", "requested_at", "drafted_at", "registered_at", "placed_at", "clause", "ground", "document_no",
    "approval_no", "bank_receipt_no", "contract_no", "external_id", "actor", "duty",
}  # fmt: skip
"""Columns of what an act was about, who did it and when: fixed with the row's insertion."""
CHANGED_ALL_THE_SAME = {
    ("application", "clause"): "of the award, which the approval sets",
    ("approval_change", "requested_by"): "of the newest request; a returned one may be requested anew by a colleague",
    ("approval_change", "requested_at"): "of the newest request; every request is a sealed act",
    ("interest_claim", "amount_yuan"): "set when the claim is decided, taken back when a decided claim is returned",
    ("loan", "principal_yuan"): "of the newest version; every version stays in loan_version",
    ("loan", "contract_no"): "of the newest version; every version stays in loan_version",
    ("municipal_funding_record", "amount_yuan"): "corrected by another person; every version is in a sealed event",
    ("municipal_funding_record", "document_no"): "corrected by another person; every version is in a sealed event",
    ("public_money", "amount_yuan"): "of an entry of intake, which is corrected there",
    ("public_money", "applicant_uscc"): "of an entry of intake, which is corrected there",
    ("public_money", "document_no"): "of an entry of intake, which is corrected there",
    ("penalty", "bank_receipt_no"): "of the payment, which is added once",
    ("person", "recorded_by"): "the directory's row names who recorded it last",
    ("project_identity", "approval_no"): "added when the approval is announced",
}


def test_no_role_may_change_what_never_changes() -> None:
    for service, access in stated_access():
        for _, rights in access.rights():
            for columns in re.findall(r"UPDATE \(([^)]*)\)", rights):
                wrong = NEVER_CHANGED & set(columns.split(", "))
                assert {each for each in wrong if (access.of, each) not in CHANGED_ALL_THE_SAME} == set(), access.of
            assert not re.search(r"UPDATE(?! \()", rights), (service, access.of, "whole rows")
            assert not re.search(r"TRUNCATE|TRIGGER|REFERENCES|MAINTAIN|ALL", rights), (service, access.of)


def test_only_what_is_under_way_or_forgotten_by_age_is_deleted() -> None:
    stated = [(access.of, kind, rights) for _, access in stated_access() for kind, rights in access.rights()]
    deleting = {(of, kind) for of, kind, rights in stated if "DELETE" in rights}
    assert deleting == {
        ("idempotency_key", "app"),
        ("dead_letter", "app"),
        ("inbox", "app"),
        ("parked", "app"),
        ("revoked_token", "app"),
        ("stream_ticket", "app"),
        ("outbox", "relay"),
        ("transaction_part", "sealer"),
        ("library_resource", "app"),
    }


async def test_a_sealed_record_is_read_by_the_sealer(admin: asyncpg.Connection) -> None:
    for service in load_all():
        for seal in service.seals.tables:
            may = "SELECT has_table_privilege($1, $2, 'SELECT')"
            assert await admin.fetchval(may, f"sealer_{service.name}", seal.kind), seal.kind


_ROLES = """
SELECT rolname, rolconnlimit, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
    AS mighty, array(SELECT unnest(setconfig) ORDER BY 1) AS settings
FROM pg_roles LEFT JOIN pg_db_role_setting ON setrole = pg_roles.oid AND setdatabase = 0
WHERE rolname ~ '^(app|relay|sealer|owner)_'
"""


async def test_each_role_has_its_bounds_no_power_and_no_membership(admin: asyncpg.Connection) -> None:
    found = {row["rolname"]: row for row in await admin.fetch(_ROLES)}
    owners = {f"owner_{service}" for service in SERVICES}
    assert set(found) == ROLES | owners
    for name, row in found.items():
        kind, _, service = name.partition("_")
        bounds = KINDS.get(kind)
        assert (row["rolcanlogin"], row["mighty"]) == (bounds is not None, False), name
        if bounds is not None:
            settings = sorted(f"{key}={value}" for key, value in {**bounds.settings, "search_path": service}.items())
            assert (row["rolconnlimit"], row["settings"]) == (ROLE_CONNECTIONS[kind], settings), name
    members = (
        "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members WHERE roleid::regrole::text ~ '_'"
    )
    held = [tuple(row) for row in await admin.fetch(members) if not row[0].startswith("pg_")]
    me = await admin.fetchval("SELECT current_user")
    assert {(role, member) for role, member in held if member != me} == set()
    assert {role for role, _ in held} == owners


async def test_nobody_else_may_connect_and_public_may_do_nothing(server: Server, database: str) -> None:
    await server.run("CREATE ROLE stranger LOGIN PASSWORD 'x'")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
            await asyncpg.connect(server.embedded.dsn(database, "stranger", "x"))
    finally:
        await server.run("DROP ROLE stranger")
