"""Sample rows of ledger and library, and functions that push them."""

from typing import Any

import httpx

from tests.world import World

CHAOYANG, FENGTAI = "110105", "110106"
OFFICER, SUPERVISOR = "110105-officer-1", "110105-supervisor-1"
Row = dict[str, Any]


def resource(external_id: str = "R-1", district: str = CHAOYANG, **fields: Any) -> Row:
    """Return a row of a certified inefficient office building."""
    return {
        "external_id": external_id,
        "district": district,
        "quarter": "2024Q1",
        "source": "区发展改革委季度报送",
        "simulated": ["*"],
        "ledger_no": f"台账-{external_id}",
        "name": f"示例大厦{external_id}",
        "address": "示例路1号",
        "kind": "office_building",
        "gross_floor_area_m2": "25000.00",
        "vacant_area_m2": "12000.00",
        "inefficiency_grounds": ["low_occupancy"],
        "criterion_version": "示例标准2023",
        "certified_by": "示例区发展和改革委员会",
        "certified_on": "2023-11-17",
        "status": "stock",
    } | fields


def project(external_id: str = "P-1", district: str = CHAOYANG, **fields: Any) -> Row:
    """Return a row of a building project of the reserve library that renovates R-1."""
    return {
        "external_id": external_id,
        "district": district,
        "quarter": "2024Q1",
        "source": "区发展改革委季度报送",
        "simulated": ["*"],
        "library_no": f"储备-{external_id}",
        "project_name": f"示例大厦改造{external_id}",
        "project_type": "inefficient_building",
        "resource_external_ids": ["R-1"],
        "entity_name": "示例置业有限公司",
        "entity_uscc": "91110000600037341L",
        "components": [
            {
                "kind": "building",
                "resource_external_id": "R-1",
                "stock_use": "office_building",
                "renovated_area_m2": "21000.00",
                "fixed_investment_yuan": "300000000.00",
                "planned_occupancy": "0.85",
            }
        ],
        "support_mode": "investment_grant",
        "construction_status": "ready_to_start",
        "maturity": "ready",
        "entered_on": "2024-02-01",
        "signed_off_by": "示例区发展和改革委员会",
        "signed_off_on": "2024-02-01",
    } | fields


async def push(
    world: World, rows: list[Row], who: str = OFFICER, mode: str = "atomic", status: int = 200, path: str = "resources"
) -> Any:
    """Push rows to the ledger, or to the library by its path."""
    return await world.post("intake", f"/v1/{path}:batchUpsert?mode={mode}", who, {"rows": rows}, status=status)


async def push_projects(world: World, rows: list[Row], reason: str | None = None, **options: Any) -> Any:
    """Push rows to the library with the change reason of the batch."""
    body = {"rows": rows} | ({"change_reason": reason} if reason else {})
    mode, status = options.get("mode", "atomic"), options.get("status", 200)
    who = options.get("who", OFFICER)
    return await world.post("intake", f"/v1/library-entries:batchUpsert?mode={mode}", who, body, status=status)


async def put(world: World, row: Row, status: int, **headers: str) -> httpx.Response:
    path = f"/v1/resources/{row['district']}/{row['external_id']}"
    return await world.call("intake", "PUT", path, OFFICER, row, status=status, **headers)
