"""Periodic work of intake."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.storage.files import file_store
from shared.storage.session import now, settings_of


async def remove_stale_uploads(session: AsyncSession) -> None:
    """Remove files of interrupted uploads after `incoming_keep_hours`."""
    settings = settings_of(session)
    oldest_kept = now(session) - timedelta(hours=settings.incoming_keep_hours)
    await file_store(settings.file_store_url()).sweep(oldest_kept)
