"""Tests of the record of acts: of each act its case, actor, reason and detail, in order."""

from typing import Any
from uuid import UUID

import pytest

from tests.enumeration import operations
from tests.monitoring.fixtures import (
    OWNER,
    actuals,
    completed_inspection,
    deliver,
    energy,
    finding_body,
    funded_project,
    set_date,
    submit,
)
from tests.monitoring.prepared import METER
from tests.world import World

pytestmark = pytest.mark.clause("四（一）1")
Act = tuple[str, str, str | None, dict[str, Any]]
OFFICER, CITY, OWNED = "110105-officer-1", "city-officer-1", f"applicant-{OWNER}"
QUARTER = {"quarter": "2024Q1"}


async def acts(world: World, case: str | UUID) -> list[Act]:
    items = (await world.get("monitoring", f"/v1/acts/{case}", "auditor-1"))["items"]
    return [(row["act"], row["actor"], row["reason"], row["detail"]) for row in items]


async def report(world: World, project: UUID) -> list[Act]:
    """Submit, return, submit again and confirm a quarter."""
    path = f"/v1/files/{project}/quarters/2024Q1"
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    await world.post("monitoring", f"{path}/return", OFFICER, {"reasons": ["发票不符", "缺照片"]})
    await submit(world, project, "2024Q1", progress="0.31")
    await world.post("monitoring", f"{path}/confirm", "110105-officer-2")
    return [
        ("submit_quarter", OWNED, None, QUARTER | {"round": 1, "late": False}),
        ("return_quarter", OFFICER, "发票不符；缺照片", QUARTER | {"round": 1}),
        ("submit_quarter", OWNED, None, QUARTER | {"round": 2, "late": False}),
        ("confirm_quarter", "110105-officer-2", None, QUARTER | {"round": 2}),
    ]


async def measure(world: World, project: UUID) -> list[Act]:
    """Add a meter, change its bounds and close the finding of a reading out of range."""
    path, body = f"/v1/files/{project}/meters", METER | {"meter_no": "DL-7", "kind": "gas_m3"}
    meter = (await world.post("monitoring", path, CITY, body, status=201))["id"]
    bounds = {"label": "新表", "period": "day", "low": "11", "high": "12"}
    await world.call("monitoring", "PUT", f"/v1/meters/{meter}", "inspector-2", bounds, status=200, if_match='"1"')
    reading = {"meter_id": meter, "measured_at": "2024-04-03T09:00:00+08:00", "value": "13"}
    await world.post("monitoring", "/v1/readings:batch", world.owner(), {"readings": [reading]}, status=207)
    (found,) = (await world.get("monitoring", "/v1/reading-findings", "auditor-1"))["items"]
    await world.post("monitoring", f"/v1/reading-findings/{found['id']}/close", "city-officer-3", {"reason": "检修"})
    return [
        ("add_meter", CITY, None, {"meter_no": "DL-7"}),
        ("set_meter_bounds", "inspector-2", None, bounds),
        ("close_reading_finding", "city-officer-3", "检修", {"finding": found["id"]}),
    ]


async def inspect(world: World, project: UUID) -> list[Act]:
    """Inspect the project and close its finding in two rounds."""
    done = await completed_inspection(world, project, finding_body("stopped"), finding_body("other"))
    of, finding = {"inspection": done["id"]}, done["findings"][0]["id"]
    path, named = f"/v1/findings/{finding}", {"finding": finding}
    expected: list[Act] = [
        ("order_inspection", CITY, "举报线索", of),
        ("assign_inspector", CITY, None, of | {"inspector": "inspector-1"}),
        ("declare_interest", "inspector-1", "与项目单位无利益关系", of | {"conflict": False}),
        ("complete_inspection", "inspector-1", "查看现场和账册", of | {"findings": 2}),
    ]
    for accepted, said, verdict in ((False, "已复工", "未复工"), (True, "已全面复工", "属实")):
        await world.post("monitoring", f"{path}/rectify", world.owner(), {"text": said})
        await world.post("monitoring", f"{path}/close", "inspector-2", {"accepted": accepted, "reason": verdict})
        expected += [
            ("rectify_finding", OWNED, said, named),
            ("close_finding", "inspector-2", verdict, named | {"accepted": accepted}),
        ]
    return expected


