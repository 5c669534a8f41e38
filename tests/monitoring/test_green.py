"""Tests of green registration: carbon account, states, export."""

import pytest

from tests.monitoring.fixtures import computed_evaluation, energy, funded_project
from tests.world import World

pytestmark = pytest.mark.clause("四（二）1")


async def test_a_returned_record_is_registered_in_a_second_round(world: World) -> None:
    path = f"/v1/files/{await funded_project(world)}/green-record"
    body = {"energy": energy(pv_used_kwh="10000"), "verifier": "示例核查机构"}
    opened = await world.post("monitoring", path, "city-officer-1", body, status=201)
    assert (opened["state"], opened["factor_set"], opened["before_tco2"], opened["reduction_tco2"]) == (
        "pending",
        "MEE_PROVINCIAL",
        "558.0000",
        "111.6000",
    )
    await world.post("monitoring", path, "city-officer-1", body, status=409)
    number = {"exchange_no": "绿2024-1"}
    await world.post("monitoring", f"{path}/register", "city-officer-1", number, status=409)
    await world.post("monitoring", f"{path}/send", "city-officer-1")
    await world.post("monitoring", f"{path}/return", "city-officer-1", {"reason": "缺核查报告"})
    again = body | {"purpose": "accounting_report"}
    second = await world.post("monitoring", path, "city-officer-1", again, status=201)
    assert (second["round"], second["factor_set"], second["before_tco2"]) == (2, "BJ_LOCAL_STANDARD", "604.0000")
    await world.post("monitoring", f"{path}/send", "city-officer-1")
    done = await world.post("monitoring", f"{path}/register", "city-officer-1", number)
    assert (done["state"], done["exchange_no"]) == ("registered", "绿2024-1")
    events = await world.events("monitoring", "monitoring.green_registered.v1")
    states = [event["data"]["state"] for event in events]
    assert states == ["pending", "sent", "returned", "pending", "sent", "registered"]


async def test_the_export_has_every_field_of_the_exchange(world: World) -> None:
    project = await funded_project(world)
    path = f"/v1/files/{project}/green-record"
    refused = await world.post("monitoring", path, "city-officer-1", {}, status=422)
    assert refused["errors"][0]["pointer"] == "/body/energy"
    await computed_evaluation(world, project)
    await world.post("monitoring", path, "city-officer-1", {"attachments": ["核算报告-1"]}, status=201)
    answer = await world.call("monitoring", "GET", f"{path}/export", "city-officer-1", status=200)
    export = answer.json()
    assert set(export) >= {"entity", "project", "energy", "emissions", "factors", "pv_used_kwh", "verifier"}
    assert (export["energy_saving_ratio"], export["entity"]["industries"]) == ("0.200000", ["现代服务业"])
    assert export["factors"]["values"]["grid_factor_beijing"] == "0.5580"
    assert "attachment" in answer.headers["content-disposition"]


async def test_only_city_officers_change_the_record(world: World) -> None:
    path = f"/v1/files/{await funded_project(world)}/green-record"
    await world.get("monitoring", path, world.owner(), status=404)
    for who in ("110105-officer-1", world.owner()):
        await world.post("monitoring", path, who, {"energy": energy()}, status=403)
    await world.get("monitoring", f"{path}/export", world.owner(), status=403)
