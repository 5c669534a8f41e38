"""Every table of every service is sealed, or left out for a reason that a reviewer has read."""

import pytest

from services import SERVICES, load
from tests.postgres import Server

each_service = pytest.mark.parametrize("service", SERVICES)


async def _tables(server: Server, database: str, service: str) -> set[str]:
    """Return the tables of the service's schemas in the migrated database, by kind."""
    schemas = (service, *load(service).schemas)
    names = await server.run(
        "SELECT string_agg(schemaname || '.' || tablename, ' ') FROM pg_tables "
        f"WHERE schemaname = ANY ('{{{','.join(schemas)}}}') AND tablename <> 'alembic_version'",
        database,
    )
    return set(str(names).split())


@each_service
async def test_every_table_is_sealed_or_left_out_with_a_reason(server: Server, database: str, service: str) -> None:
    seals = load(service).seals
    left_out = {name if "." in name else f"{service}.{name}" for name in seals.left_out}
    assert set(seals.by_kind()).isdisjoint(left_out)
    assert set(seals.by_kind()) | left_out == await _tables(server, database, service)
    assert all(len(reason) > 20 for reason in seals.left_out.values())


@each_service
async def test_no_column_is_forgotten_unless_it_is_named_here(server: Server, database: str, service: str) -> None:
    """`written_in` tells the sealer, in this database alone, which transaction wrote an event."""
    omitted = set()
    for kind, table in load(service).seals.by_kind().items():
        columns = await server.run(
            "SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped "
            f"AND attrelid = '{kind}'::regclass",
            database,
        )
        omitted |= {f"{kind}.{name}" for name in str(columns).split() if name not in table.columns}
    assert omitted == {f"{service}.event_log.written_in"}


PERSONS = ("actor", "actor_name", "operator", "login", "recorder_name", "reviewer", "reviewer_name", "inspector")


@each_service
def test_columns_that_name_a_person_enter_as_salted_digests(service: str) -> None:
    open_columns = {
        f"{kind}.{name}"
        for kind, table in load(service).seals.by_kind().items()
        for name in table.open_columns
        if name in PERSONS or name.endswith(("_by", "_by_name"))
    }
    assert open_columns <= NOT_A_PERSON


NOT_A_PERSON = {
    "monitoring.finding.rectify_by",
    "intake.correction.correct_by",
    "monitoring.project_quarter.correct_by",
}
"""Days by which something is due."""


@each_service
async def test_the_sealer_reads_every_sealed_table_whole(server: Server, database: str, service: str) -> None:
    for kind in load(service).seals.by_kind():
        granted = await server.run(
            f"SELECT has_table_privilege('sealer_{service}', '{kind}', 'SELECT') AND (NOT relrowsecurity OR EXISTS ("
            "SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'sealer_reads'))"
            f" FROM pg_class WHERE oid = '{kind}'::regclass",
            database,
        )
        assert granted is True, kind
