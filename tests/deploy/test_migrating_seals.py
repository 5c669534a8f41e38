"""Migrations of a database whose records are sealed: what they add or change rests on an operation of theirs."""

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection, text

from services import load
from shared.storage.migrate import _as_owner, _config, admin_engine, provision
from tests.postgres import WORKER, Server

DATABASE = f"migrating_seals_{WORKER}"
SEALED = """
INSERT INTO seal_layout (kind, columns, personal) VALUES ('intake.act', '{id}', '{}');
INSERT INTO seal_leaf VALUES (0, 1, '1', '', 'itself', '{}', '{}');
"""


def _migrated(connection: Connection, sealed: bool) -> None:
    """Bring intake to a revision without known programmes, seal a record if asked, and go to the newest."""
    config = _config(load("intake"), connection)
    _as_owner(connection, "intake")
    command.upgrade(config, "0017")
    if sealed:
        for statement in SEALED.strip().split(";\n"):
            connection.execute(text(statement.rstrip(";")))
    connection.commit()
    command.upgrade(config, "head")


@pytest.mark.parametrize("sealed", [True, False])
async def test_rows_that_a_migration_adds_to_sealed_records_rest_on_its_operation(server: Server, sealed: bool) -> None:
    await server.run(f"CREATE DATABASE {DATABASE}")
    try:
        settings = server.settings(DATABASE)
        engine = admin_engine(settings)
        with server.alone():
            async with engine.connect() as connection:
                await provision(connection, load("intake"), settings)
                await connection.commit()
                await connection.run_sync(_migrated, sealed)
        await engine.dispose()
        admin = await asyncpg.connect(server.embedded.dsn(DATABASE))
        explained = await admin.fetch(
            "SELECT o.command, o.detail ->> 'revision' AS revision FROM intake.municipal_fund_programme p "
            "JOIN intake.operation o ON o.xmin = p.xmin"
        )
        assert {(row["command"], row["revision"]) for row in explained} == (
            {("db migrate", "0018")} if sealed else set()
        )
        assert (await admin.fetchval("SELECT count(*) FROM intake.operation") > 0) is sealed
        await admin.close()
    finally:
        await server.run(f"DROP DATABASE {DATABASE} WITH (FORCE)")