async def evaluate(world: World, project: UUID) -> list[Act]:
    """Deliver, evaluate, issue and acknowledge."""
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    set_date(world, 2025, 7, 1)
    path = f"/v1/files/{project}/evaluation"
    made = await world.post("monitoring", path, "110105-officer-2", actuals())
    await world.post("monitoring", f"{path}/issue", "110105-supervisor-1")
    await world.post("monitoring", f"{path}/acknowledge", "city-officer-2")
    days = {"delivered_on": "2024-09-02", "accepted_on": "2024-09-02", "evaluation_due_on": "2025-09-02"}
    of = {"evaluation": made["id"]}
    told = {
        "shifted_from": None, "calendar_known": True,
        "remark": "2024Q1 季报形象进度为 31.00%，累计完成投资占核定投资 30.00%，与竣工交付不一致，请核实",
    }  # fmt: skip
    return [
        ("deliver_project", OFFICER, "竣工备2024-001", days | told),
        ("evaluate_project", "110105-officer-2", None, of | {"score": made["score"], "grade": "excellent"}),
        ("issue_evaluation", "110105-supervisor-1", None, of | {"grade": "excellent"}),
        ("acknowledge_evaluation", "city-officer-2", None, of),
    ]


async def register(world: World, project: UUID) -> list[Act]:
    """Register the project at the exchange in a second round."""
    path = f"/v1/files/{project}/green-record"
    expected: list[Act] = []
    for round, (name, body) in enumerate((("return", {"reason": "缺报告"}), ("register", {"exchange_no": "绿7"})), 1):
        await world.post("monitoring", path, CITY, {"energy": energy()}, status=201)
        await world.post("monitoring", f"{path}/send", CITY)
        await world.post("monitoring", f"{path}/{name}", "city-officer-4", body)
        state = {"return": "returned", "register": "registered"}[name]
        expected += [
            ("open_green_record", CITY, None, {"round": round, "state": "pending"}),
            ("send_green_record", CITY, None, {"round": round, "state": "sent"}),
            (f"{name}_green_record", "city-officer-4", body.get("reason"), {"round": round, "state": state}),
        ]
    return expected


async def test_every_act_on_a_project_is_recorded_in_order(world: World) -> None:
    project, other = await funded_project(world), await funded_project(world)
    expected = [act for step in (report, measure, inspect, evaluate, register) for act in await step(world, project)]
    assert await acts(world, project) == expected
    assert await acts(world, other) == []
    unrecorded = {"draft_quarter", "submit_readings", "issue_stream_ticket", "set_clock", "preview_figures"}
    unrecorded |= {
        "issue_api_key",
        "revoke_api_key",
        "enter_person",
        "close_person",
        "authorise_agent",
        "withdraw_agent",
        "add_attachment",
        "withdraw_attachment",
    }
    on_entities = {"raise_credit_ground", "notify_rating", "object_to_rating", "decide_rating", "request_repair"}
    written = {name for name, route in operations("monitoring").items() if (route.methods or set()) & {"POST", "PUT"}}
    on_batches = {"enter_figures", "confirm_figures", "return_figures", "withdraw_figures"}
    recorded = {name for name, *_ in expected} | on_entities | on_batches | {"decide_repair", "plan_inspections"}
    assert written - unrecorded == recorded


async def test_acts_on_credit_belong_to_the_entity_the_rating_and_the_repair(world: World) -> None:
    await funded_project(world)
    path = f"/v1/entities/{OWNER}/credit"
    ground = {"code": "G4", "detail": "停工", "evidence": ["照片-1"], "occurred_on": "2024-02-20"}
    await world.post("monitoring", f"{path}/grounds", CITY, ground, status=201)
    rating = await world.post("monitoring", f"{path}/notice", "city-officer-2", {"reason": "年度评价"}, status=201)
    await world.post("monitoring", f"{path}/objection", world.owner(), {"text": "有气象证明"})
    await world.post("monitoring", f"{path}/decide", "city-supervisor-1", {"grade": "B", "reason": "事实清楚"})
    credit = await world.get("monitoring", path, "auditor-1")
    asked = {"ground_ids": [credit["grounds"][0]["id"]], "text": "已复工", "evidence": ["1"]}
    repair = await world.post("monitoring", f"{path}/repair", world.owner(), asked, status=201)
    verdict = {"accepted": False, "reason": "未复工"}
    await world.post("monitoring", f"/v1/credit-repairs/{repair['id']}/decide", "city-supervisor-2", verdict)
    plan = await world.post(
        "monitoring", "/v1/inspection-plans", "city-officer-3", {"quarter": "2024Q2", "size": 3}, status=201
    )
    assert await acts(world, credit["entity_id"]) == [("raise_credit_ground", CITY, "停工", {"code": "G4"})]
    assert await acts(world, rating["id"]) == [
        ("notify_rating", "city-officer-2", "年度评价", {}),
        ("object_to_rating", OWNED, "有气象证明", {}),
        ("decide_rating", "city-supervisor-1", "事实清楚", {}),
    ]
    assert await acts(world, repair["id"]) == [
        ("request_repair", OWNED, "已复工", {}),
        ("decide_repair", "city-supervisor-2", "未复工", {"accepted": False}),
    ]
    assert await acts(world, plan["id"]) == [
        ("plan_inspections", "city-officer-3", None, {"quarter": "2024Q2", "size": 3})
    ]
