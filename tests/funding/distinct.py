"""Projects and moments with a distinct value in every field."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.contracts.base import Hand
from shared.contracts.eligibility import AssessedComponent, PoolEntered
from shared.contracts.facts import Component, ProjectFacts
from shared.contracts.intake import Project
from shared.dates import BEIJING
from tests.world import World

CHAOYANG, FENGTAI = "110105", "110106"
OWNER, OTHER_OWNER = "91110000600037341L", "91110108551385082Q"


def at(world: World, moment: str) -> None:
    """Set the clock to a moment in Beijing, where shortly after midnight it is still the day before in UTC."""
    world.clock.set(datetime.fromisoformat(moment).replace(tzinfo=BEIJING))


def component(kind: str, name: str, declared: str, assessed: str, area: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "declared_investment_yuan": declared,
        "assessed_investment_yuan": assessed,
        "renovated_area_m2": area,
        "leasable_area_m2": area - 7,
        "planned_occupancy": "0.85",
    }


GRANT_PARTS = (
    component("building", "甲楼", "111000000.01", "100000000.05", 25_001),
    component("factory", "乙厂", "22000000.02", "20000000.03", 5_002),
)
SMALL_PARTS = (component("building", "丙楼", "3000000.07", "2000000.05", 303),)


def pooled(
    number: int, district: str, owner: str, parts: tuple[dict[str, Any], ...], code: str | None = None, **facts: Any
) -> PoolEntered:
    """Return the entry of a project into the pool; whatever can differ between two projects has its number."""
    identity = UUID(int=number)  # in the order of the numbers, in which the cases of an owner are held
    project = Project(
        declaration_id=identity,
        declaration_no=f"申{number}",
        project_name=f"示例项目{number}",
        project_code=code,
        address=f"示例路{number}号",
        applicant_name=f"示例单位{number}",
        applicant_uscc=owner,
        district=district,
        simulated=("address",),
    )
    stated = tuple(
        Component.model_validate({"kind": part["kind"], "fixed_investment_yuan": part["declared_investment_yuan"]})
        for part in parts
    )
    known = {"construction_status": "under_construction", "declared_on": f"2024-01-{10 + number}", **facts}
    return PoolEntered(
        declaration_id=identity,
        district=district,
        applicant_uscc=owner,
        project=project,
        facts=ProjectFacts.model_validate({"project_type": "inefficient_building", "components": stated, **known}),
        components=tuple(AssessedComponent.model_validate(part) for part in parts),
        score=Decimal(f"80.{number}"),
        rank=number,
        entered_on=date(2024, 2, number),
        ruleset=f"rules-{number}",
        as_of=date(2024, 1, number),
        hands=(Hand(actor=f"110105-officer-{number}", duty="first_review"),),
    )
