"""Every column that can hold a text stands on the list of personal data, under a kind or as none; nothing else does."""

from collections import defaultdict

import pytest

from deploy.checks.privacy import PAGE, written
from services import SERVICES, load
from shared.privacy import NONE, register
from shared.storage import tables
from shared.storage.retention import RULES
from tests.postgres import Server
from tests.services.test_sealed import NOT_A_PERSON, PERSONS

each_service = pytest.mark.parametrize("service", SERVICES)
REGISTER = register(SERVICES)
ERASING = {rule.name for service in SERVICES for rule in (*RULES, *load(service).retention)}
_COLUMNS = """
SELECT string_agg(concat_ws(' ', CASE table_schema WHEN '{service}' THEN '' ELSE table_schema || '.' END || table_name,
                            column_name, udt_name), ',')
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = ANY ('{{{schemas}}}') AND table_type = 'BASE TABLE' AND table_name <> 'alembic_version'
  AND ltrim(udt_name, '_') IN ('text', 'jsonb', 'bytea', 'varchar', 'json', 'bpchar', 'name', 'citext', 'xml')
"""


async def _columns(server: Server, database: str, service: str) -> dict[str, dict[str, str]]:
    """Return the columns of the migrated database that can hold a text, with their type, by table."""
    schemas = ",".join((service, *load(service).schemas))
    found = await server.run(_COLUMNS.format(service=service, schemas=schemas), database)
    columns: dict[str, dict[str, str]] = defaultdict(dict)
    for each in str(found).split(","):
        table, column, kind = each.split()
        columns[table][column] = kind
    return columns


@each_service
async def test_every_column_is_listed_as_personal_or_as_none(server: Server, database: str, service: str) -> None:
    listed = defaultdict(set)
    for table, _, path in REGISTER.columns(service):
        listed[table].add(path.partition(".")[0])
    found = await _columns(server, database, service)
    assert {table: sorted(columns) for table, columns in listed.items()} == {
        table: sorted(columns) for table, columns in found.items()
    }
    paths = {(table, path.split(".")[0]) for table, _, path in REGISTER.columns(service) if "." in path}
    assert all(found[table][column] == "jsonb" for table, column in paths)


@each_service
def test_a_column_has_one_kind(service: str) -> None:
    places = [(table, path) for table, _, path in REGISTER.columns(service)]
    assert len(places) == len(set(places))
    none = {(table, path) for table, kind, path in REGISTER.columns(service) if kind == NONE}
    whole = {(table, path.partition(".")[0]) for table, kind, path in REGISTER.columns(service) if kind != NONE}
    assert none.isdisjoint(whole)


@each_service
def test_what_is_sealed_as_personal_or_names_a_person_is_not_listed_as_none(service: str) -> None:
    none = {f"{service}.{table}.{path}" for table, kind, path in REGISTER.columns(service) if kind == NONE}
    withheld = {f"{kind}.{name}" for kind, table in load(service).seals.by_kind().items() for name in table.personal}
    assert none & withheld == set()
    named = {
        each for each in none if (column := each.rpartition(".")[2]) in PERSONS or column.endswith(("_by", "_by_name"))
    }
    assert named <= NOT_A_PERSON


def test_each_kind_is_used_and_each_rule_erases_a_kind() -> None:
    used = {kind for service in SERVICES for _, kind, _ in REGISTER.columns(service)} - {NONE}
    assert used == set(REGISTER.kinds)
    assert {kind.rule for kind in REGISTER.kinds.values() if kind.rule} == ERASING


@each_service
def test_what_a_rule_erases_is_not_sealed(service: str) -> None:
    """Drafts alone stand in a table that is sealed from their submission on."""
    sealed = load(service).seals.by_kind()
    common = {
        f"{service}.{table}"
        for table, by_kind in REGISTER.fields[""].items()
        for kind in by_kind
        if kind != NONE and REGISTER.kinds[kind].rule not in ("", "drafts")
    }
    assert common
    assert common.isdisjoint(sealed)
    if service == "intake":
        assert sealed["intake.declaration"].where == "t.stage <> 'draft'"


def test_the_lists_of_services_do_not_repeat_common_tables() -> None:
    assert set(REGISTER.fields[""]) <= set(tables.metadata.tables)
    assert all(set(REGISTER.fields[""]).isdisjoint(REGISTER.fields[service]) for service in SERVICES)


def test_the_page_shows_the_list() -> None:
    """`python -m deploy.checks.privacy write` writes it."""
    assert PAGE.read_text("utf-8") == written()
