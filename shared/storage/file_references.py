"""References of the records of a service to stored files; a file without any reference is removed.

An upload is moved to its place before the transaction that refers to it commits. A failed commit, or a crash before it,
leaves a file that no record names. Whoever keeps or removes a content holds its lock until the transaction ends, so a
file is never removed between the move and the commit.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import system_actor
from shared.storage.files import FileStore
from shared.storage.session import Database, now, settings_of

log = structlog.get_logger()
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:sha256, 14))")
_CHUNK = 1_000


async def lock_content(session: AsyncSession, sha256: str) -> None:
    """Lock a content until the transaction ends, before its file is kept or removed."""
    await session.execute(_LOCK, {"sha256": sha256})


async def forget(session: AsyncSession, store: FileStore, tables: Sequence[str], sha256: str) -> bool:
    """Remove a content that no row of the tables names; return whether it was removed."""
    await lock_content(session, sha256)
    if await _named(session, tables, [sha256]):
        return False
    await store.remove(sha256)
    log.info("file without a record removed", sha256=sha256)
    return True


async def _named(session: AsyncSession, tables: Sequence[str], contents: Sequence[str]) -> set[str]:
    """Return those of the contents that a row names."""
    asked = " UNION ".join(f"SELECT sha256 FROM {table} WHERE sha256 = ANY (:contents)" for table in tables)
    return set((await session.scalars(text(asked), {"contents": list(contents)})).all())


async def remove_unreferenced(database: Database, store: FileStore, tables: Sequence[str]) -> int:
    """Remove stored files older than `unreferenced_keep_hours` that no row names; return their number."""
    if not tables:
        return 0
    before = database.clock.now() - timedelta(hours=database.settings.unreferenced_keep_hours)
    stored, removed = await store.stored_before(before), 0
    for start in range(0, len(stored), _CHUNK):
        part = stored[start : start + _CHUNK]
        async with database.session(system_actor(database.service)) as session:
            unnamed = sorted(set(part) - await _named(session, tables, part))
        for sha256 in unnamed:
            async with database.session(system_actor(database.service)) as session:
                removed += await forget(session, store, tables, sha256)
    return removed


async def remove_stale_uploads(session: AsyncSession, store: FileStore) -> None:
    """Remove files of interrupted uploads after `incoming_keep_hours`."""
    await store.sweep(now(session) - timedelta(hours=settings_of(session).incoming_keep_hours))
