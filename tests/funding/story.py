"""A story with a distinct value in every field: two grants, an interest subsidy and refused cases over two years."""

from datetime import date
from typing import Any
from uuid import uuid4

from shared.contracts.intake import MunicipalMoneyRegistered
from tests.funding.case import announce, paper, plan_item
from tests.funding.distinct import CHAOYANG, FENGTAI, GRANT_PARTS, OTHER_OWNER, OWNER, SMALL_PARTS, at
from tests.funding.story_changes import changes
from tests.funding.story_chapters import interest, monitored
from tests.funding.story_corrections import fined, ordered
from tests.funding.story_payments import accounts, change_of_account, paid_again, treasury
from tests.funding.story_steps import Story, enter_account, instalment, state
from tests.world import World


async def budgets(story: Story) -> None:
    """Give both years a budget, the first one with a supplement."""
    rows = [
        (2024, "60000000.11", "财1号", "年初预算"),
        (2024, "40000000.02", "财2号", None),
        (2025, "70000000.07", "财1号", "次年"),
    ]
    for day, (year, yuan, document, note) in enumerate(rows, 1):
        at(story.world, f"2024-03-{day:02} 10:30")
        body = {"year": year, "amount_yuan": yuan, "document_no": document, "note": note}
        drafted = await story.post("/v1/budgets", "city-supervisor-1", body, 201)
        at(story.world, f"2024-03-{day:02} 11:45")
        await story.post(f"/v1/budgets/{drafted['id']}/confirm", f"city-supervisor-{2 + day % 2}")
    last = {"year": 2024, "amount_yuan": "5.00", "document_no": "财3号"}
    await story.post("/v1/budgets", "city-supervisor-3", last, 201)  # never confirmed


async def adjustments(story: Story) -> None:
    """Cut, move, freeze and free money of a year of its own; reverse the cut; withdraw a draft."""
    documents: list[dict[str, Any]] = [
        {"amount_yuan": "50.09", "document_no": "调1号"},
        {"kind": "cut", "amount_yuan": "10.01", "document_no": "调2号", "document_on": "2024-03-01"},
        {"kind": "transfer", "amount_yuan": "5.03", "document_no": "调3号", "to_year": 2028},
        {"kind": "freeze", "amount_yuan": "3.05", "document_no": "调4号"},
        {"kind": "unfreeze", "amount_yuan": "1.04", "document_no": "调5号"},
        {"kind": "reversal", "document_no": "调6号"},
    ]
    ids: list[str] = []
    for number, document in enumerate(documents, 1):
        body = {"year": 2027, "note": f"理由{number}", "attachments": [await paper(story.world)], **document}
        if document.get("kind") == "reversal":
            body["reverses"] = ids[1]
        drafted = await story.post("/v1/budgets", "city-officer-7", body, 201)
        ids.append(drafted["id"])
        await story.post(f"/v1/budgets/{drafted['id']}/confirm", "city-supervisor-3")
    await amended(story)
    last = {"year": 2027, "amount_yuan": "6.00", "document_no": "调7号"}
    drafted = await story.post("/v1/budgets", "city-officer-7", last, 201)
    await story.post(f"/v1/budgets/{drafted['id']}/withdraw", "city-officer-8", {"reason": "撤回登记的理由"})


async def amended(story: Story) -> None:
    """Withdraw a first change of the plan of next year, and issue a second one, of one project."""
    plans = (await story.world.get("funding", "/v1/plans?year=2025&status=issued", "auditor-1"))["items"]
    path = f"/v1/plans/{plans[0]['id']}/changes"
    change = {
        "application_id": str(story.cases["grant"]),
        "action": "change",
        "construction_starts_on": "2024-02-06",
        "construction_ends_on": "2027-03-04",
        "year_investment_yuan": "32000000.05",
    }
    for number, step in enumerate(("withdraw", "issue"), 1):
        body = {"kind": "amend", "document_no": f"计调{number}号", "reason": f"调整的理由{number}", "items": [change]}
        body["attachments"] = [await paper(story.world, "plan_document")]
        drafted = await story.post(path, "city-officer-2", body, 201)
        who, more = (
            ("city-officer-3", {"reason": "撤回调整的理由"}) if step == "withdraw" else ("city-supervisor-2", None)
        )
        await story.post(f"/v1/plan-changes/{drafted['id']}/{step}", who, more)


async def together(story: Story) -> None:
    """Release a plan of one late project in one act of each person."""
    await story.pool("late", 9, FENGTAI, OTHER_OWNER, SMALL_PARTS)
    body = {"mode": "investment_grant", "justification": "意见9"}
    await story.post("/v1/applications/{late}/draft-approval", "city-officer-1", body)
    await story.post("/v1/applications/{late}/lift-hold", "city-supervisor-3", {"reason": "已复核丙"})
    await story.post("/v1/applications/{late}/approve", "city-supervisor-2")
    items = [plan_item(story.cases["late"])]
    plan = await story.post("/v1/plans", "city-officer-3", {"year": 2024, "batch": 9, "items": items}, 201)
    await story.post(f"/v1/plans/{plan['id']}/issue", "city-supervisor-1")
    account = await enter_account(story, "late", 9)
    await story.post(f"/v1/payee-accounts/{account['id']}/confirm", f"{FENGTAI}-officer-2")
    path = f"/v1/plans/{plan['id']}"
    await story.post(f"{path}/release-requests", "finance-1", {"evidence": "成批拨付的依据"})
    await story.post(f"{path}/release", "finance-2")


