"""Each role under its own login: what it can do is what is stated, and nothing leads beyond."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from services import SERVICES, load_all
from shared.settings import ROLE_KINDS
from shared.storage.roles import KINDS
from tests.postgres import ROLE_PASSWORDS, Server
from tests.shared.storage.test_access import SCHEMAS, stated_rights

LOGINS = [(kind, service) for service in SERVICES for kind in ROLE_KINDS]
OWN = {service.name: {service.name, *service.schemas} for service in load_all()}
# Rights are checked when a statement starts, so that `WHERE false` asks for them and changes nothing.
_TRY_ALL = """
DO $$ DECLARE act text; can jsonb := '[]'; BEGIN
    FOR act IN SELECT jsonb_array_elements_text(current_setting('tried.acts')::jsonb) LOOP
        BEGIN
            EXECUTE act;
            can := can || to_jsonb(act);
        EXCEPTION WHEN insufficient_privilege THEN NULL;
        END;
    END LOOP;
    PERFORM set_config('tried.can', can::text, false);
END $$
"""
_COLUMNS = """
SELECT format('%s.%s', n.nspname, c.relname) AS name, array_agg(a.attname ORDER BY a.attnum) AS columns,
    array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attidentity = '' AND a.attgenerated = '')
    AS plain
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = ANY ($1) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1 ORDER BY 1
"""


@asynccontextmanager
async def login(server: Server, database: str, kind: str, service: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection of the role, with its own password."""
    role = f"{kind}_{service}"
    connection = await asyncpg.connect(server.embedded.dsn(database, role, ROLE_PASSWORDS[role]))
    try:
        yield connection
    finally:
        await connection.close()


async def tables(server: Server, database: str) -> list[asyncpg.Record]:
    """Return every table of the services with its columns."""
    admin = await asyncpg.connect(server.embedded.dsn(database))
    try:
        found: list[asyncpg.Record] = await admin.fetch(_COLUMNS, SCHEMAS)
        return found
    finally:
        await admin.close()


def attempts(table: asyncpg.Record) -> dict[tuple[str, str], str]:
    """Return a statement for each right that a table and its columns know."""
    name = table["name"]
    tried = {("DELETE", name): f"DELETE FROM {name} WHERE false"}
    for column in table["plain"]:
        tried["INSERT", f"{name}({column})"] = f'INSERT INTO {name} ("{column}") SELECT NULL WHERE false'
        tried["UPDATE", f"{name}({column})"] = f'UPDATE {name} SET "{column}" = DEFAULT WHERE false'
    for column in table["columns"]:
        tried["SELECT", f"{name}({column})"] = f'SELECT "{column}" FROM {name} WHERE false'
    return tried


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_can_do_with_each_table_and_column_what_is_stated(
    server: Server, database: str, service: str
) -> None:
    """Tables of other services are among them."""
    tried = {key: act for table in await tables(server, database) for key, act in attempts(table).items()}
    stated = stated_rights()
    for kind in ROLE_KINDS:
        async with login(server, database, kind, service) as connection:
            await connection.fetch("SELECT set_config('tried.acts', $1, false)", json.dumps(list(tried.values())))
            await connection.execute(_TRY_ALL)
            can = set(json.loads(await connection.fetchval("SELECT current_setting('tried.can')")))
        role = f"{kind}_{service}"
        may = {
            act
            for (privilege, of), act in tried.items()
            if (role, privilege, of) in stated or (role, privilege, of.partition("(")[0]) in stated
        }
        assert can - may == set(), role
        assert may - can == set(), role
        assert {re.findall(r"(?:FROM|INTO|UPDATE) (\w+)\.", act)[0] for act in can} <= OWN[service], role


