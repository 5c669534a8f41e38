"""Budget, approval, plan, release, interest subsidy and clawback. 二（四）, 三（二）"""

from datetime import date
from typing import Any
from urllib.parse import quote

from deploy.demo.story.client import StoryClient, Unexpected, together
from deploy.demo.story.projects import DIVERTED, FUNDED, INTEREST, SETTLED, Case

APPROVED, PLANNED, RELEASED = date(2024, 6, 20), date(2024, 6, 28), date(2024, 7, 5)
SETTLED_INTEREST, PAID_INTEREST = date(2024, 9, 24), date(2024, 10, 10)
DEMAND_REQUESTED, DEMANDED, RECOVERED = date(2024, 10, 28), date(2024, 11, 4), date(2024, 12, 2)
AWARDS = {
    "cap": "50000000.00", "package": "38000000.00", "diverted": "30000000.00", "missed": "26000000.00",
    "settled": "40000000.00",
}  # fmt: skip
LOAN = {
    "bank": "示例银行", "contract_no": "示贷2024-002", "principal_yuan": "200000000.00", "rate_type": "fixed",
    "annual_rate": "0.0390", "term_months": 36, "tenor": "1Y",
    "drawdowns": [{"on": "2024-06-21", "amount_yuan": "200000000.00", "voucher_no": "示例借据2024-002"}],
}  # fmt: skip
STATEMENT: dict[str, Any] = {
    "from_on": "2024-06-21", "to_on": "2024-09-20", "end_day": "included", "stated_interest_yuan": "1993333.33",
    "payments": [{"paid_on": "2024-09-21", "paid_yuan": "1993333.33", "voucher_no": "示例付息2024-3"}],
    "balances": [{"from_on": "2024-06-21", "to_on": "2024-09-20", "balance_yuan": "200000000.00"}],
    "rates": [{"from_on": "2024-06-21", "to_on": "2024-09-20", "annual_rate": "0.0390"}],
}  # fmt: skip
SUBSIDY = "1729444.44"
APPROVED_CASES = (*FUNDED, SETTLED)


def _at(ids: dict[str, str], case: Case, act: str) -> str:
    return f"/v1/applications/{ids[case.key]}/{act}"


async def appropriate(client: StoryClient) -> None:
    """Draft the year's budget and confirm it by a supervisor."""
    await client.move_to(APPROVED)
    budget = {"year": 2024, "amount_yuan": "500000000.00", "document_no": "示例预算〔2024〕1号"}
    drafted = await client.post("funding", "/v1/budgets", "city-officer-1", "budget-2024", budget)
    await client.decide("funding", f"/v1/budgets/{drafted['id']}/confirm", "city-supervisor-1", "budget-2024-confirm")


async def approve(client: StoryClient, ids: dict[str, str]) -> None:
    """Approve every application at its computed amount; two persons act."""
    await together(
        *(
            client.until("funding", f"/v1/applications/{ids[case.key]}", "city-officer-1", bool, "an application")
            for case in APPROVED_CASES
        )
    )
    started = {"status": "under_construction", "started_on": "2024-04-01", "evidence": "开工照片"}
    await client.post(
        "funding", _at(ids, INTEREST, "construction-status"), "city-officer-1", "interest-started", started
    )
    await _register_loan(client, ids)
    await together(*(_approve(client, case, ids) for case in APPROVED_CASES))


async def _approve(client: StoryClient, case: Case, ids: dict[str, str]) -> None:
    draft = {"mode": case.facts()["support_mode"], "justification": "符合条件，建议支持"}
    await client.decide("funding", _at(ids, case, "draft-approval"), "city-officer-1", f"{case.key}-draft-award", draft)
    approval = await client.decide("funding", _at(ids, case, "approve"), "city-supervisor-1", f"{case.key}-approve")
    if case is not INTEREST and approval["award_yuan"] != AWARDS[case.key]:
        raise Unexpected(f"{case.name}: award {approval['award_yuan']}")


async def _register_loan(client: StoryClient, ids: dict[str, str]) -> str:
    loan = await client.post("funding", _at(ids, INTEREST, "loans"), "city-officer-1", "interest-loan", LOAN)
    return str(loan["id"])


ANNUAL_PLAN = {
    "construction_starts_on": "2024-01-01",
    "construction_ends_on": "2025-12-31",
    "year_investment_yuan": "1000000.00",
    "fund_source": "市级政府投资，其余由项目单位自筹",
}
"""Fields of the annual plan that only the project's owner knows (政府投资条例 art. 16)."""


async def plan(client: StoryClient, ids: dict[str, str]) -> None:
    """Issue one batch of the investment plan for all approved applications."""
    await client.move_to(PLANNED)
    items = [
        {"application_id": ids[case.key], "content_and_scale": f"{case.name}的改造", **ANNUAL_PLAN}
        for case in APPROVED_CASES
    ]
    batch = {"year": 2024, "batch": 1, "items": items}
    drafted = await client.post("funding", "/v1/plans", "city-officer-1", "plan-2024-1", batch)
    await client.decide("funding", f"/v1/plans/{drafted['id']}/issue", "city-supervisor-1", "plan-2024-1-issue")


async def enter_payees(client: StoryClient, ids: dict[str, str]) -> None:
    """Let every owner enter its account, and the district confirm it."""
    await together(*(_enter_payee(client, case, ids) for case in APPROVED_CASES))


