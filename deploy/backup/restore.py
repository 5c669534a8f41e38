"""Restore a backup into an empty place."""

import os
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.backup.archive import ArchiveError, chunks_of, entries
from deploy.backup.backup import KEYS
from deploy.backup.database import counts, load, present_schemas
from deploy.local.postgres import remove, start
from deploy.local.settings import settings_of
from shared.runtime import Service
from shared.settings import Settings
from shared.storage.migrate import admin_engine, known_revisions, upgrade
from shared.storage.roles import create_roles

_BEFORE_AREAS = "intake"
"""The service whose files an archive names without an area: alone it had any."""


class NotEmpty(Exception):
    """The place to restore into holds data; the message names it."""


def check_revisions(manifest: dict[str, Any]) -> None:
    """Raise ArchiveError for an archive of a newer version than this one."""
    for service, revision in manifest["revisions"].items():
        if revision is not None and revision not in known_revisions(service):
            raise ArchiveError(f"the archive is of a newer version: {service} is at {revision}; restore it with that")


@dataclass
class Restoration:
    """An archive with its verified manifest, and whether all of it has been restored."""

    archive: Path
    manifest: dict[str, Any]
    complete: bool = False


@contextmanager
def new_data_folder(settings: Settings, restoration: Restoration) -> Iterator[Settings]:
    """Yield settings with an embedded database in a folder that becomes the data folder once the restore is complete.

    Raises NotEmpty when the data folder holds anything. A restore that was killed leaves a folder beside it, which the
    next restore removes.
    """
    folder = settings.data_dir.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty: move it away, or choose another TENGHUAN_DATA_DIR")
    unfinished = folder.with_name(f"{folder.name}.restoring")
    _discard(unfinished)
    unfinished.mkdir(mode=0o755, parents=True)
    try:
        _restore_keys(restoration.archive, unfinished)
        server = start(unfinished / "postgres")
        try:
            yield settings_of(settings.model_copy(update={"data_dir": unfinished}), server)
        finally:
            server.stop()
        if restoration.complete:
            if folder.exists():
                folder.rmdir()
            unfinished.rename(folder)
    finally:
        _discard(unfinished)


def _discard(folder: Path) -> None:
    if folder.exists():
        remove(folder / "postgres")
        shutil.rmtree(folder)


def _restore_keys(archive: Path, folder: Path) -> None:
    for name, content in entries(archive):
        if name.startswith("keys/") and name.removeprefix("keys/") in KEYS:
            path = folder / name.removeprefix("keys/")
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as key:
                key.write(content.read())


async def restore(settings: Settings, services: Iterable[Service], restoration: Restoration, at: datetime) -> None:
    """Restore files, then the database in one transaction; compare the row counts; migrate to this version.

    Raises NotEmpty when the database has a schema of ours, ArchiveError when a part cannot be restored.
    """
    services = tuple(services)
    schemas = [schema for service in services for schema in (service.name, *service.schemas)]
    engine = admin_engine(settings)
    try:
        await _check_empty(engine, schemas)
        await _restore_files(services, settings, restoration.archive, at)
        await _create_roles(engine, services, settings)
        for name, content in entries(restoration.archive):
            if name == "database.dump":
                await load(settings, content)
        async with engine.connect() as connection:
            found = await counts(connection, schemas)
        expected = restoration.manifest["tables"]
        if found != expected:
            differing = sorted(dict(found.items() ^ expected.items()))
            raise ArchiveError(f"rows are missing after the restore: {', '.join(differing)}")
        await upgrade(settings, services)
    finally:
        await engine.dispose()


async def _check_empty(engine: AsyncEngine, schemas: list[str]) -> None:
    async with engine.connect() as connection:
        there = await present_schemas(connection, schemas)
    if there:
        raise NotEmpty(f"the database has the schemas {', '.join(there)}: restore into an empty one")


async def _create_roles(engine: AsyncEngine, services: Iterable[Service], settings: Settings) -> None:
    async with engine.begin() as connection:
        for service in services:
            await create_roles(connection, service.name, settings)


async def _restore_files(services: Iterable[Service], settings: Settings, archive: Path, at: datetime) -> None:
    stores = {service.name: service.file_store(settings) for service in services}
    for name, content in entries(archive):
        if name.startswith("files/"):
            *area, sha256 = name.removeprefix("files/").split("/")
            store = stores[area[0] if area else _BEFORE_AREAS]
            received = await store.receive(_stream(content), settings.upload_limit_bytes, at)
            if received.sha256 != sha256:
                await store.discard(received.key)
                raise ArchiveError(f"{name} has another content than its name says")
            await store.keep(received)


async def _stream(content: IO[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks_of(content):
        yield chunk
