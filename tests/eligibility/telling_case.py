"""A case of which no two fields have the same value, so that a field taken from the wrong object shows."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.base import Hand
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import DeclarationForwarded, DeclarationReceived, Project
from tests.eligibility.fixtures import NO_CONFLICT, OPEN, act, announce, facts, score_sheet
from tests.world import World

DISTRICT, OWNER = "110106", "91110108551385082Q"
PROJECT: Mapping[str, Any] = {
    "declaration_no": "申报-2024-017",
    "project_name": "示例楼宇改造项目",
    "project_code": "2402-110106-04-01-123456",
    "address": "丰台区示例路 9 号",
    "applicant_name": "示例置业有限公司",
    "applicant_uscc": OWNER,
    "district": DISTRICT,
    "library_entry_id": "6f1c7a52-9d1b-4f0e-8f5f-000000000001",
    "simulated": ["address"],
    "certificates": ["京(2020)丰不动产权第0000001号"],
}
FIRST_REVIEW = Hand(actor="110106-officer-1", duty="first_review")
FORWARDED_ON, RECEIVED_ON, ACCEPTED_ON = date(2024, 3, 1), date(2024, 3, 4), date(2024, 2, 5)
COMPONENT: Mapping[str, Any] = {
    "kind": "building", "name": "主楼", "stock_use": "commercial_facility",
    "completed_on": "2010-06-30", "wholly_vacant": True,
    "renovated_area_m2": "26000", "leasable_area_m2": "25000", "fixed_investment_yuan": "300000000.01",
    "planned_occupancy": "0.85",
}  # fmt: skip
INVESTMENT: Mapping[str, Any] = {
    "components": [
        {
            "index": 0,
            "assessed_investment_yuan": "250000000.02",
            "excluded": [{"kind": "rent", "amount_yuan": "1000.03"}],
            "reason": "剔除租金并核减",
        }
    ],
    "opinion": "审定意见",
}
SETTLED = {"rule": "surroundings", "holds": True, "reason": "已补足公共空间", "evidence": "踏勘记录"}
RECOGNISED: Mapping[str, Any] = {
    "kind": "building", "name": "主楼", "renovated_area_m2": "26000", "leasable_area_m2": "25000",
    "planned_occupancy": "0.85", "declared_investment_yuan": "300000000.01",
    "assessed_investment_yuan": "250000000.02",
}  # fmt: skip


def told() -> ProjectFacts:
    """Return facts without district and acceptance date, with one open condition, outside the reserve library."""
    return facts(
        drop=(*OPEN, "district", "accepted_on"), construction_status="ready_to_start", in_reserve_library=False,
        components=[COMPONENT],
    )  # fmt: skip


def judged(**changed: Any) -> dict[str, Any]:
    """Return the facts as an event or a record shows them, with some changed."""
    return {**told().model_dump(mode="json"), **changed}


def project_of(declaration_id: UUID) -> dict[str, Any]:
    return {"declaration_id": str(declaration_id), **PROJECT}


async def on(world: World, day: date) -> None:
    """Set the clock to nine in the morning in Beijing."""
    world.clock.set(datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC))


async def open_case(world: World, **changed: Any) -> UUID:
    """Forward the declaration in its second round; return its id."""
    key = uuid4()
    event: dict[str, Any] = {
        "declaration_id": key,
        "district": DISTRICT,
        "applicant_uscc": OWNER,
        "project": Project.model_validate(project_of(key)),
        "round": 2,
        "facts": told(),
        "accepted_on": ACCEPTED_ON,
        "first_review_opinion": "初审通过",
        "library_exception_reason": "区政府已同意补录",
        "hands": (FIRST_REVIEW,),
    }
    await announce(world, DeclarationForwarded(**{**event, **changed}))
    return key


async def confirm(world: World, declaration_id: UUID) -> None:
    """Record the city's receipt, which finds the construction begun."""
    received = DeclarationReceived(
        declaration_id=declaration_id, district=DISTRICT, applicant_uscc=OWNER, received_on=RECEIVED_ON,
        construction_status="under_construction", hands=(Hand(actor="city-officer-5", duty="receipt"),),
    )  # fmt: skip
    await announce(world, received)


def sheet(**points: int) -> dict[str, Any]:
    """Return a score sheet with points by criterion and a comment of its own on each."""
    marks = [
        {"criterion": mark["criterion"], "points": points[mark["criterion"]], "comment": f"评语{number}"}
        for number, mark in enumerate(score_sheet()["marks"])
    ]
    return {"marks": marks, "opinion": "总体意见"}


async def in_pool(world: World) -> UUID:
    """Take the case from the district's report to the pool, each act on a day of its own."""
    declaration_id = await open_case(world)
    await on(world, date(2024, 3, 4))
    await confirm(world, declaration_id)
    await on(world, date(2024, 3, 5))
    await act(world, declaration_id, "settle", "city-officer-1", SETTLED)
    await on(world, date(2024, 3, 6))
    await act(world, declaration_id, "conclude", "city-officer-2", {"outcome": "pass", "reason": "同意"})
    points = {"industry": 90, "green": 81, "readiness": 72, "investment": 63, "surroundings": 54}
    for who, change in (("city-officer-3", 0), ("city-officer-4", -3)):
        await act(world, declaration_id, "conflict-declaration", who, NO_CONFLICT, 201)
        given = sheet(**{name: value + change for name, value in points.items()})
        await act(world, declaration_id, "scores", who, given, 201)
    await act(world, declaration_id, "enter-pool", "city-supervisor-1", {"reason": "尚未审定投资"}, 409)
    await act(world, declaration_id, "investment", "city-officer-4", INVESTMENT, 201)
    await on(world, date(2024, 3, 8))
    await act(world, declaration_id, "enter-pool", "city-supervisor-1", {"reason": "同意入库"}, 201)
    return declaration_id