@pytest.mark.parametrize(("kind", "service"), LOGINS)
async def test_no_role_reaches_the_databases_of_the_server_itself(server: Server, kind: str, service: str) -> None:
    """Check the server's databases; that of the tests had none of others when it was provisioned."""
    for database in ("postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
            async with login(server, database, kind, service):
                pass


WAYS_OUT = (
    "SET ROLE owner_{service}",
    "SET ROLE {admin}",
    "SET SESSION AUTHORIZATION {admin}",
    "GRANT owner_{service} TO {role}",
    "GRANT SELECT ON {service}.alembic_version TO app_{other}",
    "SET session_replication_role = replica",
    "ALTER TABLE {service}.act DISABLE TRIGGER ALL",
    "ALTER TABLE {service}.act NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY own_district ON {service}.act",
    "TRUNCATE {service}.act",
    "TRUNCATE {service}.outbox",
    "LOCK {service}.alembic_version",
    "DROP TABLE {service}.duty",
    "CREATE TABLE {service}.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION {service}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE mine",
    "CREATE PUBLICATION mine",
    "ALTER ROLE {role} SUPERUSER",
    "ALTER ROLE {role} BYPASSRLS",
    "ALTER ROLE {role} CREATEROLE",
    "ALTER ROLE {role} CONNECTION LIMIT 1000",
    "ALTER ROLE app_{other} PASSWORD 'mine'",
    "ALTER ROLE app_{other} SET statement_timeout = 0",
    "ALTER DATABASE {database} SET statement_timeout = 0",
    "COPY {service}.act TO PROGRAM 'cat'",
    "COPY {service}.act FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, '')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{admin}'",
    "SELECT {service}.refuse_change()",
    "SELECT nextval('{service}.act_id_seq')",
    "SELECT setval('{service}.event_log_id_seq', 1)",
    "SELECT * FROM {other}.act",
    "INSERT INTO {other}.inbox VALUES (gen_random_uuid(), now())",
)


async def refused(connection: asyncpg.Connection, act: str) -> bool:
    """Return whether the session's role may not do this; undo it otherwise."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(act)
    except asyncpg.InsufficientPrivilegeError:
        return True
    finally:
        await transaction.rollback()
    return False


@pytest.mark.parametrize("service", SERVICES)
async def test_no_statement_leads_a_role_beyond_its_rights(server: Server, database: str, service: str) -> None:
    other = SERVICES[SERVICES.index(service) - 1]
    for kind in ROLE_KINDS:
        names = {"service": service, "other": other, "role": f"{kind}_{service}", "database": database}
        async with login(server, database, kind, service) as connection:
            for statement in WAYS_OUT:
                act = statement.format(**names, admin="tenghuan")
                assert await refused(connection, act), (kind, act)


async def test_the_funding_application_alone_may_call_the_ledger(server: Server, database: str) -> None:
    functions = (
        "SELECT f.oid::regprocedure::text FROM pg_proc f WHERE pronamespace = 'funding_ledger'::regnamespace "
        "AND has_function_privilege($1, f.oid, 'EXECUTE') ORDER BY 1"
    )
    admin = await asyncpg.connect(server.embedded.dsn(database))
    try:
        for role in ROLE_PASSWORDS:
            callable_ = [row[0].partition("(")[0] for row in await admin.fetch(functions, role)]
            expected = ["funding_ledger.open_accounts", "funding_ledger.post_batch"] if role == "app_funding" else []
            assert callable_ == expected, role
    finally:
        await admin.close()


@pytest.mark.parametrize(("kind", "service"), LOGINS)
async def test_a_role_is_let_in_with_its_own_secret_alone(
    server: Server, database: str, kind: str, service: str
) -> None:
    role = f"{kind}_{service}"
    assert len(set(ROLE_PASSWORDS.values())) == len(ROLE_PASSWORDS) == len(LOGINS)
    stolen = ROLE_PASSWORDS[f"{kind}_{SERVICES[SERVICES.index(service) - 1]}"]
    sibling = ROLE_PASSWORDS[f"{ROLE_KINDS[ROLE_KINDS.index(kind) - 1]}_{service}"]
    for wrong in (stolen, sibling, "", "tenghuan"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.embedded.dsn(database, role, wrong))


@pytest.mark.parametrize("service", SERVICES)
async def test_no_one_logs_in_as_an_owner(server: Server, database: str, service: str) -> None:
    with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)):
        await asyncpg.connect(server.embedded.dsn(database, f"owner_{service}", "x"))


@pytest.mark.parametrize("kind", ROLE_KINDS)
async def test_a_session_begins_with_the_bounds_of_its_role(server: Server, database: str, kind: str) -> None:
    """Sessions may change their own timeouts: they bound accidents; connections and rights bound an intruder."""
    async with login(server, database, kind, "intake") as connection:
        for name, value in KINDS[kind].settings.items():
            shown = await connection.fetchval("SELECT setting::int / 1000 FROM pg_settings WHERE name = $1", name)
            assert f"{shown}s" == value, name
        assert await connection.fetchval("SHOW search_path") == "intake"
        await connection.execute("SET statement_timeout = '10ms'")
        with pytest.raises(asyncpg.QueryCanceledError):
            await connection.execute("SELECT pg_sleep(10)")


async def test_an_answer_is_kept_once(server: Server, database: str) -> None:
    async with login(server, database, "app", "intake") as connection:
        await connection.execute("INSERT INTO idempotency_key VALUES ('a', 'k', '', NULL, NULL, NULL, now())")
        store = "UPDATE idempotency_key SET status = {}, headers = '{{}}', body = '' WHERE key = 'k'"
        assert await connection.execute(store.format(201)) == "UPDATE 1"
        with pytest.raises(asyncpg.RestrictViolationError, match="idempotency_key is append-only"):
            await connection.execute(store.format(200))