async def approvals(story: Story) -> None:
    """Approve two grants, of which one belongs to the budget of next year, and decline a third."""
    code = "2404-110105-04-01-123456"
    await story.pool("grant", 1, CHAOYANG, OWNER, GRANT_PARTS, code)
    await story.pool("small", 2, FENGTAI, OTHER_OWNER, SMALL_PARTS)
    await story.pool("declined", 3, CHAOYANG, OWNER, SMALL_PARTS)
    await story.pool("done", 4, CHAOYANG, OTHER_OWNER, SMALL_PARTS)
    for day, (name, year) in enumerate([("grant", None), ("small", 2025), ("done", 2025)], 5):
        at(story.world, f"2024-03-{day:02} 00:30")
        body = {"mode": "investment_grant", "justification": f"意见{day}", "budget_year": year}
        await story.post(f"/v1/applications/{{{name}}}/draft-approval", "city-officer-1", body)
        at(story.world, f"2024-03-{day:02} 23:45")
        await story.post(f"/v1/applications/{{{name}}}/approve", "city-supervisor-1")
    refusal = {"clauses": ["二（五）", "二（三）1"], "reason": "不予批复的理由"}
    await story.post("/v1/applications/{declined}/decline", "city-supervisor-2", refusal)


async def plans(story: Story) -> None:
    """Withdraw a first draft; issue a batch of next year that keeps one completed project and drops another."""
    at(story.world, "2024-03-10 09:00")
    items: list[dict[str, Any]] = [
        {
            "application_id": str(story.cases["grant"]),
            "content_and_scale": "建设内容甲",
            "construction_starts_on": "2024-02-05",
            "construction_ends_on": "2026-11-12",
            "year_investment_yuan": "33000000.03",
            "fund_source": "市级资金及自筹",
        },
        *(plan_item(story.cases[name]) for name in ("small", "done")),
    ]
    first = await story.post("/v1/plans", "city-officer-3", {"year": 2024, "batch": 1, "items": items[:1]}, 201)
    await story.post(f"/v1/plans/{first['id']}/withdraw", "city-officer-4", {"reason": "撤回的理由"})
    body = {"year": 2025, "batch": 7, "title": "次年第七批", "items": items}
    plan = await story.post("/v1/plans", "city-officer-2", body, 201)
    begun = state("under_construction", started_on="2023-11-11")
    await story.post("/v1/applications/{small}/construction-status", "city-officer-5", begun)
    for name, day in (("small", "02"), ("done", "03")):
        finished = state("completed", completed_on=f"2024-03-{day}")
        await story.post(f"/v1/applications/{{{name}}}/construction-status", "city-officer-5", finished)
    decisions = [
        {"application_id": str(story.cases["small"]), "include": True, "reason": "保留的理由"},
        {"application_id": str(story.cases["done"]), "include": False, "reason": "剔除的理由"},
    ]
    at(story.world, "2024-03-12 00:15")
    await story.post(f"/v1/plans/{plan['id']}/issue", "city-supervisor-2", {"completed_decisions": decisions})


async def first_payments(story: Story) -> None:
    """Pay the first instalments; a first request was rejected; two holds come and go."""
    at(story.world, "2024-03-13 10:00")
    path = "/v1/applications/{grant}"
    refused = await story.post(f"{path}/release-requests", "finance-1", {"evidence": "依据0"}, 201)
    await story.post(f"/v1/release-requests/{refused['id']}/reject", "finance-2", {"reason": "账户有误"})
    await instalment(story, "grant", 1, "2024-03-14 10:00", "2024-03-16 00:20")
    await instalment(story, "small", 1, "2024-03-16 10:00", "2024-03-17 10:00")
    light = {"ground": "other", "clause": "四（一）3", "severity": "review", "reason": "暂停甲"}
    grave = {"ground": "funds_diverted", "clause": "四（一）1", "severity": "stop", "reason": "暂停乙"}
    holds = []
    for day, (who, body) in enumerate([("city-officer-4", light), ("city-supervisor-2", grave)], 18):
        at(story.world, f"2024-03-{day} 10:00")
        holds.append(await story.post(f"{path}/hold", who, body, 201))
    for day, (hold, reason) in enumerate(zip(reversed(holds), ("解除乙", "解除甲"), strict=True), 20):
        at(story.world, f"2024-03-{day} 00:05")
        lifting = {"hold_id": hold["id"], "reason": reason}
        await story.post(f"{path}/lift-hold", "city-supervisor-3", lifting)


