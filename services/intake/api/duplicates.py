"""HTTP of duplicates: records that match a declared project (二（五）)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.parameters import DeclarationId
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

    source: Source = Field(
        title="来源", description="declaration 在办申报；funded 已获支持项目；municipal_record 其他市级财政性资金"
    )
    basis: Basis = Field(
        title="匹配依据",
        description="project_code 项目代码相同；entity_address_and_name 单位、地址和名称相同；"
        "entity_and_address 单位和地址相同，是否同一工程待核；entity 单位相同",
    )
    reference: str = Field(title="编号或名称")
    bars: bool = Field(title="是否不得提交", description="false 为仅提示")
    explanation: str = Field(title="说明")


MATCHES = MemoryListing(MatchOut, ORDER, key="reference", default=ORDER)


@router.get(
    "/v1/declarations/{declaration_id}/matches",
    name="list_matches",
    summary="查看疑似重复项目",
    description=(
        "列出与该申报疑似为同一项目的申报、获支持项目和其他市级财政性资金记录及理由。"
        "有权查看该申报的工作人员可查。依据方案二（五）。"
    ),
)
async def list_matches(
    session: ReadSession,
    actor: Official,
    declaration_id: DeclarationId,
    asked: Annotated[MemoryPageRequest, Depends(MATCHES)],
) -> Page[MatchOut]:
    """Return declarations, awards and other city money that seem to be this project, with the reason. 二（五）"""
    matches = await matches_of(session, await visible_declaration(session, actor, declaration_id))
    ordered = sorted(matches, key=lambda match: (match.source, match.reference))
    return asked.page([MatchOut.model_validate(match) for match in ordered])
