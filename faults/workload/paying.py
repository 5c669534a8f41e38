"""From the pool to payment: draft, decision, request, hold, release, the treasury's answer, clawback. 三（二）"""

from faults.workload.case import Case, concurrently
from faults.workload.decisions import Decisions
from faults.workload.log import Command
from faults.workload.ordering import pay_out, pay_out_again

DRAFT = {"mode": "investment_grant", "justification": "符合条件，建议支持"}
EVIDENCE = {"evidence": "计划已下达，专户已开立"}
HOLD = {"ground": "other", "clause": "四（一）1", "severity": "stop", "reason": "待核实专户开立情况"}
LIFT = {"reason": "核实无误"}


async def pay(case: Case, decisions: Decisions) -> None:
    """Run all steps, as far as the budgets reach."""
    if not await case.wait_for("funding", f"/v1/applications/{case.id}", "drafter"):
        return
    if case.happens("drafted by its reviewer", 0.25):
        await case.funding_act("draft_approval", "draft-approval", "first_reviewer", DRAFT)
    await case.funding_act("draft_approval", "draft-approval", "drafter", DRAFT)
    if await decisions.approve(case) and await _name_payee(case) and await decisions.plan(case):
        await _release(case)


async def _name_payee(case: Case) -> bool:
    """Enter the owner's account and let the district confirm it."""
    account = {"account_name": case.owner.name.removesuffix("申报人"), "bank": "示例银行"}
    body = {**account, "account_no": f"02000012{case.number:011}"}
    entered = await case.funding_act("enter_payee", "payee-accounts", "owner", body)
    if not entered.accepted:
        return False
    path = f"/v1/payee-accounts/{entered.answer}/confirm"
    return (await case.act("funding", "confirm_payee", path, "officer")).accepted


async def _release(case: Case) -> None:
    if case.happens("held", 0.15):
        await case.funding_act("hold_funds", "hold", "claimant", HOLD)
        await _request_release(case, "asker")
        await case.funding_act("lift_hold", "lift-hold", "admitter", LIFT)
    roles = ("asker", "bookkeeper") if case.happens("asked for by two", 0.15) else ("asker",)
    asked = next(
        (each for each in await concurrently(*(_request_release(case, role) for role in roles)) if each.accepted), None
    )
    if asked is not None and await _approve_release(case, asked.answer) and await _arrives(case, asked.answer):
        seen = await case.wait_for("monitoring", f"/v1/files/{case.id}", "claimant", "declaration_id")
        if seen and case.happens("demanded back", 0.1):
            await _claw_back(case)


async def _arrives(case: Case, release: str) -> bool:
    """Have the treasury pay, a second time if the bank sends the payment back; return whether the case is paid."""
    if not await pay_out(case, release):
        return True
    asked = await _request_release(case, "asker")
    if not asked.accepted or not await _approve_release(case, asked.answer, again=True):
        return False
    await pay_out_again(case, asked.answer)
    return True


async def _request_release(case: Case, role: str) -> Command:
    return await case.funding_act("request_release", "release-requests", role, EVIDENCE, contested=True)


async def _approve_release(case: Case, request: str, *, again: bool = False) -> bool:
    path, facts = f"/v1/release-requests/{request}/approve", {"request": request, "again": again}
    if case.happens("released by its asker", 0.1):
        own = await case.act("funding", "release_funds", path, "asker", facts=facts)
        if own.accepted:
            return True
    roles = ("payer", "payer") if case.happens("paid twice", 0.15) else ("payer",)
    paid = await concurrently(
        *(case.act("funding", "release_funds", path, role, facts=facts, contested=True) for role in roles)
    )
    return any(command.accepted for command in paid)


async def _claw_back(case: Case) -> None:
    """Demand half of the grant back and record its recovery. 四（一）1"""
    yuan = f"{min(case.investment_yuan * 3 // 10, 50_000_000) // 2}.00"
    demand = {
        "ground": "funds_diverted", "clause": "四（一）1", "amount_yuan": yuan,
        "reason": "部分内容未实施", "evidence": "现场核查记录",
    }  # fmt: skip
    what, amount = "clawback-requests", {"yuan": yuan}
    asked = await case.funding_act("request_clawback", what, "claimant", demand, facts=amount)
    if not asked.accepted:
        return
    path, facts = f"/v1/clawback-requests/{asked.answer}", {"request": asked.answer, "yuan": yuan}
    await case.act("funding", "demand_clawback", f"{path}/approve", "judge", facts=facts)
    receipt = {"amount_yuan": yuan, "bank_receipt_no": f"示例回单{case.number}"}
    await case.act("funding", "record_recovery", f"{path}/recovered", "bookkeeper", receipt, facts=facts)
