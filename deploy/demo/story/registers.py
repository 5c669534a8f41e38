"""The districts' registers: 2,000 rows of ledger and library, the story's projects among them, certified. 四（一）2"""

from typing import Any

from deploy.demo.sample import generate
from deploy.demo.story.client import StoryClient, together
from deploy.demo.story.projects import FORWARDED, OPENING, Case
from shared.districts import DISTRICTS

SEED = 2023
QUARTER = "2024Q1"


async def load_registers(client: StoryClient, ids: dict[str, str]) -> None:
    """Push each district's resource ledger, then its reserve library; note the library ids of the cases."""
    await client.move_to(OPENING)
    resources, library = generate.resources(SEED), generate.library(SEED)

    async def load(code: str) -> None:
        own = [_library_row(case) for case in FORWARDED if case.in_library and case.district == code]
        ledger = [_resource_row(case, row) for case in FORWARDED if case.in_library and case.district == code
                  for row in [resources[code][0]]]  # fmt: skip
        await _push(client, code, "resources", resources[code] + ledger)
        pushed = await _push(client, code, "library-entries", library[code] + own)
        ids.update({f"entry:{row['external_id']}": row["id"] for row in pushed[len(library[code]) :]})

    await together(*(load(code) for code in DISTRICTS))


async def certify(client: StoryClient) -> None:
    """Prepare and certify the quarter in every district. 四（一）2"""
    await together(*(_certify(client, code) for code in DISTRICTS))


async def _certify(client: StoryClient, code: str) -> None:
    path = f"/v1/quarters/{code}/{QUARTER}"
    await client.decide("intake", f"{path}/prepare", f"{code}-officer-2", f"prepare-{code}-{QUARTER}")
    await client.decide("intake", f"{path}/certify", f"{code}-supervisor-1", f"certify-{code}-{QUARTER}")


async def _push(client: StoryClient, code: str, book: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    path, key = f"/v1/{book}:batchUpsert", f"push-{code}-{book}"
    answer = await client.post("intake", path, f"{code}-officer-1", key, {"rows": rows})
    found: list[dict[str, Any]] = answer["rows"]
    return found


def _resource_row(case: Case, like: dict[str, Any]) -> dict[str, Any]:
    part = case.components[0]
    kind = part["stock_use"]
    grounds = ["wholly_vacant"] if part.get("wholly_vacant") else []
    return {
        "external_id": f"{case.district}-R-STORY{case.number:02d}", "district": case.district, "quarter": QUARTER,
        "source": "示例数据", "simulated": ["*"], "ledger_no": f"台{case.district}S{case.number:02d}",
        "name": f"{case.name}（现状）", "address": case.address, "kind": kind, "completed_on": part.get("completed_on"),
        "gross_floor_area_m2": part["renovated_area_m2"], "inefficiency_grounds": grounds,
        "certified_by": like["certified_by"], "certified_on": "2024-03-20",
        "criterion_version": "示例2024-1", "status": "in_library",
        "production_ended": part.get("production_ended"), "end_cause": part.get("end_cause"),
    }  # fmt: skip


def _library_row(case: Case) -> dict[str, Any]:
    resource = f"{case.district}-R-STORY{case.number:02d}"
    return {
        "external_id": f"{case.district}-P-STORY{case.number:02d}", "district": case.district, "quarter": QUARTER,
        "source": "示例数据", "simulated": case.simulated(), "library_no": f"库{case.district}S{case.number:02d}",
        "project_name": case.name, "project_code": case.code, "project_type": case.project_type,
        "resource_external_ids": [resource], "entity_name": case.owner.name.removesuffix("申报人"),
        "entity_uscc": case.owner.uscc, "operation_mode": "own", "maturity": "ready",
        "components": [_component(part, resource if n == 0 else None) for n, part in enumerate(case.components)],
        "support_mode": case.facts()["support_mode"], "industries": case.facts()["industries"],
        "construction_status": "under_construction", "entered_on": "2024-03-25",
        "signed_off_by": "示例区审定", "signed_off_on": "2024-03-26",
    }  # fmt: skip


def _component(part: dict[str, Any], resource: str | None) -> dict[str, Any]:
    component = {
        "kind": part["kind"], "resource_external_id": resource,
        "fixed_investment_yuan": part["fixed_investment_yuan"],
    }  # fmt: skip
    if part["kind"] == "infrastructure":
        return component
    return component | {k: part[k] for k in ("stock_use", "renovated_area_m2", "planned_occupancy")}