async def recoveries(story: Story) -> None:
    """Return money twice, one of it never received; claw back with two receipts; reject a second proposal."""
    path = "/v1/applications/{grant}"
    for day, (yuan, number) in enumerate((("123456.78", 1), ("9.99", 2)), 2):
        at(story.world, f"2024-04-{day:02} 10:00")
        body = {"amount_yuan": yuan, "bank_receipt_no": f"回单{number}", "reason": f"退款{number}"}
        back = await story.post(f"{path}/returns", "finance-1", body, 201)
        at(story.world, f"2024-04-{day:02} 16:00")
        if number == 1:
            await story.post(f"/v1/returns/{back['id']}/confirm", "finance-3")
        else:
            await story.post(f"/v1/returns/{back['id']}/reject", "finance-3", {"reason": "未到账"})
    await ordered(story)
    proposal = {"ground": "not_implemented", "clause": "政府投资条例第三十四条", "amount_yuan": "4000000.03"}
    asked = []
    for day in (5, 6):
        at(story.world, f"2024-04-{day:02} 10:00")
        words = {"reason": f"追回{day}", "evidence": f"证据{day}"}
        asked.append(await story.post(f"{path}/clawback-requests", "city-officer-3", proposal | words, 201))
    at(story.world, "2024-04-07 00:10")
    await story.post(f"/v1/clawback-requests/{asked[0]['id']}/approve", "city-supervisor-1")
    await story.post(f"/v1/clawback-requests/{asked[1]['id']}/reject", "city-supervisor-1", {"reason": "不予追回"})
    for day, yuan in ((8, "1500000.01"), (9, "2500000.02")):
        at(story.world, f"2024-04-{day:02} 10:00")
        receipt = {"amount_yuan": yuan, "bank_receipt_no": f"追回回单{day}"}
        await story.post(f"/v1/clawback-requests/{asked[0]['id']}/recovered", "finance-3", receipt)
    await fined(story)
    final = [{"final_investment_yuan": yuan} for yuan in ("90000000.15", "19000000.01")]
    await story.post(f"{path}/final-accounts", "city-officer-6", {"document_no": "决算1", "components": final}, 201)
    await story.post("/v1/applications/{small}/close", "city-supervisor-3", {"reason": "终止的理由"})


async def other_money(story: Story) -> None:
    """Register public money of three kinds, one withdrawn; refer the declined project to two banks."""
    at(story.world, "2024-04-11 10:00")
    support = {
        "kind": "district_rent",
        "programme": "租金补贴",
        "amount_yuan": "2000000.03",
        "granted_on": "2024-02-01",
    }
    for n, kind in enumerate(("district_rent", "first_set_equipment"), 1):
        body = support | {"kind": kind, "document_no": f"补{n}", "amount_yuan": f"200000{n}.03"}
        await story.post("/v1/applications/{grant}/co-support", "110105-officer-2", body, 201)
    entry = {
        "declaration_id": str(story.cases["declined"]),
        "project_code": "2404-110105-04-01-777777",
        "applicant_uscc": OWNER,
        "district": CHAOYANG,
        "programme": "另一渠道",
        "amount_yuan": "3000000.05",
        "granted_on": "2023-06-01",
        "document_no": "另1",
    }
    kept = await story.post("/v1/municipal-money", "city-officer-7", entry, 201)
    await story.post(f"/v1/municipal-money/{kept['id']}/withdraw", "city-officer-8", {"reason": "另一工程"})
    registered = MunicipalMoneyRegistered(
        record_id=uuid4(),
        district=CHAOYANG,
        applicant_uscc=OWNER,
        programme="第三渠道",
        project_code="2404-110105-04-01-123456",
        entity_uscc=OWNER,
        entity_name="示例单位1",
        amount_yuan="77.07",
        funded_on=date(2023, 5, 5),
        source="公示",
        registered_by="110105-officer-1",
    )
    await announce(story.world, "intake", registered)
    for n, outcome in enumerate(("granted", "refused"), 1):
        at(story.world, f"2024-04-1{1 + n} 10:00")
        referred: dict[str, Any] = {
            "bank": f"银行{n}",
            "owner_consent": True,
            "consent_document": f"同意书{n}",
            "wanted_yuan": f"600000{n}.00",
        }
        collateral = {"collateral": f"抵押{n}"}
        referral = await story.post(
            "/v1/applications/{grant}/bank-referrals", "110105-officer-2", referred | collateral, 201
        )
        at(story.world, f"2024-04-1{1 + n} 12:00")
        answer: dict[str, Any] = {
            "outcome": outcome,
            "granted_yuan": "5000001.00" if n == 1 else None,
            "note": f"说明{n}",
        }
        await story.post(f"/v1/bank-referrals/{referral['id']}/outcome", "city-officer-8", answer)


ACTS = (
    budgets, approvals, plans, accounts, first_payments, treasury, monitored, paid_again, change_of_account,
    recoveries, other_money, interest, adjustments, changes, together,
)  # fmt: skip


async def told(world: World) -> Story:
    """Tell the whole story."""
    story = Story(world, {})
    for act in ACTS:
        await act(story)
    await world.settle()
    return story
