"""HTTP of the policy: its editions and the clauses with their rules. Open to anybody."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from services.eligibility.policy import Clause, clauses_of
from services.eligibility.schemas.policy import EditionOut, RuleOut
from shared.policy import editions
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
    edition: Annotated[Literal["2021", "2023"], Query(description="版本")] = "2023",
) -> Page[Clause]:
    """Return the clauses of an edition with services, rules, parameters and readings."""
    return asked.page(clauses_of(edition))


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
