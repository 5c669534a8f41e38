"""Tests of green registration: each field of record, event and export; factors by day; other projects; refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.facts import Component
from shared.contracts.intake import Project
from tests.monitoring.fixtures import OTHER, OWNER, computed_evaluation, energy, facts, funded_project
from tests.world import World

pytestmark = pytest.mark.clause("四（二）1")
USED = energy("800000", gas_m3="1000", pv_used_kwh="10000")
"""Before: 1,000,000 kWh. After: 800,000 kWh, 1,000 m3 of gas, 10,000 kWh of PV used."""
FACTORS = {"gas_factor": "2.162", "heat_factor": "0.11"}


async def open_record(world: World, project: UUID, status: int = 201, **changes: Any) -> Any:
    body = {"energy": USED, "verifier": "示例核查机构", "attachments": ["报告-1", "照片-2"]} | changes
    return await world.post("monitoring", f"/v1/files/{project}/green-record", "city-officer-1", body, status=status)


async def act(world: World, project: UUID, name: str, body: Any = None, status: int = 200) -> Any:
    path = f"/v1/files/{project}/green-record/{name}"
    return await world.post("monitoring", path, "city-officer-2", body, status=status)


def account(**changes: Any) -> dict[str, Any]:
    """Return the account of USED by the factors of the ministry in force in 2024."""
    before = {"scope_1_tco2": "0.0000", "scope_2_tco2": "558.0000", "total_tco2": "558.0000"}
    after = {"scope_1_tco2": "2.1620", "scope_2_tco2": "446.4000", "total_tco2": "448.5620"}
    usual = {
        "before": before | {"pv_avoided_tco2": "0.0000"},
        "after": after | {"pv_avoided_tco2": "5.5800"},
        "reduction_tco2": "109.4380",
        "factor_set": "MEE_PROVINCIAL",
        "factors": {"grid_factor_beijing": "0.5580"} | FACTORS,
    }
    return usual | changes


async def test_a_record_has_each_field_of_its_account_and_of_each_step(world: World) -> None:
    project = await funded_project(world)
    opened = await open_record(world, project)
    shown = {name: opened[name] for name in opened if name != "id"}
    assert shown.pop("account") | {"energy": None} == account(energy=None)
    assert opened["account"]["energy"]["report"]["gas_m3"] == "1000"
    nothing = dict.fromkeys(("exchange_no", "neutrality_certificate_no", "return_reason"))
    assert shown == nothing | {
        "declaration_id": str(project),
        "round": 1,
        "state": "pending",
        "purpose": "greenness",
        "factor_set": "MEE_PROVINCIAL",
        "accounted_on": "2024-03-01",
        "before_tco2": "558.0000",
        "after_tco2": "448.5620",
        "reduction_tco2": "109.4380",
        "verifier": "示例核查机构",
        "attachments": ["报告-1", "照片-2"],
    }
    sent = await act(world, project, "send")
    assert sent == await read(world, project)
    assert {**sent, "account": None} == {**opened, "account": None, "state": "sent"}
    returned = await act(world, project, "return", {"reason": "缺少核查报告"})
    assert (returned["state"], returned["return_reason"]) == ("returned", "缺少核查报告")
    second = await open_record(world, project, purpose="accounting_report", verifier=None, attachments=[])
    named = ("round", "purpose", "factor_set", "before_tco2", "verifier", "attachments", "return_reason")
    assert [second[name] for name in named] == [
        2, "accounting_report", "BJ_LOCAL_STANDARD", "604.0000", None, [], None,
    ]  # fmt: skip
    await act(world, project, "send")
    numbers = {"exchange_no": "绿2024-7", "neutrality_certificate_no": "中和-9"}
    await act(world, project, "register", numbers)
    assert {name: (await read(world, project))[name] for name in numbers} == numbers
    assert (await read(world, project))["round"] == 2
    events = await world.events("monitoring", "monitoring.green_registered.v1")
    same = {"declaration_id": str(project), "district": "110105", "applicant_uscc": OWNER}
    first = same | {
        "emissions_before_tco2": "558.0000",
        "emissions_after_tco2": "448.5620",
        "reduction_tco2": "109.4380",
        "factor_set": "MEE_PROVINCIAL",
    }
    later = same | {
        "emissions_before_tco2": "604.0000",
        "emissions_after_tco2": "485.3620",  # 483.2 + 2.162
        "reduction_tco2": "118.6380",
        "factor_set": "BJ_LOCAL_STANDARD",
    }
    assert [event["data"] for event in events] == [
        *(first | {"state": state} for state in ("pending", "sent", "returned")),
        *(later | {"state": state} for state in ("pending", "sent", "registered")),
    ]


async def read(world: World, project: UUID) -> dict[str, Any]:
    record: dict[str, Any] = await world.get("monitoring", f"/v1/files/{project}/green-record", "auditor-1")
    return record


STEPS = {"send": None, "register": {"exchange_no": "绿1"}, "return": {"reason": "缺"}}


ALLOWED: list[tuple[list[str], set[str]]] = [
    ([], {"send"}),
    (["send"], {"register", "return"}),
    (["send", "register"], set()),
    (["send", "return"], set()),
]


async def test_each_step_has_its_state(world: World) -> None:
    for steps, allowed in ALLOWED:
        for name in STEPS:
            project = await funded_project(world)
            await open_record(world, project)
            for step in steps:
                await act(world, project, step, STEPS[step])
            await act(world, project, name, STEPS[name], 200 if name in allowed else 409)
            is_live = (await read(world, project))["state"] != "returned"
            await open_record(world, project, 409 if is_live else 201)


async def test_projects_have_each_their_own_record_and_rounds(world: World) -> None:
    first, second = await funded_project(world), await funded_project(world, applicant_uscc=OTHER)
    own = await open_record(world, first)
    other = await open_record(world, second, energy=energy("500000"))
    assert (other["round"], other["after_tco2"]) == (1, "279.0000")
    assert await read(world, first) == await read(world, first) | {"id": own["id"], "after_tco2": "448.5620"}
    await act(world, first, "send")
    assert (await read(world, second))["state"] == "pending"


async def test_the_factor_is_that_of_the_day_in_beijing_on_which_the_account_is_made(world: World) -> None:
    projects = [await funded_project(world) for _ in range(2)]
    midnight = datetime(2025, 12, 30, 16, 0, tzinfo=UTC)
    seen = []
    for project, moment in zip(projects, (midnight - timedelta(minutes=1), midnight), strict=True):
        world.clock.set(moment)
        record = await open_record(world, project)
        seen.append((record["accounted_on"], record["account"]["factors"], record["before_tco2"]))
    assert seen == [
        ("2025-12-30", {"grid_factor_beijing": "0.5580"} | FACTORS, "558.0000"),
        ("2025-12-31", {"grid_factor_beijing": "0.5554"} | FACTORS, "555.4000"),
    ]


async def test_a_stated_factor_set_precedes_that_of_the_purpose(world: World) -> None:
    for purpose in ("greenness", "accounting_report"):
        for chosen, before in (("MEE_PROVINCIAL", "558.0000"), ("BJ_LOCAL_STANDARD", "604.0000")):
            record = await open_record(world, await funded_project(world), purpose=purpose, factor_set=chosen)
            assert (record["purpose"], record["factor_set"], record["before_tco2"]) == (purpose, chosen, before)


async def test_without_energy_that_of_the_projects_own_evaluation_is_accounted(world: World) -> None:
    first, second = await funded_project(world), await funded_project(world)
    await computed_evaluation(world, first, energy=energy("700000"))
    refused = await open_record(world, second, 422, energy=None)
    assert refused["errors"][0]["pointer"] == "/body/energy"
    assert (await open_record(world, first, energy=None))["after_tco2"] == "390.6000"
    await open_record(world, second)
    path = "/v1/files/{}/green-record/export"
    exports = [await world.get("monitoring", path.format(project), "auditor-1") for project in (first, second)]
    assert [export["energy_saving_ratio"] for export in exports] == ["0.300000", None]


async def test_the_export_has_each_field_of_its_own_project(world: World) -> None:
    parts = (
        Component(kind="building", renovated_area_m2="12000.50"),
        Component(kind="factory", renovated_area_m2=None),
    )
    green = {"green_retrofit_simultaneous": True, "renewable_planned": False, "green_materials": None}
    described = Project(
        declaration_id=UUID(int=5), declaration_no="通2023-017", project_name="示例厂房更新",
        project_code="2311-110112-04-01-000001", address="通州区示例路 1 号", applicant_name="示例实业有限公司",
        applicant_uscc=OWNER, district="110112", simulated=("bank_receipt",),
    )  # fmt: skip
    stated = facts().model_copy(update={"components": parts, "industries": ("high_precision", "modern_services")})
    assessed = [
        {"kind": "building", "declared_investment_yuan": "9.00", "assessed_investment_yuan": "8.00"},
        {"kind": "factory", "declared_investment_yuan": "7.00", "assessed_investment_yuan": "6.00"},
    ]
    assessed[0]["renovated_area_m2"] = "12000.50"
    project = await funded_project(
        world, project=described, facts=stated.model_copy(update=green), components=assessed, district="110112"
    )
    await open_record(world, project)
    await act(world, project, "send")
    await act(world, project, "register", {"exchange_no": "绿2024-7", "neutrality_certificate_no": "中和-9"})
    export = await world.get("monitoring", f"/v1/files/{project}/green-record/export", "city-officer-1")
    used = export.pop("energy")
    assert (used["baseline"]["electricity_kwh"], used["report"]["electricity_kwh"]) == ("1000000", "800000")
    made = account()
    assert export == {
        "entity": {"uscc": OWNER, "name": "示例实业有限公司", "industries": ["高精尖产业", "现代服务业"]},
        "project": {
            "declaration_no": "通2023-017",
            "code": "2311-110112-04-01-000001",
            "name": "示例厂房更新",
            "address": "通州区示例路 1 号",
            "renovated_area_m2": ["12000.50", None],
            "investment_yuan": ["8.00", "6.00"],
            "green_measures": green | {"pv_roof_share": "0.45"},
        },
        "emissions": {name: made[name] for name in ("before", "after", "reduction_tco2")},
        "factors": {"set": "MEE_PROVINCIAL", "label": "生态环境部省级电力因子", "values": made["factors"]},
        "pv_used_kwh": "10000",
        "energy_saving_ratio": None,
        "verifier": "示例核查机构",
        "attachments": ["报告-1", "照片-2"],
        "state": {"code": "registered", "label": "已入库"},
        "accounted_on": "2024-03-01",
        "exchange_no": "绿2024-7",
        "neutrality_certificate_no": "中和-9",
        "simulated": ["bank_receipt"],
    }
