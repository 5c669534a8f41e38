"""A story with a distinct value in every field: two grants, an interest subsidy and refused cases over two years."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.base import Hand
from shared.contracts.eligibility import AssessedComponent, PoolEntered
from shared.contracts.facts import Component, ProjectFacts
from shared.contracts.intake import MunicipalMoneyRegistered, Project
from shared.contracts.monitoring import (
    CreditRated,
    EvaluationIssued,
    InspectionCompleted,
    InspectionFinding,
    ProjectDelivered,
    ProjectQuarterSubmitted,
    TargetResult,
)
from shared.dates import BEIJING
from tests.funding.case import announce
from tests.world import World

CHAOYANG, FENGTAI = "110105", "110106"
OWNER, OTHER_OWNER = "91110000600037341L", "91110108551385082Q"
REASON = {"reason": "理由"}


def at(world: World, moment: str) -> None:
    """Set the clock to a moment in Beijing, where shortly after midnight it is still the day before in UTC."""
    world.clock.set(datetime.fromisoformat(moment).replace(tzinfo=BEIJING))


def component(kind: str, name: str, declared: str, assessed: str, area: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "declared_investment_yuan": declared,
        "assessed_investment_yuan": assessed,
        "renovated_area_m2": area,
        "leasable_area_m2": area - 7,
        "planned_occupancy": "0.85",
    }


GRANT_PARTS = (
    component("building", "甲楼", "111000000.01", "100000000.05", 25_001),
    component("factory", "乙厂", "22000000.02", "20000000.03", 5_002),
)
SMALL_PARTS = (component("building", "丙楼", "3000000.07", "2000000.05", 303),)


def pooled(
    number: int, district: str, owner: str, parts: tuple[dict[str, Any], ...], code: str | None = None, **facts: Any
) -> PoolEntered:
    """Return the entry of a project into the pool; whatever can differ between two projects has its number."""
    identity = UUID(int=number)  # in the order of the numbers, in which the cases of an owner are held
    project = Project(
        declaration_id=identity,
        declaration_no=f"申{number}",
        project_name=f"示例项目{number}",
        project_code=code,
        address=f"示例路{number}号",
        applicant_name=f"示例单位{number}",
        applicant_uscc=owner,
        district=district,
        simulated=("address",),
    )
    stated = tuple(
        Component.model_validate({"kind": part["kind"], "fixed_investment_yuan": part["declared_investment_yuan"]})
        for part in parts
    )
    known = {"construction_status": "under_construction", "declared_on": f"2024-01-{10 + number}", **facts}
    return PoolEntered(
        declaration_id=identity,
        district=district,
        applicant_uscc=owner,
        project=project,
        facts=ProjectFacts.model_validate({"project_type": "inefficient_building", "components": stated, **known}),
        components=tuple(AssessedComponent.model_validate(part) for part in parts),
        score=Decimal(f"80.{number}"),
        rank=number,
        entered_on=date(2024, 2, number),
        ruleset=f"rules-{number}",
        as_of=date(2024, 1, number),
        hands=(Hand(actor=f"110105-officer-{number}", duty="first_review"),),
    )


@dataclass
class Story:
    """The story as far as it is told: the world, and the cases by name."""

    world: World
    cases: dict[str, UUID]

    async def post(self, path: str, who: str, body: Any = None, status: int = 200) -> Any:
        """Send an act; `{name}` in the path stands for the id of a case."""
        return await self.world.post("funding", path.format(**self.cases), who, body, status)

    async def pool(self, name: str, number: int, *about: Any, **facts: Any) -> None:
        event = pooled(number, *about, **facts)
        await announce(self.world, "eligibility", event)
        self.cases[name] = event.declaration_id

    def named(self, name: str, district: str, owner: str) -> dict[str, Any]:
        return {"declaration_id": self.cases[name], "district": district, "applicant_uscc": owner}


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
    body = {"clauses": ["二（五）", "二（三）1"], "reason": "不予批复的理由"}
    await story.post("/v1/applications/{declined}/decline", "city-supervisor-2", body)


def state(status: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "evidence": f"证据-{status}", **more}


async def plans(story: Story) -> None:
    """Withdraw a first draft; issue a batch of next year that keeps one completed project and drops another."""
    at(story.world, "2024-03-10 09:00")
    items: list[dict[str, Any]] = [
        {
            "application_id": str(story.cases["grant"]),
            "content_and_scale": "建设内容甲",
            "construction_period": "2024年至2026年",
            "year_investment_yuan": "33000000.03",
            "fund_source": "市级资金及自筹",
        },
        *({"application_id": str(story.cases[name])} for name in ("small", "done")),
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


async def instalment(story: Story, name: str, number: int, asked: str, paid: str, **more: Any) -> None:
    """Request and pay the next instalment."""
    at(story.world, asked)
    body = {"evidence": f"依据{number}", **more}
    request = await story.post(f"/v1/applications/{{{name}}}/release-requests", "finance-1", body, 201)
    at(story.world, paid)
    await story.post(f"/v1/release-requests/{request['id']}/approve", "finance-2")


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
            await story.post(f"/v1/returns/{back['id']}/reject", "finance-2", {"reason": "未到账"})
    proposal = {"ground": "not_implemented", "clause": "政府投资条例第三十四条", "amount_yuan": "4000000.03"}
    asked = []
    for day in (5, 6):
        at(story.world, f"2024-04-{day:02} 10:00")
        words = {"reason": f"追回{day}", "evidence": f"证据{day}"}
        asked.append(await story.post(f"{path}/clawback-requests", "city-officer-3", proposal | words, 201))
    at(story.world, "2024-04-07 00:10")
    await story.post(f"/v1/clawback-requests/{asked[0]['id']}/approve", "city-supervisor-3")
    await story.post(f"/v1/clawback-requests/{asked[1]['id']}/reject", "city-supervisor-3", {"reason": "不予追回"})
    for day, yuan in ((8, "1500000.01"), (9, "2500000.02")):
        at(story.world, f"2024-04-{day:02} 10:00")
        receipt = {"amount_yuan": yuan, "bank_receipt_no": f"追回回单{day}"}
        await story.post(f"/v1/clawback-requests/{asked[0]['id']}/recovered", "finance-3", receipt)
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
        body = {
            "bank": f"银行{n}",
            "owner_consent": True,
            "consent_document": f"同意书{n}",
            "wanted_yuan": f"600000{n}.00",
        }
        collateral = {"collateral": f"抵押{n}"}
        referral = await story.post(
            "/v1/applications/{grant}/bank-referrals", "110105-officer-2", body | collateral, 201
        )
        at(story.world, f"2024-04-1{1 + n} 12:00")
        answer = {"outcome": outcome, "granted_yuan": "5000001.00" if n == 1 else None, "note": f"说明{n}"}
        await story.post(f"/v1/bank-referrals/{referral['id']}/outcome", "city-officer-8", answer)


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
    items = [{"application_id": str(story.cases["loan"])}]
    plan = await story.post("/v1/plans", "city-officer-2", {"year": 2024, "batch": 1, "items": items}, 201)
    await story.post(f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
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


ACTS = (budgets, approvals, plans, first_payments, monitored, recoveries, other_money, interest)


async def told(world: World) -> Story:
    """Tell the whole story."""
    story = Story(world, {})
    for act in ACTS:
        await act(story)
    await world.settle()
    return story
