"""The ladder of art. 34: order, proof, end of an order, recovery; fines and interest apart from the grant's money."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.attachments import attached
from tests.funding.case import read, released, yuan
from tests.world import World

pytestmark = pytest.mark.clause("四（一）1")
OFFICER, OTHER, SUPERVISOR = "city-officer-3", "city-officer-4", "city-supervisor-2"
ORDER = {"ground": "not_implemented", "clause": "政府投资条例第三十四条", "demand": "恢复施工", "due_on": "2024-03-11"}
CLAWBACK = {
    "ground": "not_implemented",
    "clause": "政府投资条例第三十四条",
    "amount_yuan": "1000000.00",
    "reason": "停工",
    "evidence": "核查记录",
}
UNCORRECTED, CORRECTED = {"corrected": False, "reason": "仍未开工"}, {"corrected": True, "reason": "已复工"}
FINE = {
    "kind": "fine",
    "ground": "funds_diverted",
    "authority": "市财政局",
    "document_no": "罚决1号",
    "decided_on": "2024-03-01",
    "base_yuan": "1000000.00",
}


async def with_paper(world: World, case: UUID, kind: str, who: Any, body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "attachments": [await attached(world, "funding", who, "application", case, kind)]}


async def ordered(world: World, case: UUID, **changed: Any) -> str:
    """Order a correction and return its address."""
    body = await with_paper(world, case, "correction_order", OFFICER, {**ORDER, **changed})
    order = await world.post("funding", f"/v1/applications/{case}/correction-orders", OFFICER, body, 201)
    return f"/v1/correction-orders/{order['id']}"


async def test_money_is_recovered_once_an_order_was_not_followed(world: World) -> None:
    case = await released(world)
    path = f"/v1/applications/{case}/clawback-requests"
    refused = await world.post("funding", path, OFFICER, CLAWBACK, 409)
    assert refused["code"] == "correction_first"
    order = await ordered(world, case)
    early = await world.post("funding", f"{order}/close", OTHER, UNCORRECTED, 409)
    assert "期满" in early["detail"]
    world.clock.set(world.clock.now().replace(day=12))
    assert (await world.post("funding", f"{order}/close", OFFICER, UNCORRECTED, 403))["code"] == "same_officer"
    assert (await world.post("funding", path, OFFICER, CLAWBACK, 409))["code"] == "correction_first"
    closed = await world.post("funding", f"{order}/close", OTHER, UNCORRECTED)
    assert closed["status"] == "uncorrected"
    shown = await read(world, case)
    assert [hold["severity"] for hold in shown["holds"]] == ["stop"]
    other = await world.post("funding", path, OFFICER, {**CLAWBACK, "ground": "unapproved_change"}, 409)
    assert other["code"] == "correction_first", "an order on another ground does not count"
    await world.post("funding", path, OFFICER, CLAWBACK, 201)
    again = await world.post("funding", f"{order}/close", OTHER, CORRECTED, 409)
    assert again["code"] == "wrong_status"


async def test_what_is_corrected_is_not_recovered(world: World) -> None:
    case, owner = await released(world), world.owner()
    order = await ordered(world, case)
    proof = await with_paper(world, case, "correction_proof", owner, {"proof": "已复工"})
    assert (await world.post("funding", f"{order}/prove", owner, proof))["status"] == "proved"
    closed = await world.post("funding", f"{order}/close", OTHER, CORRECTED)
    assert (closed["status"], closed["closing_reason"]) == ("corrected", "已复工")
    assert (await read(world, case))["held"] is False
    path = f"/v1/applications/{case}/clawback-requests"
    assert (await world.post("funding", path, OFFICER, CLAWBACK, 409))["code"] == "correction_first"
    late = await with_paper(world, case, "correction_proof", owner, {"proof": "再次"})
    assert (await world.post("funding", f"{order}/prove", owner, late, 409))["code"] == "wrong_status"
    seen = await world.get("funding", f"/v1/correction-orders?application_id={case}", owner)
    assert [each["proof"] for each in seen["items"]] == ["已复工"]


RANGES: list[tuple[str, str, int]] = [
    ("funds_diverted", "99999.99", 422),
    ("funds_diverted", "100000.00", 201),
    ("funds_diverted", "300000.00", 201),
    ("funds_diverted", "300000.01", 422),
    ("false_material", "500000.00", 201),
    ("false_material", "500000.01", 422),
    ("municipal_funds_hidden", "100000.00", 201),
    ("other", "100000.00", 422),
]


async def test_a_fine_is_recorded_within_its_range_and_touches_no_money_of_the_grant(world: World) -> None:
    case = await released(world)
    before = await read(world, case)
    path = f"/v1/applications/{case}/penalties"
    for number, (ground, amount, status) in enumerate(RANGES):
        body = {**FINE, "ground": ground, "amount_yuan": amount, "document_no": f"罚决{number}号"}
        await world.post(
            "funding", path, OFFICER, await with_paper(world, case, "penalty_decision", OFFICER, body), status
        )
    interest = {**FINE, "kind": "interest", "ground": "other", "amount_yuan": "1.00"}
    row = await world.post(
        "funding", path, OFFICER, await with_paper(world, case, "penalty_decision", OFFICER, interest), 201
    )
    receipt = {"bank_receipt_no": "利息回单1", "paid_on": "2024-03-01"}
    paid = f"/v1/penalties/{row['id']}/paid"
    assert (await world.post("funding", paid, "finance-2", receipt, 403))["code"] == "same_officer", (
        "finance-2 released"
    )
    assert (await world.post("funding", paid, "finance-1", {**receipt, "paid_on": "2024-02-29"}, 422))[
        "code"
    ] == "invalid"
    assert (await world.post("funding", paid, "finance-1", receipt))["paid_on"] == "2024-03-01"
    assert (await world.post("funding", paid, "finance-1", receipt, 409))["code"] == "wrong_status"
    after = await read(world, case)
    assert after["amounts"] == before["amounts"]
    assert Decimal(str(yuan(after, "demanded"))) == 0
    seen = await world.get("funding", f"/v1/penalties?application_id={case}&kind=interest", world.owner())
    assert [each["amount_yuan"] for each in seen["items"]] == ["1.00"]


CAUSE = {"reason": "登记有误"}


async def test_an_order_is_extended_or_withdrawn_with_a_reason_and_stays_on_record(world: World) -> None:
    case = await released(world)
    order = await ordered(world, case)
    same = await world.post("funding", f"{order}/extend", OFFICER, {"due_on": "2024-03-11", **CAUSE}, 422)
    assert same["errors"][0]["pointer"] == "/body/due_on"
    longer = await world.post("funding", f"{order}/extend", OFFICER, {"due_on": "2024-03-20", **CAUSE})
    assert (longer["due_on"], longer["first_due_on"]) == ("2024-03-20", "2024-03-11")
    world.clock.set(world.clock.now().replace(day=12))
    assert "2024-03-20" in (await world.post("funding", f"{order}/close", OTHER, UNCORRECTED, 409))["detail"]
    gone = await world.post("funding", f"{order}/withdraw", OFFICER, CAUSE)
    assert (gone["status"], gone["withdraw_reason"]) == ("withdrawn", "登记有误")
    for path, body in (("withdraw", CAUSE), ("extend", {"due_on": "2024-04-20", **CAUSE})):
        assert (await world.post("funding", f"{order}/{path}", OFFICER, body, 409))["code"] == "wrong_status", path
    listed = await world.get("funding", f"/v1/correction-orders?application_id={case}", world.owner())
    assert [each["status"] for each in listed["items"]] == ["withdrawn"]


async def test_a_wrong_penalty_is_withdrawn_by_two_persons_and_recorded_anew(world: World) -> None:
    case = await released(world)
    path = f"/v1/applications/{case}/penalties"
    body = await with_paper(world, case, "penalty_decision", OFFICER, {**FINE, "amount_yuan": "100000.00"})
    row = await world.post("funding", path, OFFICER, body, 201)
    penalty, decision = f"/v1/penalties/{row['id']}", {"withdraw": True, **CAUSE}
    decide = f"{penalty}/decide-withdrawal"
    assert (await world.post("funding", decide, OTHER, decision, 409))["code"] == "wrong_status"
    await world.post("funding", f"{penalty}/ask-withdrawal", OFFICER, CAUSE)
    assert (await world.post("funding", decide, OFFICER, decision, 403))["code"] == "same_officer"
    kept = await world.post("funding", decide, OTHER, {**decision, "withdraw": False})
    assert (kept["withdrawal_reason"], kept["withdrawn_at"]) == (None, None)
    await world.post("funding", f"{penalty}/ask-withdrawal", OFFICER, CAUSE)
    gone = await world.post("funding", decide, OTHER, decision)
    assert (gone["withdrawn_by"], gone["withdrawal_asked_by"]) == (OTHER, OFFICER)
    receipt = {"bank_receipt_no": "罚款回单1", "paid_on": "2024-03-01"}
    assert (await world.post("funding", f"{penalty}/paid", "finance-1", receipt, 409))["code"] == "wrong_status"
    again = await with_paper(world, case, "penalty_decision", OFFICER, {**FINE, "amount_yuan": "100000.00"})
    await world.post("funding", path, OFFICER, again, 201)
