"""Chapters of the story of funding about payee accounts, payment orders, receipts and the closing of a month."""

from typing import Any

from tests.funding.case import receipt
from tests.funding.distinct import CHAOYANG, FENGTAI, OTHER_OWNER, at
from tests.funding.story_steps import Story, enter_account, instalment


async def accounts(story: Story) -> None:
    """Enter an account for each funded project: one was returned, one withdrawn, and one is changed later."""
    at(story.world, "2024-03-12 09:00")
    entered = [await enter_account(story, "grant", 1), await enter_account(story, "small", 2)]
    refusal = {"reason": "开户证明不清"}
    await story.post(f"/v1/payee-accounts/{entered[0]['id']}/return", "110105-officer-1", refusal)
    own = story.world.owner(OTHER_OWNER, "示例单位2")
    await story.post(f"/v1/payee-accounts/{entered[1]['id']}/withdraw", own, {"reason": "账号填错"})
    for number, (name, district) in enumerate((("grant", CHAOYANG), ("small", FENGTAI)), 3):
        at(story.world, f"2024-03-12 1{number}:00")
        account = await enter_account(story, name, number)
        await story.post(f"/v1/payee-accounts/{account['id']}/confirm", f"{district}-officer-2")


async def treasury(story: Story) -> None:
    """Order the first payments, anew after a mistake; book, correct and accept what the treasury answers."""
    at(story.world, "2024-03-22 10:00")
    wrong = await story.post("/v1/payment-orders", "finance-1", {}, 201)
    await story.post(f"/v1/payment-orders/{wrong['id']}/withdraw", "finance-1", {"reason": "用途写错"})
    order = await story.post("/v1/payment-orders", "finance-1", {"replaces_id": wrong["id"]}, 201)
    grant, small = order["items"]
    at(story.world, "2024-03-22 12:00")
    stated = [
        receipt(grant, "凭证1", result_on="2024-03-22", account_no=grant["account_no"]),
        receipt(small, "凭证2", "returned", result_on="2024-03-22", bank_reason="户名不符"),
        receipt(small, "凭证3", order_no=None, result_on="2024-03-22"),
        receipt(small, "凭证4", line_no=7, amount_yuan="3.03", result_on="2024-03-22"),
        receipt(small, "凭证5", amount_yuan="4.04", result_on="2024-03-22"),
        receipt(small, "凭证6", amount_yuan="5.05", result_on="2024-03-22"),
    ]
    booked = await story.post("/v1/treasury-receipts", "finance-2", {"receipts": stated}, 201)
    paths = [f"/v1/treasury-receipts/{row['receipt']['id']}" for row in booked["rows"]]
    mistaken, unnamed, foreign, twice = paths[1:5]
    await story.post(f"{mistaken}/unmatch", "finance-3", {"reason": "银行更正"})
    await story.post(f"{mistaken}/void", "finance-3", {"reason": "银行更正，作废"})
    await story.post(f"{unnamed}/match", "finance-3", {"line_id": small["id"], "reason": "国库漏填申请号"})
    await story.post(f"{foreign}/accept", "finance-3", {"reason": "属于其他资金"})
    await story.post(f"{twice}/void", "finance-3", {"reason": "国库重复发送"})


async def paid_again(story: Story) -> None:
    """Pay the later instalments of the grant, of which the bank sends the last one back; close the month."""
    at(story.world, "2024-04-01 08:00")
    order = await story.post("/v1/payment-orders", "finance-1", {}, 201)
    second, third = sorted(order["items"], key=lambda line: line["purpose"])
    stated = [
        receipt(second, "凭证7", result_on="2024-04-01"),
        receipt(third, "凭证8", "returned", result_on="2024-04-01", bank_reason="账户冻结"),
    ]
    await story.post("/v1/treasury-receipts", "finance-2", {"receipts": stated}, 201)
    await instalment(story, "grant", 4, "2024-04-01 08:10", "2024-04-01 08:20")
    again = await story.post("/v1/payment-orders", "finance-1", {}, 201)
    line = again["items"][0]
    rows = ["凭证号,支付申请号,序号,金额,结果,日期", f"凭证9,{line['order_no']},1,{line['amount_yuan']},成功,2024/4/1"]
    file = "\r\n".join(rows).encode("gb18030")
    call = "funding", "POST", "/v1/treasury-receipts:importFile", "finance-2"
    await story.world.call(*call, file, status=201, content_type="text/csv")
    month: dict[str, Any] = {"month": "2024-03", "reasons": []}
    refused = await story.post("/v1/month-closings", "finance-1", month, 422)
    month["reasons"] = [{"item_id": item["id"], "reason": "待国库核实"} for item in refused["items"]]
    mistaken = await story.post("/v1/month-closings", "finance-1", month, 201)
    await story.post(f"/v1/month-closings/{mistaken['id']}/withdraw", "finance-1", {"reason": "理由不全"})
    closing = await story.post("/v1/month-closings", "finance-1", month, 201)
    path = f"/v1/month-closings/{closing['id']}"
    await story.post(f"{path}/close", "finance-2")
    for answer in ("keep-closed", "reopen"):
        await story.post(f"{path}/ask-reopening", "finance-1", {"reason": "补登一笔"})
        await story.post(f"{path}/{answer}", "finance-2", {"reason": "无须更正"} if answer == "keep-closed" else None)


async def change_of_account(story: Story) -> None:
    """Change the account of the first grant: one person checks, another confirms."""
    at(story.world, "2024-04-01 09:00")
    account = await enter_account(story, "grant", 6, reason="原开户银行撤并")
    path = f"/v1/payee-accounts/{account['id']}"
    await story.post(f"{path}/check", "110105-officer-1")
    await story.post(f"{path}/confirm", "110105-supervisor-1")
