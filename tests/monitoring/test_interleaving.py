"""Acts of monitoring that meet another transaction: each waits for it, then judges the state that it left."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.base import Event
from shared.contracts.funding import FundsClawedBack, FundsReturned
from tests.enumeration import operations
from tests.interleaving import after, refuse_other_versions
from tests.monitoring import prepared
from tests.monitoring.fixtures import OWNER, actuals, announce, energy, funded_project, release, report
from tests.monitoring.prepared import CREDIT, METER, REASON, Ids
from tests.world import World

FILE = "/v1/files/{project}"
QUARTER = f"{FILE}/quarters/2024Q1"
ENTITY = "SELECT FROM monitoring.entity FOR NO KEY UPDATE"
HELD_FILE = "SELECT FROM monitoring.project_file FOR NO KEY UPDATE"
CONCLUDED = (
    "UPDATE monitoring.project_file SET status = 'evaluated', evaluation_state = 'issued',"
    " delivered_on = coalesce(delivered_on, '2024-03-01')"
)
SHARED = {
    "issue_api_key",
    "revoke_api_key",
    "issue_stream_ticket",
    "enter_person",
    "close_person",
    "authorise_agent",
    "withdraw_agent",
    "add_attachment",
    "withdraw_attachment",
    "set_clock",
    "enter_figures",
    "preview_figures",
    "confirm_figures",
    "return_figures",
    "withdraw_figures",
}
"""Acts of every service, and of those that own dated figures (tests/shared/figures)."""
DONE = {"inspected_on": "2024-03-01", "summary": "已查看"}


@dataclass(frozen=True)
class Race:
    """An act of `who`, the statements of the transaction that it meets, and the status of its answer."""

    prepared: Callable[[World], Awaitable[Ids]]
    who: str
    path: str
    body: Any
    status: int
    lock: str
    change: str = ""
    method: str = "POST"


def set_state(table: str, state: str) -> str:
    return f"UPDATE monitoring.{table} SET state = '{state}'"


GREEN = f"{FILE}/green-record"
OBJECTION, CLEAR = {"text": "已复工"}, {"conflict": False, "statement": "无"}
RULING, JUDGED = {"grade": "C", "reason": "事实清楚"}, {"accepted": True, "reason": "属实"}
RACES = {
    "raise_credit_ground": Race(
        prepared.file, "city-officer-1", f"{CREDIT}/grounds",
        {"code": "G4", "detail": "停工", "evidence": ["照片-1"], "occurred_on": "2024-02-20"}, 201, ENTITY,
    ),
    "notify_rating": Race(
        prepared.objected, "city-officer-1", f"{CREDIT}/notice", REASON, 201,
        ENTITY, set_state("credit_rating", "decided"),
    ),
    "object_to_rating": Race(
        prepared.noticed, "owner", f"{CREDIT}/objection", OBJECTION, 409,
        ENTITY, set_state("credit_rating", "decided")
    ),
    "decide_rating": Race(
        prepared.objected, "city-supervisor-1", f"{CREDIT}/decide", RULING, 409,
        ENTITY, set_state("credit_rating", "decided")
    ),
    "request_repair": Race(
        prepared.noticed, "owner", f"{CREDIT}/repair",
        {"ground_ids": ["{ground}"], "text": "已改", "evidence": ["1"]}, 422,
        ENTITY, set_state("credit_ground", "withdrawn"),
    ),
    "decide_repair, entity": Race(
        prepared.repairable, "city-supervisor-1", "/v1/credit-repairs/{repair}/decide", JUDGED, 409,
        ENTITY, set_state("credit_repair", "rejected"),
    ),
    "decide_repair, request": Race(
        prepared.repairable, "city-supervisor-1", "/v1/credit-repairs/{repair}/decide", JUDGED, 409,
        set_state("credit_repair", "rejected"),
    ),
    "deliver_project": Race(
        prepared.file, "110105-officer-1", f"{FILE}/deliver", {"delivered_on": "2024-02-28", "proof": "竣工备1"},
        409,
        "UPDATE monitoring.project_file SET status = 'delivered', delivered_on = '2024-02-27'",
    ),
    "evaluate_project": Race(prepared.delivered, "110105-officer-2", f"{FILE}/evaluation", actuals(), 409, CONCLUDED),
    "issue_evaluation": Race(
        prepared.computed, "110105-supervisor-1", f"{FILE}/evaluation/issue", None, 409, CONCLUDED
    ),
    "acknowledge_evaluation": Race(
        prepared.issued, "city-officer-1", f"{FILE}/evaluation/acknowledge", None, 409,
        HELD_FILE, set_state("evaluation", "acknowledged"),
    ),
    "open_green_record": Race(
        prepared.returned, "city-officer-1", GREEN, {"energy": energy()}, 409,
        HELD_FILE, set_state("green_record", "sent")
    ),
    "send_green_record": Race(
        prepared.pending, "city-officer-1", f"{GREEN}/send", None, 409,
        HELD_FILE, set_state("green_record", "returned")
    ),
    "register_green_record": Race(
        prepared.registered, "city-officer-1", f"{GREEN}/register", {"exchange_no": "绿1"}, 409,
        HELD_FILE, set_state("green_record", "returned"),
    ),
    "return_green_record": Race(
        prepared.registered, "city-officer-1", f"{GREEN}/return", REASON, 409,
        HELD_FILE, set_state("green_record", "registered"),
    ),
    "draft_quarter": Race(
        prepared.drafted, "owner", QUARTER, report(),
        409, set_state("project_quarter", "submitted"), method="PUT"
    ),
    "submit_quarter, file": Race(prepared.drafted, "owner", f"{QUARTER}/submit", None, 409, CONCLUDED),
    "submit_quarter, quarter": Race(
        prepared.drafted, "owner", f"{QUARTER}/submit", None, 409, set_state("project_quarter", "confirmed")
    ),
    "confirm_quarter": Race(
        prepared.submitted, "110105-officer-1", f"{QUARTER}/confirm", None,
        409, set_state("project_quarter", "returned")
    ),
    "return_quarter, file": Race(
        prepared.submitted, "110105-officer-1", f"{QUARTER}/return", {"reasons": ["不符"]}, 409, CONCLUDED
    ),
    "return_quarter, quarter": Race(
        prepared.submitted, "110105-officer-1", f"{QUARTER}/return", {"reasons": ["不符"]}, 409,
        set_state("project_quarter", "confirmed"),
    ),
    "add_meter": Race(
        prepared.file, "city-officer-1", f"{FILE}/meters", METER | {"meter_no": "1", "kind": "gas_m3"},
        409, CONCLUDED
    ),
    "set_meter_bounds": Race(
        prepared.metered, "city-officer-1", "/v1/meters/{meter}", METER, 412,
        "UPDATE monitoring.meter SET version = 2", method="PUT",
    ),
    "close_reading_finding": Race(
        prepared.metered, "city-officer-1", "/v1/reading-findings/{finding}/close", REASON, 409,
        set_state("reading_finding", "closed"),
    ),
    "order_inspection": Race(prepared.file, "city-officer-1", f"{FILE}/inspections", REASON, 409, CONCLUDED),
    "assign_inspector": Race(
        prepared.assigned, "city-officer-1", "/v1/inspections/{inspection}/assign", {"inspector": "inspector-2"},
        409,
        set_state("inspection", "cleared"),
    ),
    "declare_interest": Race(
        prepared.assigned, "inspector-1", "/v1/inspections/{inspection}/declare-interest", CLEAR, 403,
        "UPDATE monitoring.inspection SET inspector = 'inspector-2'",
    ),
    "complete_inspection": Race(
        prepared.cleared, "inspector-1", "/v1/inspections/{inspection}/complete", DONE, 409,
        set_state("inspection", "completed"),
    ),
    "rectify_finding": Race(
        prepared.found, "owner", "/v1/findings/{finding}/rectify", OBJECTION,
        409, set_state("finding", "closed")
    ),
    "close_finding": Race(
        prepared.rectified, "inspector-2", "/v1/findings/{finding}/close", JUDGED,
        409, set_state("finding", "open")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RACES)
async def test_an_act_waits_for_the_other_and_judges_what_it_left(world: World, name: str) -> None:
    race = RACES[name]
    ids = await race.prepared(world)
    body = race.body
    if isinstance(body, dict) and "ground_ids" in body:
        body = body | {"ground_ids": [ids["ground"]]}
    who = world.owner() if race.who == "owner" else race.who
    path = race.path.format(**ids)
    await refuse_other_versions(world, "monitoring", race.method, path, who, body)
    call = world.call("monitoring", race.method, path, who, body)
    answer = await after(world, race.lock, race.change, call)
    assert answer.status_code == race.status, answer.text


def test_every_act_on_a_row_has_its_race() -> None:
    """Batches insert rows once, by their key; a plan is one per quarter, by its key."""
    acts = {name for name, route in operations("monitoring").items() if (route.methods or set()) & {"POST", "PUT"}}
    named = {name.split(",")[0] for name in RACES}
    assert acts - named - SHARED == {"submit_readings", "plan_inspections"}


def movement(kind: str, project: UUID) -> Event:
    named: dict[str, Any] = {"declaration_id": project, "district": "110105", "applicant_uscc": OWNER}
    moved = named | {"transfer_id": uuid4(), "amount_yuan": "1000.01", "reason": "结余"}
    if kind == "released":
        return release(project, amount_yuan="1000.01", instalment=2)
    if kind == "returned":
        return FundsReturned(**moved)
    return FundsClawedBack(**moved, stage=kind, ground="other", clause="四（一）1")


@pytest.mark.clause("四（一）1")
@pytest.mark.parametrize("kind", ["released", "returned", "demanded", "recovered"])
async def test_a_movement_adds_to_the_total_that_the_other_transaction_left(world: World, kind: str) -> None:
    project = await funded_project(world)
    column = f"{kind}_yuan"
    before = Decimal((await world.get("monitoring", f"/v1/files/{project}", "auditor-1"))[column])
    added = f"UPDATE monitoring.project_file SET {column} = {column} + 0.50"
    await after(world, added, "", announce(world, movement(kind, project)))
    shown = await world.get("monitoring", f"/v1/files/{project}", "auditor-1")
    assert Decimal(shown[column]) == before + Decimal("1000.51")
