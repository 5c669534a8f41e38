"""Steps shared by the endpoints of declarations: visibility, and the response after a change."""

from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.declarations import Declaration
from shared.actors import Actor
from shared.errors import NotFound
from shared.storage.session import found
from shared.storage.versions import etag


async def visible_declaration(session: AsyncSession, actor: Actor, declaration_id: UUID) -> Declaration:
    """Return the declaration. Raises NotFound for a draft never submitted, unless the applicant asks."""
    declaration = await found(session, Declaration, declaration_id)
    if declaration.round == 0 and actor.role != "applicant":
        raise NotFound("没有这项申报，或申报尚未提交；请核对申报标识，或待项目单位提交后查看")
    return declaration


async def updated_response(session: AsyncSession, response: Response, declaration: Declaration) -> Declaration:
    """Return the declaration after a change, with its new ETag in the response."""
    await session.flush()
    response.headers["etag"] = etag(declaration)
    return declaration
