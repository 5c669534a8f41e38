"""Chapters of the story of funding that other services and banks tell: monitoring and interest."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from shared.contracts.monitoring import (
    CreditRated,
    EvaluationIssued,
    InspectionCompleted,
    InspectionFinding,
    ProjectDelivered,
    ProjectQuarterSubmitted,
    TargetResult,
)
from tests.attachments import attached
from tests.funding.case import announce, plan_item
from tests.funding.distinct import CHAOYANG, FENGTAI, OTHER_OWNER, OWNER, SMALL_PARTS, at
from tests.funding.story_steps import Story, enter_account, instalment, state


async def monitored(story: Story) -> None:
    """Let monitoring announce progress, an inspection, a grade, the delivery and the evaluation."""
    about = story.named("grant", CHAOYANG, OWNER)
    at(story.world, "2024-03-25 10:00")
    figures = {"investment_done_yuan": "1.01", "subsidy_used_yuan": "2.02", "warnings": ()}
    quarter = {"quarter": "2024Q1", "due_on": date(2024, 4, 15), "late": False, "progress": "0.723456"}
    await announce(story.world, "monitoring", ProjectQuarterSubmitted.model_validate({**about, **quarter, **figures}))
    await instalment(story, "grant", 2, "2024-03-26 10:00", "2024-03-28 00:20")
    findings = [
        {
            "finding_id": uuid4(),
            "kind": kind,
            "clause": "四（一）2",
            "grave": grave,
            "amount_yuan": None,
            "description": text,
        }
        for kind, grave, text in (("works_stopped", True, "停工"), ("sign_missing", False, "无标牌"))
    ]
    inspected = {"inspection_id": uuid4(), "inspected_on": date(2024, 3, 29)}
    found = tuple(InspectionFinding.model_validate(finding) for finding in findings)
    await announce(story.world, "monitoring", InspectionCompleted(**about, **inspected, findings=found))
    targets = tuple(
        TargetResult(clause=f"二（三）{n}", label=f"指标{n}", target="80%", actual=actual, met=met, gap="")
        for n, (actual, met) in enumerate((("85%", True), ("61%", False), ("未知", None)), 1)
    )
    issued = {"evaluation_id": uuid4(), "score": Decimal(61), "grade": "poor", "issued_on": date(2024, 3, 27)}
    reached = {"targets": targets, "targets_met": False, "late": True}
    delivered = ProjectDelivered(**about, delivered_on=date(2024, 3, 26), evaluation_due_on=date(2025, 3, 26))
    await announce(
        story.world, "monitoring", delivered, EvaluationIssued.model_validate({**about, **issued, **reached})
    )
    rated = {"entity_id": uuid4(), "uscc": OTHER_OWNER, "name": "示例单位2", "grade": "C", "points": 60}
    city = {
        "district": "110000",
        "applicant_uscc": OTHER_OWNER,
        "grounds": ("G4", "G5"),
        "decided_on": date(2024, 3, 24),
    }
    await announce(story.world, "monitoring", CreditRated.model_validate({**rated, **city}))
    await story.post("/v1/applications/{grant}/lift-hold", "city-supervisor-3", {"reason": "已复工"})
    await instalment(story, "grant", 3, "2024-03-30 10:00", "2024-04-01 00:20")


def statement_line(loan: str, from_on: str, to_on: str, paid: str, **more: Any) -> dict[str, Any]:
    """Return a line of 60 million yuan at 2 %, later 2.5 %, of which the second rate begins on 2024-06-01."""
    middle = {"from_on": from_on, "to_on": "2024-05-31"}, {"from_on": "2024-06-01", "to_on": to_on}
    rates = [{**span, "annual_rate": rate} for span, rate in zip(middle, ("0.0200", "0.0250"), strict=True)]
    span = {"from_on": from_on, "to_on": to_on}
    balances = [{**span, "balance_yuan": "60000000.00"}]
    penal = {"penalty_yuan": "5000.01", "overdue_yuan": "0.02", "compound_yuan": "0.03"}
    payments = [{"paid_on": "2024-06-22", "paid_yuan": paid, "voucher_no": "付1", **penal}]
    refunds = [{"on": "2024-06-25", "amount_yuan": "0.04", "voucher_no": "退1"}]
    stated = {"stated_interest_yuan": "286667.67", "payments": payments, "refunds": refunds, **more}
    return {"loan_id": loan, **span, "end_day": "included", "balances": balances, "rates": rates, **stated}


CONTRACT: dict[str, Any] = {
    "bank": "银行甲",
    "contract_no": "借1",
    "principal_yuan": "60000000.00",
    "rate_type": "floating",
    "annual_rate": "0.0200",
    "spread_bp": "-145.5",
    "term_months": 72,
    "tenor": "1Y",
    "repriced_on": ["2024-10-01"],
    "day_count_basis": 360,
    "settlement_day": 19,
    "share": "0.9",
    "drawdowns": [
        {"on": "2024-04-01", "amount_yuan": "59000000.00", "voucher_no": "借据1"},
        {"on": "2024-04-02", "amount_yuan": "1000000.00", "voucher_no": "借据2"},
    ],
    "repayments": [{"on": "2024-12-01", "amount_yuan": "500000.00", "voucher_no": "还1"}],
    "extensions": [{"from_on": "2030-04-01", "to_on": "2030-09-30", "recognised": True}],
}


async def interest(story: Story) -> None:
    """Register, correct and withdraw loans, take a claim through every act, and pay what was decided."""
    await story.pool("loan", 5, FENGTAI, OTHER_OWNER, SMALL_PARTS)
    path = "/v1/applications/{loan}"
    registered = await story.post(f"{path}/loans", "city-officer-1", CONTRACT | {"share": "0.8"}, 201)
    wrong = await story.post(f"{path}/loans", "city-officer-1", CONTRACT | {"contract_no": "借2"}, 201)
    gone = {"reason": "非本项目贷款"}
    await story.post(f"/v1/loans/{wrong['id']}/withdraw", "city-officer-2", gone)
    await story.post(f"/v1/loans/{registered['id']}/correct", "city-officer-2", CONTRACT | {"reason": "比例有误"})
    begun = state("under_construction", started_on="2024-04-03")
    await story.post(f"{path}/construction-status", "city-officer-2", begun)
    body = {"mode": "interest_subsidy", "justification": "贴息意见"}
    await story.post(f"{path}/draft-approval", "city-officer-1", body)
    at(story.world, "2024-04-15 10:00")
    await story.post(f"{path}/lift-hold", "city-supervisor-3", {"reason": "已复核"})
    await story.post(f"{path}/approve", "city-supervisor-1")
    items = [plan_item(story.cases["loan"])]
    plan = await story.post("/v1/plans", "city-officer-2", {"year": 2024, "batch": 1, "items": items}, 201)
    await story.post(f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
    account = await enter_account(story, "loan", 5)
    await story.post(f"/v1/payee-accounts/{account['id']}/confirm", f"{FENGTAI}-officer-2")
    at(story.world, "2024-07-20 10:00")
    claim = await _claimed(story, path, registered["id"])
    await instalment(story, "loan", 1, "2024-07-22 10:00", "2024-07-23 10:00", claim_id=claim)
    kept = await story.world.get("funding", f"/v1/applications/{story.cases['loan']}/interest", "city-officer-3")
    counted = next(each["id"] for each in kept["lines"] if each["state"] == "counted")
    await story.post(f"/v1/interest-lines/{counted}/withdraw", "city-officer-3", {"reason": "误填"})


async def _claimed(story: Story, path: str, loan: str) -> str:
    """Take claims through every act, and return the id of the one that is decided."""
    owner = story.world.owner(OTHER_OWNER, "示例单位2")
    scan = await attached(story.world, "funding", owner, "application", story.cases["loan"], "bank_statement")
    line = statement_line(loan, "2024-04-01", "2024-06-20", "291668.69")
    await story.post(f"{path}/interest-preview", owner, {"lines": [line]})
    first = await story.post(f"{path}/interest-claims", owner, {"period": "2024Q2", "lines": [line]}, 201)
    act = f"/v1/interest-claims/{first['id']}/"
    await story.post(f"{act}withdraw", owner, {"reason": "补充凭证"})
    second = await story.post(f"{path}/interest-claims", owner, {"period": "2024H1", "lines": [line]}, 201)
    act = f"/v1/interest-claims/{second['id']}/"
    await story.post(f"{act}file", owner, {"attachments": [scan]})
    await story.post(f"{act}return", "110106-officer-1", {"reason": "请附凭证"})
    await story.post(f"{act}file", owner, {"attachments": [scan]})
    await _passed(story, act)
    await story.post(f"{act}refuse", "city-supervisor-3", {"reason": "凭证不实"})
    third = await story.post(f"{path}/interest-claims", owner, {"period": "2024H1", "lines": [line]}, 201)
    act = f"/v1/interest-claims/{third['id']}/"
    await story.post(f"{act}file", owner, {"attachments": [scan]})
    await _passed(story, act)
    await story.post(f"{act}decide", "city-supervisor-3")
    await story.post(f"{act}reopen", "city-supervisor-3", {"reason": "凭证号有误"})
    await story.post(f"{act}file", owner, {"attachments": [scan]})
    await _passed(story, act)
    await story.post(f"{act}decide", "city-supervisor-3")
    at(story.world, "2024-07-21 10:00")
    await story.post(f"{path}/interest-calculations", "city-officer-3", None, 201)
    return str(third["id"])


async def _passed(story: Story, act: str) -> None:
    """Accept the remarks on a filed claim and pass it through district and city."""
    seen = await story.world.get("funding", act.rstrip("/"), "110106-officer-1")
    for remark in seen["open_remarks"]:
        body = {"key": remark["key"], "reason": "已核对原件"}
        await story.post(f"{act}accept-remark", "110106-officer-1", body)
    await story.post(f"{act}check", "110106-officer-1")
    await story.post(f"{act}verify", "city-officer-3")
