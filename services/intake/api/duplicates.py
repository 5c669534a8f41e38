"""HTTP of duplicates: records that match a declared project (二（五）)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from services.intake.declarations import visible_declaration
from services.intake.models.duplicates import matches_of
from services.intake.rules.duplicates import Basis, Source
from shared.web.auth import Official
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.memory_paging import ORDER, MemoryListing, MemoryPageRequest
from shared.web.paging import Page

router = APIRouter(route_class=ActRoute, tags=["市级资金排重"])


class MatchOut(BaseModel):
    """Record that matches the project; one that `bars` refuses a submission, others only warn."""

    model_config = ConfigDict(from_attributes=True)

    source: Source
    basis: Basis
    reference: str
    bars: bool
    explanation: str


MATCHES = MemoryListing(MatchOut, ORDER, key="reference", default=ORDER)


@router.get("/v1/declarations/{declaration_id}/matches", name="list_matches")
async def list_matches(
    session: ReadSession, actor: Official, declaration_id: UUID, asked: Annotated[MemoryPageRequest, Depends(MATCHES)]
) -> Page[MatchOut]:
    """Return declarations, awards and other city money that seem to be this project, with the reason. 二（五）"""
    matches = await matches_of(session, await visible_declaration(session, actor, declaration_id))
    ordered = sorted(matches, key=lambda match: (match.source, match.reference))
    return asked.page([MatchOut.model_validate(match) for match in ordered])
