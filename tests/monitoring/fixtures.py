"""Fixtures of monitoring's tests: a funded project, events of funding, valid request bodies."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.actors import system_actor
from shared.clock import uuid7
from shared.contracts.base import Event, Hand
from shared.contracts.eligibility import AssessedComponent
from shared.contracts.facts import Component, ProjectFacts
from shared.contracts.funding import FundsReleased
from shared.contracts.intake import Project
from shared.events.outbox import emit
from tests.world import START, World

OWNER = "91110000600037341L"
OTHER = "91110108551385082Q"
AS_OF = date(2023, 11, 6)
AWARD = Decimal("30000000.00")


def facts() -> ProjectFacts:
    areas: dict[str, Any] = {"gross_floor_area_m2": "10000", "leasable_area_m2": "10000"}
    building = Component(kind="building", name="甲座", wholly_vacant=True, planned_occupancy="0.85", **areas)
    factory = Component(kind="factory", name="乙厂房", planned_occupancy="0.75", **areas)
    return ProjectFacts(
        project_type="area_package",
        accepted_on=AS_OF,
        district="110105",
        industries=("modern_services",),
        renewable_feasible=True,
        pv_roof_share="0.45",
        energy_saving_ratio="0.20",
        key_tenant_planned=True,
        support_mode="investment_grant",
        components=(building, factory),
    )


def release(declaration_id: UUID, **changes: Any) -> FundsReleased:
    """Return the event that releases the whole award on 11 March 2024, with changes."""
    investment = {"declared_investment_yuan": "150000000.00", "assessed_investment_yuan": "150000000.00"}
    usual = {
        "declaration_id": declaration_id,
        "district": "110105",
        "applicant_uscc": OWNER,
        "project": Project(
            declaration_id=declaration_id,
            declaration_no="朝2023-001",
            project_name="示例楼宇更新",
            project_code=None,
            address=None,
            applicant_name="示例置业有限公司",
            applicant_uscc=changes.get("applicant_uscc", OWNER),
            district=changes.get("district", "110105"),
        ),
        "release_id": uuid7(START),
        "transfer_id": uuid7(START),
        "instalment": 1,
        "mode": "investment_grant",
        "amount_yuan": AWARD,
        "released_total_yuan": AWARD,
        "award_yuan": AWARD,
        "released_on": date(2024, 3, 11),
        "facts": facts(),
        "components": (
            AssessedComponent(kind="building", name="甲座", **investment),
            AssessedComponent(kind="factory", name="乙厂房", **investment),
        ),
        "ruleset": "0" * 64,
        "as_of": AS_OF,
        "hands": (Hand(actor="110105-officer-1", duty="first_review"),),
    }
    return FundsReleased(**(usual | changes))


async def announce(world: World, *events: Event) -> None:
    """Emit events as funding and wait until they are handled."""
    async with world.instances["funding"].database.session(system_actor("funding")) as session:
        await emit(session, *events)
    await world.settle()
    assert await world.parked() == {}


async def funded_project(world: World, **changes: Any) -> UUID:
    """Create a project whose whole award is released; return its id."""
    declaration_id = uuid7(START)
    await announce(world, release(declaration_id, **changes))
    return declaration_id


def set_date(world: World, year: int, month: int, day: int) -> None:
    """Set the clock to 10:00 in Beijing on a date."""
    world.clock.set(datetime(year, month, day, 2, tzinfo=UTC))


def report(**changes: Any) -> dict[str, Any]:
    """Return a quarterly report without errors or warnings."""
    usual: dict[str, Any] = {
        "progress": "0.30",
        "investment": [{"kind": "building", "done_yuan": "50000000.00"}, {"kind": "factory", "done_yuan": "40000000"}],
        "subsidy_received_yuan": "30000000.00",
        "subsidy_used": [{"purpose": "structure", "amount_yuan": "10000000.00"}],
        "occupancy": [],
        "energy": {"electricity_kwh": "120000", "gas_m3": "3000"},
        "jobs": 40,
    }
    return usual | changes


async def draft(world: World, declaration_id: UUID, quarter: str, body: dict[str, Any]) -> dict[str, Any]:
    """Save a draft with the current ETag of the quarter."""
    path = f"/v1/files/{declaration_id}/quarters/{quarter}"
    tag = (await world.call("monitoring", "GET", path, world.owner(), status=200)).headers["etag"]
    answer = await world.call("monitoring", "PUT", path, world.owner(), body, status=200, if_match=tag)
    saved: dict[str, Any] = answer.json()
    return saved


async def submit(world: World, declaration_id: UUID, quarter: str, status: int = 200, **changes: Any) -> Any:
    """Draft and submit a report."""
    await draft(world, declaration_id, quarter, report(**changes))
    path = f"/v1/files/{declaration_id}/quarters/{quarter}/submit"
    return await world.post("monitoring", path, world.owner(), status=status)


async def deliver(world: World, declaration_id: UUID, on: str = "2024-09-02") -> dict[str, Any]:
    body = {"delivered_on": on, "proof": "竣工备2024-001"}
    answer: dict[str, Any] = await world.post(
        "monitoring", f"/v1/files/{declaration_id}/deliver", "110105-officer-1", body
    )
    return answer


def letting(index: int, moved_in: str, leasable: str = "10000.00") -> dict[str, Any]:
    areas = {"leasable_area_m2": leasable, "moved_in_area_m2": moved_in, "signed_area_m2": leasable}
    return {"index": index, **areas}


def energy(report_kwh: str = "800000", baseline_kwh: str = "1000000", **report_year: Any) -> dict[str, Any]:
    return {
        "baseline": {"method": "METERED", "area_m2": "20000", "electricity_kwh": baseline_kwh},
        "report": {"method": "METERED", "area_m2": "20000", "electricity_kwh": report_kwh, **report_year},
    }


def actuals(**changes: Any) -> dict[str, Any]:
    """Return actuals that reach every target."""
    usual: dict[str, Any] = {
        "reference_on": "2025-06-30",
        "lettings": [letting(0, "8500.00"), letting(1, "7500.00")],
        "key_tenants": [{"name": "示例重点企业", "level": "district", "moved_in": True}],
        "industries": [{"industry": "modern_services", "area_m2": "15000"}, {"industry": None, "area_m2": "1000"}],
        "tax": {"before_yuan": "1000000.00", "after_yuan": "5000000.00", "area_m2": "20000"},
        "energy": energy(),
        "roof": {"pv_projection_m2": "450.00", "roof_projection_m2": "1000.00"},
        "funds": {"misused": False, "ledger_matches": True, "audit_findings": 0},
    }
    return usual | changes


async def computed_evaluation(world: World, declaration_id: UUID, **changes: Any) -> dict[str, Any]:
    """Deliver the project and compute its evaluation on 1 July 2025."""
    set_date(world, 2024, 9, 5)
    await deliver(world, declaration_id)
    set_date(world, 2025, 7, 1)
    path = f"/v1/files/{declaration_id}/evaluation"
    answer: dict[str, Any] = await world.post("monitoring", path, "110105-officer-2", actuals(**changes))
    return answer


async def issued_evaluation(world: World, declaration_id: UUID, **changes: Any) -> dict[str, Any]:
    """Compute and issue the evaluation."""
    await computed_evaluation(world, declaration_id, **changes)
    path = f"/v1/files/{declaration_id}/evaluation/issue"
    answer: dict[str, Any] = await world.post("monitoring", path, "110105-supervisor-1")
    return answer


async def completed_inspection(world: World, declaration_id: UUID, *findings: dict[str, Any]) -> dict[str, Any]:
    """Order, assign, clear and complete an inspection by inspector-1."""
    ordered = await world.post(
        "monitoring", f"/v1/files/{declaration_id}/inspections", "city-officer-1", {"reason": "举报线索"}, status=201
    )
    path = f"/v1/inspections/{ordered['id']}"
    await world.post("monitoring", f"{path}/assign", "city-officer-1", {"inspector": "inspector-1"})
    clear = {"conflict": False, "statement": "与项目单位无利益关系"}
    await world.post("monitoring", f"{path}/declare-interest", "inspector-1", clear)
    body = {"inspected_on": world.clock.today().isoformat(), "summary": "查看现场和账册", "findings": list(findings)}
    answer: dict[str, Any] = await world.post("monitoring", f"{path}/complete", "inspector-1", body)
    return answer


def finding_body(kind: str = "funds_diverted", **changes: Any) -> dict[str, Any]:
    usual = {"kind": kind, "clause": "四（一）1", "amount_yuan": "100000.00", "description": "凭证与用途不符"}
    return usual | changes
