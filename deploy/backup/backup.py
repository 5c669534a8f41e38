"""Write a backup: the database as of one snapshot, then the files that this snapshot refers to, then the keys."""

import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.backup.archive import ArchiveWriter, new_file
from deploy.backup.database import counts, dump, present_schemas
from deploy.local.settings import SEAL_KEYS
from shared.errors import NotFound
from shared.runtime import Service
from shared.settings import Settings
from shared.storage.files import FileAltered
from shared.storage.migrate import admin_engine, status

KEYS = ("signing-key.json", "role-password", SEAL_KEYS)
"""Secrets of the data folder: the demonstration's signing key, the secret from which the roles' passwords follow, the
keys that sign checkpoints."""
_FILES = "SELECT DISTINCT sha256 FROM {table}"


class FileLost(Exception):
    """The database refers to a file that the store does not have."""


async def backup(settings: Settings, services: Iterable[Service], path: Path, at: datetime) -> dict[str, Any]:
    """Write the archive and return its manifest. Raises ArchiveError and FileLost; then there is no archive.

    Files are kept by their content and never changed, and each is stored before a row refers to it: the files of a
    snapshot that are copied after it are the snapshot's.
    """
    services = tuple(services)
    schemas = [schema for service in services for schema in (service.name, *service.schemas)]
    with new_file(path) as file:
        writer = ArchiveWriter(file)
        with tempfile.TemporaryFile(dir=path.parent) as dumped:
            described, files = await _snapshot(settings, services, schemas, dumped)
            writer.add("database.dump", dumped)
        for service, sha256 in files:
            await _add_file(writer, settings, service, sha256, path.parent)
        for name in KEYS:
            if (settings.data_dir / name).exists():
                with (settings.data_dir / name).open("rb") as key:
                    writer.add(f"keys/{name}", key)
        revisions = {name: current for name, (current, _) in (await status(settings, services)).items()}
        manifest = {"at": at.isoformat(), "revisions": revisions, "files": len(files), **described}
        writer.finish(manifest)
    return {**manifest, "parts": writer.parts}


async def _snapshot(
    settings: Settings, services: Iterable[Service], schemas: list[str], into: IO[bytes]
) -> tuple[dict[str, Any], list[tuple[Service, str]]]:
    """Dump the database; return its description and the files its rows refer to, all of one snapshot."""
    engine = admin_engine(settings)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            snapshot = str(await connection.scalar(text("SELECT pg_export_snapshot()")))
            there = await present_schemas(connection, schemas)
            version = await connection.scalar(text("SHOW server_version"))
            described = {"postgresql": version, "tables": await counts(connection, there)}
            files = [(each, sha256) for each in services for sha256 in await _files(connection, each)]
            await dump(settings, snapshot, there, into)
            return described, files
    finally:
        await engine.dispose()


async def _files(connection: AsyncConnection, service: Service) -> list[str]:
    """Return the SHA-256 of each file that a service's rows refer to; its tables may be those of an older version."""
    found: set[str] = set()
    for table in service.seals.files:
        if await connection.scalar(text("SELECT to_regclass(:table) IS NOT NULL"), {"table": table}):
            found.update((await connection.scalars(text(_FILES.format(table=table)))).all())
    return sorted(found)


async def _add_file(writer: ArchiveWriter, settings: Settings, service: Service, sha256: str, folder: Path) -> None:
    store, name = service.file_store(settings), service.name
    with tempfile.TemporaryFile(dir=folder) as copy:
        try:
            async for chunk in await store.read(sha256):
                copy.write(chunk)
        except NotFound:
            raise FileLost(f"the file store has lost {sha256}, which a record of {name} refers to") from None
        except FileAltered:
            raise FileLost(f"the file store has other content under {sha256}, which {name} refers to") from None
        writer.add(f"files/{name}/{sha256}", copy)
