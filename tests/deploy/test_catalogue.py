"""The migrations build the reviewed catalogue, and in it exactly the tables, constraints and indexes of the models."""

import re

import asyncpg
import pytest

from deploy.checks.catalogue import FOLDER, SCHEMAS, STRUCTURE, Fact, facts, shown
from services import SERVICES, load
from shared.storage import tables
from shared.storage.migrate import admin_engine
from tests.postgres import Server

WITHOUT_MODEL = {"table alembic_version"}


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_the_migrations_build_the_reviewed_catalogue(server: Server, database: str, schema: str) -> None:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        built = shown(await facts(connection, schema))
    finally:
        await connection.close()
    reviewed = (FOLDER / f"{schema}.txt").read_text("utf-8")
    assert built.splitlines() == reviewed.splitlines(), "run python -m deploy.checks.catalogue write, read the diff"


def test_every_schema_has_its_file_and_every_file_its_schema() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(SCHEMAS)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_models_state_every_column_constraint_and_index(server: Server, database: str, service: str) -> None:
    """Alembic compares neither CHECK constraints nor predicates of indexes."""
    engine = admin_engine(server.settings(database))
    try:
        async with engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            migrated = await facts(driver, service)
            await connection.exec_driver_sql("CREATE SCHEMA modelled")
            await connection.exec_driver_sql("SET LOCAL search_path TO modelled")
            for metadata in (load(service).metadata, tables.metadata):
                await connection.run_sync(metadata.create_all)
            modelled = await facts(driver, "modelled")
            await connection.rollback()
    finally:
        await engine.dispose()

    assert structure(modelled) == structure(migrated)


def structure(found: list[Fact]) -> list[tuple[str, str]]:
    """Return the facts that models state, without the names of constraints: some migrations left them to PostgreSQL."""
    return sorted(
        (name, text.partition(" ")[2] if kind == "constraint" else re.sub(r" INDEX \w+ ON ", " INDEX ON ", text))
        for name, kind, _, text in found
        if kind in STRUCTURE and name not in WITHOUT_MODEL
    )
