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


def statement_line(loan: str, from_on: str, to_on: str, paid: str, **more: str) -> dict[str, Any]:
    """Return a line of 60 million yuan at 2 %, later 2.5 %, of which the second rate begins on 2024-06-01."""
    middle = {"from_on": from_on, "to_on": "2024-05-31"}, {"from_on": "2024-06-01", "to_on": to_on}
    rates = [{**span, "annual_rate": rate} for span, rate in zip(middle, ("0.0200", "0.0250"), strict=True)]
    balances = [{"from_on": from_on, "to_on": to_on, "balance_yuan": "60000000.00"}]
    span = {"from_on": from_on, "to_on": to_on}
    return {"loan_id": loan, **span, "balances": balances, "rates": rates, "interest_paid_yuan": paid, **more}


async def interest(story: Story) -> None:
    """Settle two statements of an interest subsidy, of which an officer accepts the second, and pay the first."""
    await story.pool("loan", 5, FENGTAI, OTHER_OWNER, SMALL_PARTS)
    loan = {
        "bank": "银行甲",
        "contract_no": "借1",
        "principal_yuan": "60000000.00",
        "rate_type": "floating",
        "annual_rate": "0.0200",
        "term_months": 72,
        "tenor": "1Y",
        "drawn_on": "2024-04-01",
        "repriced_on": ["2024-10-01"],
    }
    registered = await story.post("/v1/applications/{loan}/loans", "city-officer-1", loan, 201)
    begun = state("under_construction", started_on="2024-04-03")
    await story.post("/v1/applications/{loan}/construction-status", "city-officer-2", begun)
    body = {"mode": "interest_subsidy", "justification": "贴息意见"}
    await story.post("/v1/applications/{loan}/draft-approval", "city-officer-1", body)
    at(story.world, "2024-04-15 10:00")
    await story.post("/v1/applications/{loan}/lift-hold", "city-supervisor-3", {"reason": "已复核"})
    await story.post("/v1/applications/{loan}/approve", "city-supervisor-1")
    items = [plan_item(story.cases["loan"])]
    plan = await story.post("/v1/plans", "city-officer-2", {"year": 2024, "batch": 1, "items": items}, 201)
    await story.post(f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
    account = await enter_account(story, "loan", 5)
    await story.post(f"/v1/payee-accounts/{account['id']}/confirm", f"{FENGTAI}-officer-2")
    at(story.world, "2024-07-20 10:00")
    # The bank counts from 1 April: 61 days at 2 % and 20 at 2.5 % are 286,666.67 yuan, so 2.01 too much were paid.
    # From the start of construction 59 days at 2 % and 20 at 2.5 % are 280,000.00 yuan.
    line = statement_line(registered["id"], "2024-04-01", "2024-06-20", "291668.69", penalty_yuan="5000.01")
    path = "/v1/applications/{loan}/interest-statements"
    first = await story.post(path, "finance-1", {"lines": [line]}, 201)
    at(story.world, "2024-07-21 10:00")
    await story.post(
        f"/v1/interest-statements/{first['id']}/decide", "city-officer-3", {"accept": True, "reason": "认可"}
    )
    await instalment(story, "loan", 1, "2024-07-22 10:00", "2024-07-23 10:00", statement_id=first["id"])
