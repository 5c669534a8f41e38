"""HTTP of the policy: its editions and the clauses with their rules. Open to anybody."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.eligibility.policy import Clause, clauses_of
from services.eligibility.rules.code_lists import EditionId
from services.eligibility.rules.reviews import reference_day
from services.eligibility.schemas.policy import EditionOut, RuleOut
from shared.audiences import PUBLIC
from shared.contracts.facts import Component, ProjectFacts
from shared.days import FilterDay
from shared.policy import Ruleset, editions, resolve
from shared.policy.decision_model import decision_model
from shared.policy.input_schema import input_schema
from shared.runtime import Instance
from shared.web.memory_paging import ORDER, MemoryListing, MemoryPageRequest
from shared.web.paging import Page
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["政策"])


EDITIONS = MemoryListing(EditionOut, ORDER, "in_force_from", key="id", default=ORDER)


@router.get(
    "/v1/editions",
    name="list_editions",
    summary="通知版本",
    description="列出系统收录的各版通知、施行期间和审查条件；无需登录。",
)
async def list_editions(asked: Annotated[MemoryPageRequest, Depends(EDITIONS)]) -> Page[EditionOut]:
    """Return the editions of the notice, oldest first."""
    return asked.page([_edition(entry) for entry in editions()])


CLAUSES = MemoryListing(Clause, ORDER, key="clause", default=ORDER)


@router.get(
    "/v1/clauses",
    name="list_clauses",
    summary="条款对照",
    description="列出一个版本的条款：要求、负责的系统、规则、参数、口径，以及办理接口、代码、数据表和测试；无需登录。",
)
async def list_clauses(
    asked: Annotated[MemoryPageRequest, Depends(CLAUSES)],
    edition: Annotated[EditionId, Query(description="版本")] = "2023",
) -> Page[Clause]:
    """Return the clauses of an edition with services, rules, parameters and readings."""
    return asked.page(clauses_of(edition))


EditionCode = Annotated[EditionId, Path(title="版本代码", description="2021 或 2023")]
_SCHEMA: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/schema+json": {"schema": {"type": "object", "description": "JSON Schema"}}}}
}
_MODEL: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object", "description": "JDM 决策模型"}}}}
}
AsOf = Annotated[FilterDay | None, Query(description="按哪一天的参数和口径；缺省为今天，不在施行期内的取最近的一天")]


@router.get(
    "/v1/editions/{edition}/input-schema",
    name="read_input_schema",
    response_class=Response,
    responses=_SCHEMA,
    summary="判定所需事实的结构",
    description=(
        "读取一个版本判定所需事实的 JSON Schema：字段、单位、选项、提供方和条款，"
        "另列须由行政机关认定的事项；供填报系统生成表单和预先核对，无需登录。依据：二。"
    ),
)
async def read_input_schema(request: Request, edition: EditionCode, as_of: AsOf = None) -> Response:
    """Return the JSON Schema of the facts that the rules of an edition read. 二"""
    async with edition_rules(request, edition, as_of) as ruleset:
        schema = input_schema(ruleset, ProjectFacts.model_fields, Component.model_fields)
    return _file(schema, "application/schema+json", f"inputs-{edition}.schema.json")


@router.get(
    "/v1/editions/{edition}/decision-model",
    name="read_decision_model",
    response_class=Response,
    responses=_MODEL,
    summary="规则的决策模型",
    description=(
        "以 JDM（GoRules 决策模型）读取一个版本的规则，供图形编辑器查看；不作为判定依据，"
        "格式不能表示的内容写在文件中；无需登录。依据：二。"
    ),
)
async def read_decision_model(request: Request, edition: EditionCode, as_of: AsOf = None) -> Response:
    """Return the rules of an edition as a JDM document, for looking at only. 二"""
    async with edition_rules(request, edition, as_of) as ruleset:
        model = decision_model(ruleset)
    return _file(model, "application/json", f"rules-{edition}.jdm.json")


@asynccontextmanager
async def edition_rules(request: Request, edition: str, as_of: date | None) -> AsyncIterator[Ruleset]:
    """Yield the rules of an edition on a day, by default today, brought within the days on which it is in force."""
    instance: Instance = request.app.state.instance
    day, _ = reference_day(as_of or instance.clock.today(), edition)
    async with instance.database.reading(PUBLIC):
        yield resolve(day, None, instance.settings.interpretations)


def _file(content: dict[str, Any], media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'inline; filename="{name}"'}
    return Response(json.dumps(content, ensure_ascii=False, indent=2), media_type=media_type, headers=headers)


def _edition(entry: Any) -> EditionOut:
    in_force = entry["in_force"]
    return EditionOut(
        id=entry["id"],
        doc_no=entry["doc_no"],
        title=entry["title"],
        in_force_from=in_force["from"],
        in_force_to=in_force.get("to"),
        assumed=in_force.get("assumed", ""),
        rules=[_rule(name, rule) for name, rule in entry["rules"].items()],
    )


def _rule(name: str, rule: Any) -> RuleOut:
    strength = rule.get("strength", "must")
    return RuleOut(
        rule=name,
        clause=rule["clause"],
        label=rule["label"],
        strength=strength if isinstance(strength, str) else f"取决于口径 {strength['by']}",
        phase=rule.get("phase", "declare"),
        quote=rule.get("quote", ""),
    )
