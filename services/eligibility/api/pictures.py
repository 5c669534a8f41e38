"""HTTP of pictures: the decision tree of a stored assessment and of a dry run (二)."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.assessments import RecordNumber, numbered_assessment
from services.eligibility.api.dry_run import tried
from services.eligibility.api.parameters import DeclarationId
from services.eligibility.models import Assessment, Review, StoredRuleset
from services.eligibility.pictures import PICTURES, chosen_format, picture
from services.eligibility.rules.code_lists import PictureFormat
from services.eligibility.schemas.dry_run import DryRunIn
from shared.policy import Decision, Ruleset, ruleset_from_content
from shared.storage.session import found
from shared.web.auth import Anyone
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.parameters import KnownParametersRoute
from shared.web.routing import joined

Form = Annotated[
    PictureFormat | None,
    Query(alias="format", description="svg 为图，mermaid 为可复制的图形文本，text 为分级列表；留空按 Accept 请求头"),
]
Accept = Annotated[str, Header(description="可为 image/svg+xml、application/vnd.mermaid 或 text/plain")]
_stored = APIRouter(route_class=ActRoute, tags=["条件审查"])
_tried = APIRouter(route_class=KnownParametersRoute, tags=["政策自测"])


@_stored.get(
    "/v1/assessments/{declaration_id}/picture",
    name="draw_assessment",
    summary="判定图",
    description=(
        "以图读取一次判定：规则树、数值和决定结论的路径，按留存的事实和规则集绘制；"
        "SVG 含标题和文字说明，供读屏软件使用。依据：二。"
    ),
    response_class=Response,
    responses=PICTURES,
)
async def draw_assessment(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    number: RecordNumber = None,
    form: Form = None,
    accept: Accept = "",
) -> Response:
    """Return the tree of a decision record, drawn from its facts and its rule set. 二"""
    await found(session, Review, declaration_id)
    assessment = await numbered_assessment(session, declaration_id, number)
    ruleset = await _ruleset_of(session, assessment)
    return picture(Decision.from_json(assessment.record), ruleset, chosen_format(form, accept))


@_tried.post(
    "/v1/dry-run/picture",
    name="draw_dry_run",
    summary="自测判定图",
    description="以图读取政策自测的判定；内容同政策自测，无需登录，不保存任何内容。依据：二。",
    response_class=Response,
    responses=PICTURES,
)
async def draw_dry_run(request: Request, body: DryRunIn, form: Form = None, accept: Accept = "") -> Response:
    """Return the tree of a dry run; nothing is stored. 二"""
    async with tried(request, body) as (judged, _):
        return picture(judged.decision, judged.ruleset, chosen_format(form, accept))


router = joined(_stored, _tried)


async def _ruleset_of(session: AsyncSession, assessment: Assessment) -> Ruleset | None:
    """Return the stored rule set of a record; None where no edition was in force."""
    if assessment.ruleset is None:
        return None
    stored = await found(session, StoredRuleset, assessment.ruleset)
    return ruleset_from_content(stored.content, assessment.as_of, assessment.record["district"])
