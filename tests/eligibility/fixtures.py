"""Fixtures of eligibility's tests: declarations announced by intake, acts on a case."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from shared.actors import system_actor
from shared.clock import uuid7
from shared.contracts.base import Event, Hand
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import (
    CorrectionReason,
    DeclarationForwarded,
    DeclarationReceived,
    DeclarationRefused,
    DeclarationReturned,
    DeclarationWithdrawn,
    Project,
)
from shared.events.outbox import emit
from tests.cases.form import base
from tests.world import START, World

USCC = "91110000600037341L"
BASES: Mapping[str, Mapping[str, Any]] = {name: base(name) for name in ("building", "factory", "area")}
MARKS = ("industry", "green", "readiness", "investment", "surroundings")


def facts(kind: str = "building", drop: Iterable[str] = (), **changed: Any) -> ProjectFacts:
    """Return the facts of a base case, with some changed or dropped."""
    told = {name: value for name, value in {**BASES[kind], **changed}.items() if name not in set(drop)}
    return ProjectFacts.model_validate(told)


def with_component(told: ProjectFacts, **changed: Any) -> ProjectFacts:
    """Return the facts with the first component changed."""
    first, *others = (part.model_dump(mode="json", exclude_none=True) for part in told.components)
    whole = told.model_dump(mode="json", exclude_none=True)
    return ProjectFacts.model_validate({**whole, "components": [{**first, **changed}, *others]})


def project(declaration_id: UUID, district: str = "110105", library_entry_id: UUID | None = None) -> Project:
    return Project(
        declaration_id=declaration_id,
        declaration_no=f"2024-{declaration_id.hex[:6]}",
        project_name="示例楼宇改造项目",
        project_code=None,
        address=None,
        applicant_name="示例置业有限公司",
        applicant_uscc=USCC,
        district=district,
        library_entry_id=library_entry_id,
    )


async def announce(world: World, *events: Event) -> None:
    """Emit events as intake and wait until they are handled."""
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await emit(session, *events)
    await world.settle()


async def forward(
    world: World, told: ProjectFacts, declaration_id: UUID | None = None, district: str = "110105", **fields: Any
) -> UUID:
    """Forward a declaration to the city; return its id."""
    key, entry_id = declaration_id or uuid7(START), fields.pop("library_entry_id", None)
    event: dict[str, Any] = {
        "declaration_id": key,
        "district": district,
        "applicant_uscc": USCC,
        "project": project(key, district, entry_id),
        "round": 1,
        "facts": told,
        "accepted_on": told.accepted_on or date(2024, 3, 1),
        "first_review_opinion": "初审通过",
        "hands": (Hand(actor=f"{district}-officer-1", duty="first_review"),),
    }
    await announce(world, DeclarationForwarded(**{**event, **fields}))
    return key


async def receive(
    world: World,
    declaration_id: UUID,
    status: str = "under_construction",
    district: str = "110105",
    duty: str = "receipt",
) -> None:
    """Record the city's receipt of a declaration."""
    received = DeclarationReceived(
        declaration_id=declaration_id, district=district, applicant_uscc=USCC, received_on=date(2024, 3, 4),
        construction_status=status, hands=(Hand(actor="city-officer-5", duty=duty),),
    )  # fmt: skip
    await announce(world, received)


def withdrawn(key: UUID, district: str = "110105") -> DeclarationWithdrawn:
    return DeclarationWithdrawn(declaration_id=key, district=district, applicant_uscc=USCC, reason="撤回")


def refused(key: UUID) -> DeclarationRefused:
    return DeclarationRefused(
        declaration_id=key, district="110105", applicant_uscc=USCC, clauses=("二（五）",), reason="已完工"
    )


def returned(key: UUID) -> DeclarationReturned:
    reason = CorrectionReason(code="x", subject="y", clause="二（五）", explanation="z", how_to_fix="w")
    return DeclarationReturned(
        declaration_id=key, district="110105", applicant_uscc=USCC, round=1, reasons=(reason,),
        correct_by=date(2024, 4, 1),
    )  # fmt: skip


def case_path(declaration_id: UUID, act: str = "") -> str:
    return f"/v1/assessments/{declaration_id}" + (f"/{act}" if act else "")


def score_sheet(points: int = 80) -> dict[str, Any]:
    marks = [{"criterion": name, "points": points, "comment": "材料充分"} for name in MARKS]
    return {"marks": marks, "opinion": "同意"}


NO_CONFLICT = {"position": "none", "statement": "与项目单位无利害关系"}
SETTLE = {"rule": "surroundings", "holds": True, "reason": "现场查看，已补足公共空间", "evidence": "踏勘记录"}
OPEN = ("surroundings_coordinated",)
PASS = {"outcome": "pass", "reason": "各项条件均已满足"}
INVESTMENT: dict[str, Any] = {
    "components": [{"index": 0, "assessed_investment_yuan": "300000000.00"}],
    "opinion": "予以审定",
}


async def act(world: World, declaration_id: UUID, name: str, who: str, body: Any, status: int = 200) -> Any:
    """Post an act on a case as a persona."""
    return await world.post("eligibility", case_path(declaration_id, name), who, body, status)


async def read_case(world: World, declaration_id: UUID, who: str = "city-officer-1") -> Any:
    """Read a case as a persona."""
    return await world.get("eligibility", case_path(declaration_id), who)


async def passed_review(world: World, told: ProjectFacts | None = None, **fields: Any) -> UUID:
    """Create a declaration whose review city-officer-2 passed; return its id."""
    declaration_id = await forward(world, told or facts(), **fields)
    await receive(world, declaration_id, district=fields.get("district", "110105"))
    await world.post("eligibility", case_path(declaration_id, "conclude"), "city-officer-2", PASS)
    return declaration_id


async def score(world: World, declaration_id: UUID, who: str, points: int = 80) -> None:
    """Declare no conflict and score as a reviewer."""
    await world.post("eligibility", case_path(declaration_id, "conflict-declaration"), who, NO_CONFLICT, 201)
    await world.post("eligibility", case_path(declaration_id, "scores"), who, score_sheet(points), 201)


async def assessed_project(world: World, points: int = 80, **fields: Any) -> UUID:
    """Create a declaration with two score sheets and a recognised investment; return its id."""
    declaration_id = await passed_review(world, **fields)
    await score(world, declaration_id, "city-officer-3", points)
    await score(world, declaration_id, "city-officer-4", points)
    await world.post("eligibility", case_path(declaration_id, "investment"), "city-officer-3", INVESTMENT, 201)
    return declaration_id
