"""HTTP of the policy itself: its editions, and where each clause lives in the system. Open to anybody."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from services.eligibility.policy import Clause, clauses_of
from shared.policy import editions
from shared.web.memory_paging import ORDER, MemoryListing, MemoryPageRequest
from shared.web.paging import Page
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["政策"])


class RuleOut(BaseModel):
    """One condition of an edition."""

    rule: str
    clause: str
    label: str
    strength: str
    phase: str
    quote: str


class EditionOut(BaseModel):
    """One edition of the notice, when it is in force, and its conditions."""

    id: str
    doc_no: str
    title: str
    in_force_from: date
    in_force_to: date | None
    assumed: str
    rules: list[RuleOut]


EDITIONS = MemoryListing(EditionOut, ORDER, "in_force_from", key="id", default=ORDER)


@router.get("/v1/editions", name="list_editions")
async def list_editions(asked: Annotated[MemoryPageRequest, Depends(EDITIONS)]) -> Page[EditionOut]:
    """Return every edition of the notice that the system knows, oldest first."""
    return asked.page([_edition(entry) for entry in editions()])


CLAUSES = MemoryListing(Clause, ORDER, key="clause", default=ORDER)


@router.get("/v1/clauses", name="list_clauses")
async def list_clauses(
    asked: Annotated[MemoryPageRequest, Depends(CLAUSES)],
    edition: Annotated[Literal["2021", "2023"], Query(description="版本")] = "2023",
) -> Page[Clause]:
    """Return the clauses of an edition: the duty, the service that carries it, its rules, numbers and readings."""
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
