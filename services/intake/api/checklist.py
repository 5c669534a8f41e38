"""HTTP of the checklist of materials (三（一）¶2)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.intake.declarations import visible_declaration
from services.intake.models.materials import checklist_of
from services.intake.models.opinions import valid_opinion
from services.intake.rules.checklist import Line, State
from shared.web.auth import Anyone
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Page

router = APIRouter(route_class=ActRoute, tags=["申报材料"])


class ChecklistLine(BaseModel):
    """Item of the checklist with its state and the reason of the state."""

    no: int
    code: str
    name: str
    clause: str
    basis: str
    provider: str
    online: bool
    state: State
    why: str
    how: str


CHECKLIST = MemoryListing(ChecklistLine, "no", key="code", default="no")


@router.get("/v1/declarations/{declaration_id}/checklist", name="read_checklist")
async def read_checklist(
    session: ReadSession, actor: Anyone, declaration_id: UUID, asked: Annotated[MemoryPageRequest, Depends(CHECKLIST)]
) -> Page[ChecklistLine]:
    """Return the materials that this declaration needs, their state and who provides them. 三（一）¶2"""
    declaration = await visible_declaration(session, actor, declaration_id)
    opinion = await valid_opinion(session, declaration)
    lines = await checklist_of(session, declaration, opinion_given=opinion is not None)
    return asked.page([_line(line) for line in lines])


def _line(line: Line) -> ChecklistLine:
    own = {name: getattr(line.item, name) for name in ChecklistLine.model_fields if name not in ("state", "why")}
    return ChecklistLine(**own, state=line.state, why=line.why)
