"""HTTP of the checklist of materials (三（一）¶2)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.intake.api.parameters import DeclarationId
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

    no: int = Field(title="序号")
    code: str = Field(title="材料代码")
    name: str = Field(title="材料名称")
    clause: str = Field(title="依据条款", description="如 二（一）1")
    basis: str = Field(title="依据性质", description="notice 方案列明；design 办理需要")
    provider: str = Field(
        title="提供方",
        description="applicant 项目单位；district_officer 区发展改革委；district_government 区政府（管委会）",
    )
    online: bool = Field(title="是否在线办理", description="true 为在系统内办理，无需上传")
    state: State = Field(title="状态", description="present 已提供；missing 缺少；not_required 不需要；unknown 待定")
    why: str = Field(title="状态说明")
    how: str = Field(title="提供办法")


CHECKLIST = MemoryListing(ChecklistLine, "no", key="code", default="no")


@router.get(
    "/v1/declarations/{declaration_id}/checklist",
    name="read_checklist",
    summary="查看材料清单",
    description=(
        "返回本申报需要的材料、是否已提供和提供方。项目单位和有权查看该申报的工作人员可查。依据方案三（一）。"
    ),
)
async def read_checklist(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    asked: Annotated[MemoryPageRequest, Depends(CHECKLIST)],
) -> Page[ChecklistLine]:
    """Return the materials that this declaration needs, their state and who provides them. 三（一）¶2"""
    declaration = await visible_declaration(session, actor, declaration_id)
    opinion = await valid_opinion(session, declaration)
    lines = await checklist_of(session, declaration, opinion_given=opinion is not None)
    return asked.page([_line(line) for line in lines])


def _line(line: Line) -> ChecklistLine:
    own = {name: getattr(line.item, name) for name in ChecklistLine.model_fields if name not in ("state", "why")}
    return ChecklistLine(**own, state=line.state, why=line.why)
