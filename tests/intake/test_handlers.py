"""Tests of event handlers: the applicant sees the decisions of other services (三（二）, 三（三）, 四（一）)."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from shared.actors import system_actor
from shared.contracts.base import Event
from shared.contracts.eligibility import DeclarationAssessed, PoolEntered, ReviewPassed, ReviewRejected
from shared.contracts.facts import ProjectFacts
from shared.contracts.funding import FundsApproved, FundsClawedBack, FundsDeclined, FundsHeld, FundsReleased
from shared.contracts.intake import Project
from shared.contracts.monitoring import EvaluationIssued, ProjectDelivered
from shared.events.outbox import emit
from tests.intake import sample_declarations
from tests.intake.sample_declarations import CITY, RECEIPT, RETURN
from tests.world import World

DAY = date(2024, 3, 1)


async def announce(world: World, service: str, *events: Event) -> None:
    async with world.instances[service].database.session(system_actor(service)) as session:
        await emit(session, *events)
    await world.settle()


class Case:
    """Events that other services announce about one received declaration."""

    def __init__(self, declaration: dict[str, Any]) -> None:
        self.about = {"district": "110105", "declaration_id": UUID(declaration["id"])}
        self.project = Project(
            declaration_id=UUID(declaration["id"]),
            **{name: declaration[name] for name in Project.model_fields if name in declaration},
        )
        self.ruled = {"ruleset": "2023", "as_of": DAY}
        self.paid = {"project": self.project, "mode": "investment_grant", "award_yuan": Decimal(100)}

    def assessed(self) -> DeclarationAssessed:
        listed: dict[str, Any] = dict.fromkeys(("unmet", "open", "needs_reason", "missing"), ())
        return DeclarationAssessed(
            **self.about,
            assessment_id=uuid4(),
            decision="eligible",
            edition="2023",
            summary="符合",
            **listed,
            **self.ruled,
        )

    def passed(self) -> ReviewPassed:
        return ReviewPassed(**self.about, project=self.project, **self.ruled)

    def pooled(self) -> PoolEntered:
        return PoolEntered(
            **self.about,
            **self.ruled,
            project=self.project,
            facts=ProjectFacts(),
            components=(),
            score=Decimal(90),
            rank=1,
            entered_on=DAY,
        )

    def approved(self) -> FundsApproved:
        return FundsApproved(
            **self.about,
            **self.paid,
            approval_no="（示例）1号",
            base_yuan=Decimal(1000),
            derivation="1000 × 10%",
            clause="二（四）1",
            approved_on=DAY,
        )

    def released(self) -> FundsReleased:
        return FundsReleased(
            **self.about,
            **self.paid,
            **self.ruled,
            release_id=uuid4(),
            transfer_id=uuid4(),
            instalment=1,
            amount_yuan=Decimal(100),
            released_total_yuan=Decimal(100),
            released_on=DAY,
            facts=ProjectFacts(),
            components=(),
        )

    def delivered(self) -> ProjectDelivered:
        return ProjectDelivered(**self.about, delivered_on=DAY, evaluation_due_on=date(2025, 3, 3))

    def evaluated(self) -> EvaluationIssued:
        return EvaluationIssued(
            **self.about,
            evaluation_id=uuid4(),
            score=Decimal(90),
            grade="优",
            targets=(),
            targets_met=True,
            issued_on=DAY,
            late=False,
        )

    def clawed_back(self) -> FundsClawedBack:
        return FundsClawedBack(
            **self.about,
            transfer_id=uuid4(),
            stage="demanded",
            amount_yuan=Decimal(100),
            ground="diversion",
            clause="四（一）1",
            reason="挪用",
        )


async def received_case(world: World) -> Case:
    case = await sample_declarations.received(world)
    await world.settle()
    return Case(await world.get("intake", f"/v1/declarations/{case}", "city-officer-1"))


async def progress(world: World, case: Case) -> dict[str, Any]:
    path = f"/v1/declarations/{case.project.declaration_id}/progress"
    found: dict[str, Any] = await world.get("intake", path, world.owner())
    return found


async def test_the_stage_follows_the_case_to_its_end(world: World) -> None:
    case = await received_case(world)
    for service, event, stage in (
        ("eligibility", case.assessed(), "assessed"),
        ("eligibility", case.passed(), "review_passed"),
        ("eligibility", case.pooled(), "pooled"),
        ("funding", case.approved(), "approved"),
        ("funding", case.released(), "released"),
        ("monitoring", case.delivered(), "delivered"),
        ("monitoring", case.evaluated(), "evaluated"),
        ("funding", case.clawed_back(), "clawback_demanded"),
    ):
        await announce(world, service, event)
        assert (await progress(world, case))["stage"] == stage
    decisions = (await progress(world, case))["decisions"]
    assert decisions[-1]["label"] == "追回资金"
    assert (decisions[-1]["clause"], decisions[-1]["reason"], decisions[-1]["who"]) == ("四（一）1", "挪用", "系统")
    assert all(each["clause"] for each in decisions)


async def test_a_late_event_does_not_move_the_stage_back(world: World) -> None:
    case = await received_case(world)
    await announce(world, "funding", case.approved())
    await announce(world, "eligibility", case.pooled())
    shown = await progress(world, case)
    assert shown["stage"] == "approved"
    assert {"批复资金申请报告", "入库"} <= {each["label"] for each in shown["decisions"]}


async def test_an_assessment_before_the_receipt_takes_effect_at_the_receipt(world: World) -> None:
    declaration_id = await sample_declarations.forwarded(world)
    await world.settle()
    declaration = await world.get("intake", f"/v1/declarations/{declaration_id}", "city-officer-1")
    await announce(world, "eligibility", Case(declaration).assessed())
    assert (await world.get("intake", f"/v1/declarations/{declaration_id}", "city-officer-1"))["stage"] == "forwarded"
    path = f"/v1/declarations/{declaration_id}/receive"
    assert (await world.post("intake", path, CITY, RECEIPT))["stage"] == "assessed"


async def test_an_assessment_does_not_move_a_returned_declaration(world: World) -> None:
    declaration_id = await sample_declarations.forwarded(world)
    await world.settle()
    declaration = await world.get("intake", f"/v1/declarations/{declaration_id}", "city-officer-1")
    await world.post("intake", f"/v1/declarations/{declaration_id}/city-return", CITY, RETURN)
    await announce(world, "eligibility", Case(declaration).assessed())
    assert (await progress(world, Case(declaration)))["stage"] == "returned"


async def test_a_hold_is_shown_and_lifted(world: World) -> None:
    case = await received_case(world)
    for held in (True, False):
        detail = {"ground": "credit", "clause": "四（一）1", "reason": "核查中"}
        await announce(world, "funding", FundsHeld(**case.about, held=held, **detail))
        assert (await progress(world, case))["funds_held"] is held


async def test_a_rejected_project_may_be_declared_anew(world: World) -> None:
    case = await received_case(world)
    again = await sample_declarations.ready(world)
    path = f"/v1/declarations/{again}/submit"
    await world.call("intake", "POST", path, world.owner(), status=409)
    await announce(world, "eligibility", ReviewRejected(**case.about, clauses=("二（一）1",), reason="面积不足"))
    assert (await progress(world, case))["stage_label"] == "审查不通过"
    await world.post("intake", path, world.owner())


async def test_a_declined_project_may_be_declared_anew_a_funded_one_not(world: World) -> None:
    case = await received_case(world)
    again = await sample_declarations.ready(world)
    path = f"/v1/declarations/{again}/submit"
    await announce(world, "funding", case.approved())
    await world.call("intake", "POST", path, world.owner(), status=409)
    await announce(world, "funding", FundsDeclined(**case.about, clauses=("二（四）",), reason="撤回批复"))
    answer = await world.call("intake", "POST", path, world.owner(), status=409)
    assert answer.json()["matches"][0]["source"] == "funded"


async def test_redelivery_changes_nothing(world: World) -> None:
    case = await received_case(world)
    await announce(world, "eligibility", case.passed(), case.pooled())
    await announce(world, "funding", case.approved())
    before = (await world.snapshot())["intake"]
    await world.redeliver_all()
    assert (await world.snapshot())["intake"] == before


async def test_an_event_about_an_unknown_declaration_is_ignored(world: World) -> None:
    known = await received_case(world)
    stranger = ReviewPassed(district="110105", declaration_id=uuid4(), project=known.project, **known.ruled)
    await announce(world, "eligibility", stranger)
    assert "intake" not in await world.parked()
