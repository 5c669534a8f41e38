"""Cases of monitoring prepared to a state from which one act follows, with the ids that lead to it."""

from collections.abc import Mapping
from typing import Any

from tests.monitoring.fixtures import (
    OWNER,
    completed_inspection,
    computed_evaluation,
    deliver,
    draft,
    energy,
    finding_body,
    funded_project,
    issued_evaluation,
    report,
    set_date,
    submit,
)
from tests.world import World

Ids = Mapping[str, Any]
CREDIT = f"/v1/entities/{OWNER}/credit"
REASON = {"reason": "示例理由"}
METER = {"label": "总表", "period": "hour", "low": "10", "high": "500"}


async def file(world: World) -> Ids:
    return {"project": await funded_project(world)}


async def delivered(world: World) -> Ids:
    project = await funded_project(world)
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    set_date(world, 2025, 7, 1)
    return {"project": project}


async def computed(world: World) -> Ids:
    project = await funded_project(world)
    await computed_evaluation(world, project)
    return {"project": project}


async def issued(world: World) -> Ids:
    project = await funded_project(world)
    await issued_evaluation(world, project)
    return {"project": project}


async def drafted(world: World) -> Ids:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await draft(world, project, "2024Q1", report())
    return {"project": project}


async def submitted(world: World) -> Ids:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    return {"project": project}


async def metered(world: World) -> Ids:
    project = await funded_project(world)
    body = METER | {"meter_no": "DL-01", "kind": "gas_m3"}
    meter = (await world.post("monitoring", f"/v1/files/{project}/meters", "city-officer-1", body, 201))["id"]
    breach = {"readings": [{"meter_id": meter, "measured_at": "2024-03-01T09:00:00+08:00", "value": "9"}]}
    await world.post("monitoring", "/v1/readings:batch", world.owner(), breach, status=207)
    (finding,) = (await world.get("monitoring", "/v1/reading-findings", "city-officer-1"))["items"]
    return {"meter": meter, "finding": finding["id"]}


async def planned(world: World) -> Ids:
    path = f"/v1/files/{await funded_project(world)}/inspections"
    return {"inspection": (await world.post("monitoring", path, "city-officer-1", REASON, status=201))["id"]}


async def assigned(world: World) -> Ids:
    ids = await planned(world)
    path = f"/v1/inspections/{ids['inspection']}/assign"
    await world.post("monitoring", path, "city-officer-1", {"inspector": "inspector-1"})
    return ids


async def cleared(world: World) -> Ids:
    ids = await assigned(world)
    clear = {"conflict": False, "statement": "无"}
    await world.post("monitoring", f"/v1/inspections/{ids['inspection']}/declare-interest", "inspector-1", clear)
    return ids


async def found(world: World) -> Ids:
    check = await completed_inspection(world, await funded_project(world), finding_body("stopped"))
    return {"finding": check["findings"][0]["id"]}


async def rectified(world: World) -> Ids:
    ids = await found(world)
    await world.post("monitoring", f"/v1/findings/{ids['finding']}/rectify", world.owner(), {"text": "已复工"})
    return ids


async def noticed(world: World) -> Ids:
    await found(world)
    notice = await world.post("monitoring", f"{CREDIT}/notice", "city-officer-1", REASON, status=201)
    set_date(world, 2024, 3, 16)
    return {"ground": notice["proposal"]["grounds"][0]["ground_id"]}


async def objected(world: World) -> Ids:
    ids = await noticed(world)
    await world.post("monitoring", f"{CREDIT}/objection", world.owner(), {"text": "已复工"})
    return ids


async def repairable(world: World) -> Ids:
    ids = await noticed(world)
    asked = {"ground_ids": [ids["ground"]], "text": "已改", "evidence": ["整改-1"]}
    repair = await world.post("monitoring", f"{CREDIT}/repair", world.owner(), asked, status=201)
    return {**ids, "repair": repair["id"]}


async def registered(world: World, *, sent: bool = True) -> Ids:
    ids = await file(world)
    path = f"/v1/files/{ids['project']}/green-record"
    await world.post("monitoring", path, "city-officer-1", {"energy": energy()}, status=201)
    if sent:
        await world.post("monitoring", f"{path}/send", "city-officer-1")
    return ids


async def returned(world: World) -> Ids:
    ids = await registered(world)
    await world.post("monitoring", f"/v1/files/{ids['project']}/green-record/return", "city-officer-1", REASON)
    return ids


async def pending(world: World) -> Ids:
    return await registered(world, sent=False)
