"""What the passing of time calls for in intake."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import now, settings_of
from shared.files import file_store


async def sweep_incoming(session: AsyncSession) -> None:
    """Remove what cut-off uploads left behind."""
    settings = settings_of(session)
    before = now(session) - timedelta(hours=settings.incoming_keep_hours)
    await file_store(settings.file_store_url()).sweep(before)
