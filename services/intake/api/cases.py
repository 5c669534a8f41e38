"""What every endpoint about a declaration does: show it to those who may see it, and answer with its entity tag."""

from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.declarations import Declaration
from shared.actors import Actor
from shared.errors import NotFound
from shared.storage.session import etag, found


async def seen(session: AsyncSession, actor: Actor, declaration_id: UUID) -> Declaration:
    """The declaration, for those who may see it: a draft that was never filed is its owner's alone."""
    declaration = await found(session, Declaration, declaration_id)
    if declaration.round == 0 and actor.role != "applicant":
        raise NotFound()
    return declaration


async def answer(session: AsyncSession, response: Response, declaration: Declaration) -> Declaration:
    """The declaration after an act, with its new entity tag."""
    await session.flush()
    response.headers["etag"] = etag(declaration)
    return declaration