async def _enter_payee(client: StoryClient, case: Case, ids: dict[str, str]) -> None:
    application = await client.get("funding", f"/v1/applications/{ids[case.key]}", "city-officer-1")
    account = {
        "account_name": application["applicant_name"], "bank": "示例银行北京示例支行",
        "account_no": f"02000012{case.number:011}",
    }  # fmt: skip
    entered = await client.post("funding", _at(ids, case, "payee-accounts"), case.owner, f"{case.key}-payee", account)
    path = f"/v1/payee-accounts/{entered['id']}/confirm"
    await client.decide("funding", path, f"{case.district}-officer-1", f"{case.key}-payee-confirm")


async def release(client: StoryClient, ids: dict[str, str]) -> None:
    """Release the grants: one person requests, another approves."""
    await client.move_to(RELEASED)
    granted = [case for case in FUNDED if case is not INTEREST]
    request = {"evidence": "计划已下达，专户已开立"}
    releases = await together(*(_pay(client, case, ids, request) for case in granted))
    await _order(client, "order-grants", releases)


async def _order(client: StoryClient, key: str, releases: list[str]) -> None:
    """Order the releases from the treasury, and book its receipts of the same day."""
    body = {"release_ids": sorted(releases)}
    order = await client.post("funding", "/v1/payment-orders", "finance-1", key, body)
    receipts = [
        {
            "voucher_no": f"示例凭证-{key}-{line['line_no']}", "order_no": line["order_no"], "line_no": line["line_no"],
            "amount_yuan": line["amount_yuan"], "result": "paid", "result_on": client.now.date().isoformat(),
        }
        for line in order["items"]
    ]  # fmt: skip
    path, stated = "/v1/treasury-receipts", {"receipts": receipts}
    booked = await client.post("funding", path, "finance-2", f"{key}-receipts", stated)
    if open_rows := [row for row in booked["rows"] if row["verdict"] != "matched"]:
        raise Unexpected(f"{key}: receipts that are not matched: {open_rows}")


async def _pay(client: StoryClient, case: Case, ids: dict[str, str], request: dict[str, Any]) -> str:
    path = _at(ids, case, "release-requests")
    requested = await client.post("funding", path, "finance-1", f"{case.key}-ask-release", request)
    await client.decide(
        "funding", f"/v1/release-requests/{requested['id']}/approve", "finance-2", f"{case.key}-release"
    )
    # The project reports from this quarter on: its file must exist before the clock moves past the quarter.
    await client.until("monitoring", f"/v1/files/{ids[case.key]}", "city-officer-2", bool, "a project file")
    return str(requested["id"])


async def pay_interest(client: StoryClient, ids: dict[str, str]) -> None:
    """Claim and pay a quarter's interest: 31 days at LPR 3.45, 61 at 3.35, against 3.90 paid to the bank. 二（四）2"""
    await client.move_to(SETTLED_INTEREST)
    lines = [STATEMENT | {"loan_id": await _register_loan(client, ids)}]
    claim = await client.post(
        "funding", _at(ids, INTEREST, "interest-claims"), INTEREST.owner, "interest-claim-1",
        {"period": "2024Q3", "lines": lines},
    )  # fmt: skip
    path = f"/v1/interest-claims/{claim['id']}"
    scan = await _scan(client, ids)
    for act, who, body in (
        ("file", INTEREST.owner, {"attachments": [scan]}),
        ("check", f"{INTEREST.district}-officer-1", None),
        ("verify", "city-officer-3", None),
        ("decide", "city-supervisor-1", None),
    ):
        claim = await client.decide("funding", f"{path}/{act}", who, f"interest-claim-1-{act}", body)
    if claim["amount_yuan"] != SUBSIDY:
        raise Unexpected(f"{INTEREST.name}: interest subsidy {claim['amount_yuan']}")
    await client.move_to(PAID_INTEREST)
    released = await _pay(client, INTEREST, ids, {"evidence": "结息单与付息凭证一致", "claim_id": claim["id"]})
    await _order(client, "order-interest", [released])


async def _scan(client: StoryClient, ids: dict[str, str]) -> str:
    """Upload the bank's settlement as the owner, and return the id of the paper."""
    query = f"record=application&record_id={ids[INTEREST.key]}&kind=bank_statement&filename={quote('结息单.pdf')}"
    answer = await client.ask(
        "funding", "POST", f"/v1/attachments?{query}", INTEREST.owner, key="interest-claim-1-scan",
        content=b"%PDF-1.7\n% settlement (simulated)\n",
    )  # fmt: skip
    return str(answer.json()["id"])


async def claw_back(client: StoryClient, ids: dict[str, str]) -> None:
    """Claw back the diverted grant: hold by the finding, demand by two persons, repayment. 四（一）1"""
    path = f"/v1/applications/{ids[DIVERTED.key]}"
    await client.until("funding", path, "city-officer-2", lambda case: case["holds"], "the hold on diverted money")
    await client.move_to(DEMAND_REQUESTED)
    demand = {
        "ground": "funds_diverted", "clause": "四（一）1", "amount_yuan": AWARDS["diverted"],
        "reason": "补助资金用于与项目无关的支出", "evidence": "现场核查记录与银行流水",
    }  # fmt: skip
    requested = await client.post("funding", f"{path}/clawback-requests", "city-officer-2", "diverted-clawback", demand)
    await client.move_to(DEMANDED)
    clawback = f"/v1/clawback-requests/{requested['id']}"
    await client.decide("funding", f"{clawback}/approve", "city-supervisor-1", "diverted-clawback-approve")
    await client.move_to(RECOVERED)
    receipt = {"amount_yuan": AWARDS["diverted"], "bank_receipt_no": "示例回单2024-1202"}
    await client.decide("funding", f"{clawback}/recovered", "finance-1", "diverted-recovered", receipt)
