"""From the pool to the money: drafted, decided at the desk, asked for, held, paid, demanded back. 三（二）"""

from faults.workload.case import Case, at_once
from faults.workload.desk import Desk
from faults.workload.log import Command

DRAFT = {"mode": "investment_grant", "justification": "符合条件，建议支持"}
EVIDENCE = {"evidence": "计划已下达，专户已开立"}
HOLD = {"ground": "other", "clause": "四（一）1", "severity": "stop", "reason": "待核实专户开立情况"}
LIFT = {"reason": "核实无误"}


async def pay(case: Case, desk: Desk) -> None:
    """All of it, as far as the budgets reach."""
    if not await case.seen("funding", f"/v1/applications/{case.id}", "drafter"):
        return
    if case.likely("drafted by its receiver", 0.1):
        await case.money("draft_approval", "draft-approval", "receiver", DRAFT)
    await case.money("draft_approval", "draft-approval", "drafter", DRAFT)
    if await desk.approve(case) and await desk.plan(case):
        await _release(case)


async def _release(case: Case) -> None:
    if case.likely("held", 0.15):
        await case.money("hold_funds", "hold", "claimant", HOLD)
        await _ask(case, "asker")
        await case.money("lift_hold", "lift-hold", "judge", LIFT)
    both = ("asker", "bookkeeper") if case.likely("asked for by two", 0.15) else ("asker",)
    asked = next((each for each in await at_once(*(_ask(case, who) for who in both)) if each.accepted), None)
    if asked is not None and await _approve(case, asked.answer):
        seen = await case.seen("monitoring", f"/v1/files/{case.id}", "claimant", "declaration_id")
        if seen and case.likely("demanded back", 0.1):
            await _claw_back(case)


async def _ask(case: Case, who: str) -> Command:
    return await case.money("request_release", "release-requests", who, EVIDENCE, contested=True)


async def _approve(case: Case, request: str) -> bool:
    path, said = f"/v1/release-requests/{request}/approve", {"request": request}
    if case.likely("released by its asker", 0.1):
        own = await case.act("funding", "release_funds", path, "asker", said=said)
        if own.accepted:
            return True
    both = ("payer", "payer") if case.likely("paid twice", 0.15) else ("payer",)
    paid = await at_once(*(case.act("funding", "release_funds", path, who, said=said, contested=True) for who in both))
    return any(command.accepted for command in paid)


async def _claw_back(case: Case) -> None:
    """Half of the grant is demanded back and comes in. 四（一）1"""
    yuan = f"{min(case.investment_yuan * 3 // 10, 50_000_000) // 2}.00"
    demand = {
        "ground": "not_implemented", "clause": "四（一）1", "amount_yuan": yuan,
        "reason": "部分内容未实施", "evidence": "现场核查记录",
    }  # fmt: skip
    what, sum_said = "clawback-requests", {"yuan": yuan}
    asked = await case.money("request_clawback", what, "claimant", demand, said=sum_said)
    if not asked.accepted:
        return
    path, said = f"/v1/clawback-requests/{asked.answer}", {"request": asked.answer, "yuan": yuan}
    await case.act("funding", "demand_clawback", f"{path}/approve", "judge", said=said)
    receipt = {"amount_yuan": yuan, "bank_receipt_no": f"示例回单{case.number}"}
    await case.act("funding", "record_recovery", f"{path}/recovered", "bookkeeper", receipt, said=said)
