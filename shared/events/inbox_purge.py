"""Removal of the ids of messages that were received long ago."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.storage.session import now, settings_of

_PURGE = text("""
DELETE FROM inbox WHERE received_at < CAST(:before AS timestamptz)
AND NOT EXISTS (SELECT FROM parked WHERE parked.event_id = inbox.event_id)
""")


async def purge(session: AsyncSession) -> None:
    """Remove the ids of messages received longer ago than `inbox_keep_days`.

    A repetition that arrives later is known by its stream: `stream_seen` keeps the number of its last event for ever.
    An update from outside is a stream of its own; one that a sender made anew under an old id is refused by its age
    where the id is gone, as ids are kept longer than `update_max_age_days`.
    """
    settings = settings_of(session)
    days = max(settings.inbox_keep_days, settings.update_max_age_days + 1)
    await session.execute(_PURGE, {"before": now(session) - timedelta(days=days)})
