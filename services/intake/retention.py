"""Retention in intake: declarations that were never submitted and that nobody changes any more."""

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.declarations import CLEARED_FIELDS, Declaration
from services.intake.models.materials import Material
from shared.storage.audit import case_of, record_act
from shared.storage.retention import Rule
from shared.storage.session import now


async def _empty_drafts(session: AsyncSession, before: datetime, limit: int) -> int:
    """Empty abandoned drafts. Number, applicant and project name stay, and so do the files, which are sealed."""
    filled = or_(*(getattr(Declaration, name).is_not(None) for name in (*CLEARED_FIELDS, "undertaken_by")))
    due = select(Declaration).where(
        Declaration.stage == "draft",
        Declaration.updated_at < before,
        or_(filled, Declaration.facts != {}),
        ~exists().where(Material.declaration_id == Declaration.id, Material.uploaded_at >= before),
    )
    drafts = (await session.scalars(due.order_by(Declaration.id).limit(limit).with_for_update())).all()
    for draft in drafts:
        draft.clear(now(session))
        await record_act(session, "clear_draft", case_of(draft), round=draft.round)
    return len(drafts)


RULES = (Rule("drafts", lambda settings: settings.keep_drafts_days, _empty_drafts),)
