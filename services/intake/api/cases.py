"""What every endpoint about a declaration does: show it to those who may see it, write the act down, answer."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.declarations import Declaration
from shared.acts import record
from shared.auth import Actor
from shared.db import etag, found
from shared.errors import NotFound


async def seen(session: AsyncSession, actor: Actor, declaration_id: UUID) -> Declaration:
    """The declaration, for those who may see it: a draft that was never filed is its owner's alone."""
    declaration = await found(session, Declaration, declaration_id)
    if declaration.round == 0 and actor.role != "applicant":
        raise NotFound()
    return declaration


async def act_on(
    session: AsyncSession,
    name: str,
    declaration: Declaration,
    *,
    duty: str | None = None,
    reason: str | None = None,
    **detail: Any,
) -> None:
    """Record an act on a declaration, in its round; `clause` in the detail is what the applicant is shown."""
    await record(
        session,
        name,
        declaration.id,
        declaration.district,
        applicant_uscc=declaration.applicant_uscc,
        duty=duty,
        reason=reason,
        round=declaration.round,
        **detail,
    )


async def answer(session: AsyncSession, response: Response, declaration: Declaration) -> Declaration:
    """The declaration after an act, with its new entity tag."""
    await session.flush()
    response.headers["etag"] = etag(declaration)
    return declaration
