"""What the passing of time calls for in intake."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.storage.files import file_store
from shared.storage.session import now, settings_of


async def sweep_incoming(session: AsyncSession) -> None:
    """Remove what cut-off uploads left behind."""
    settings = settings_of(session)
    before = now(session) - timedelta(hours=settings.incoming_keep_hours)
    await file_store(settings.file_store_url()).sweep(before)
