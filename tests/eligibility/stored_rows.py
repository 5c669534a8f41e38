"""Rows stored as the handlers leave them, for tests that read or compute from many."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.eligibility.models import Base, DistrictStandard, LibraryProject, Review, StockResource
from shared.actors import system_actor
from tests.eligibility.fixtures import USCC, facts, with_component
from tests.world import World


def key(number: int) -> UUID:
    return UUID(int=number)


async def store(world: World, *rows: Base) -> None:
    """Store rows of eligibility in the order given."""
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        for row in rows:
            await session.merge(row)
            await session.flush()


def told(drop: tuple[str, ...] = (), **component: Any) -> dict[str, Any]:
    """Return the facts of a building that meets every condition, with changes to its component."""
    return with_component(facts(drop=drop), **component).model_dump(mode="json", exclude_none=True)


def review(number: int, district: str = "110105", stage: str = "in_review", **fields: Any) -> Review:
    values: dict[str, Any] = {
        "declaration_no": f"N{number}", "project_name": f"申报{number}", "applicant_name": "A", "applicant_uscc": USCC,
        "project": {}, "facts": told(), "exceptions": {}, "round": 1, "accepted_on": date(2024, 2, 1),
        "decision": "eligible",
    }  # fmt: skip
    return Review(declaration_id=key(number), district=district, stage=stage, **{**values, **fields})


def in_library(number: int, facts: Mapping[str, Any], district: str = "110105", **fields: Any) -> LibraryProject:
    values = {"external_id": f"P-{number}", "project_name": f"储备{number}", "left_on": None, "version": 1, **fields}
    return LibraryProject(entry_id=key(number), district=district, facts={**facts, "district": district}, **values)


def in_ledger(
    number: int, facts: Mapping[str, Any], district: str = "110105", own_id: str = "R-1", version: int = 1
) -> StockResource:
    known = {"gross_floor_area_m2": "1000", **facts}
    return StockResource(resource_id=key(number), district=district, external_id=own_id, facts=known, version=version)


def standard(number: int, value: str, valid_from: str, **fields: Any) -> DistrictStandard:
    values: dict[str, Any] = {
        "id": key(int(fields.get("district", "110105")) * 1000 + number), "district": "110105",
        "parameter": "low_occupancy", "document_no": f"文号{number}", "set_by": "x", "set_by_name": "y",
        "set_at": datetime(2024, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    return DistrictStandard(
        number=number, value=Decimal(value), valid_from=date.fromisoformat(valid_from), **{**values, **fields}
    )
