"""The part of the story in which corrections are ordered and withdrawn, fines recorded, paid and withdrawn."""

from typing import Any

from tests.attachments import attached
from tests.funding.distinct import at
from tests.funding.story_steps import Story

FINES: list[dict[str, Any]] = [
    {"kind": "fine", "ground": "false_material", "base_yuan": "4000000.05", "amount_yuan": "500000.04"},
    {"kind": "interest", "ground": "not_implemented", "base_yuan": "4000000.06", "amount_yuan": "30000.08"},
    {"kind": "interest", "ground": "funds_diverted", "base_yuan": "4000000.07", "amount_yuan": "30000.09"},
    {"kind": "fine", "ground": "funds_diverted", "base_yuan": "4000000.08", "amount_yuan": "400000.11"},
]


async def paper(story: Story, kind: str, who: Any) -> list[str]:
    return [await attached(story.world, "funding", who, "application", story.cases["grant"], kind)]


async def ordered(story: Story) -> None:
    """Order three corrections: one is proved and found done, one is extended and withdrawn, one stops the payments."""
    path, owner = "/v1/applications/{grant}", story.world.owner()
    orders = []
    for number, ground in enumerate(("other", "not_implemented", "funds_diverted"), 1):
        at(story.world, f"2024-04-03 1{6 + number}:20")
        body = {
            "ground": ground,
            "clause": "政府投资条例第三十四条",
            "demand": f"改正要求{number}",
            "due_on": "2024-04-04",
            "attachments": await paper(story, "correction_order", "city-officer-5"),
        }
        order = await story.post(f"{path}/correction-orders", "city-officer-5", body, 201)
        orders.append(f"/v1/correction-orders/{order['id']}")
    proof = {"proof": "已补办手续", "attachments": await paper(story, "correction_proof", owner)}
    await story.post(f"{orders[0]}/prove", owner, proof)
    later = {"due_on": "2024-04-09", "reason": "材料较多"}
    await story.post(f"{orders[2]}/extend", "city-officer-5", later)
    await story.post(f"{orders[2]}/withdraw", "city-officer-5", {"reason": "责令有误"})
    at(story.world, "2024-04-05 00:40")
    for order, corrected in zip(orders[:2], (True, False), strict=True):
        closing = {"corrected": corrected, "reason": f"认定理由-{corrected}"}
        await story.post(f"{order}/close", "city-officer-6", closing)


async def fined(story: Story) -> None:
    """Record fines and interest by their decisions; a fine is paid, two of the others are withdrawn or asked to be."""
    rows = []
    for number, fine in enumerate(FINES, 1):
        body = {
            **fine,
            "authority": f"机关{number}",
            "document_no": f"决定{number}",
            "decided_on": f"2024-04-0{number}",
            "attachments": await paper(story, "penalty_decision", "city-officer-5"),
        }
        rows.append(await story.post("/v1/applications/{grant}/penalties", "city-officer-5", body, 201))
    receipt = {"bank_receipt_no": "罚款回单1", "paid_on": "2024-04-08"}
    await story.post(f"/v1/penalties/{rows[0]['id']}/paid", "finance-3", receipt)
    for row, withdraw in zip(rows[1:], (True, False, None), strict=True):
        await story.post(f"/v1/penalties/{row['id']}/ask-withdrawal", "city-officer-5", {"reason": f"误-{withdraw}"})
        decision = {"withdraw": withdraw, "reason": f"撤销理由-{withdraw}"}
        if withdraw is not None:
            await story.post(f"/v1/penalties/{row['id']}/decide-withdrawal", "city-officer-6", decision)
