"""Issue of an investment plan: checks of its projects, event and ledger transfers. 三（二）, 二（五）"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import ruleset_of
from services.funding.approvals import DraftOutdated
from services.funding.ledger.budget_state import require_budget
from services.funding.ledger.case_acts import commit_to_plan
from services.funding.ledger.posting import post
from services.funding.models.applications import Application
from services.funding.models.plans import InvestmentPlan, PlanItem
from services.funding.money_bars import refuse_other_municipal_money
from services.funding.rules.plans import total_investment
from shared.contracts import funding
from shared.districts import CITY
from shared.errors import DomainError, Invalid
from shared.events.outbox import emit
from shared.policy import checks_completion
from shared.storage.audit import Case, case_of, record_act
from shared.storage.session import actor_of, locked, settings_of, today


class CompletedUndecided(DomainError):
    """A project is completed, and no decision keeps or drops it. 二（五）, I15"""

    status, code, title = 409, "completed_undecided", "计划中有已完工项目，须逐项决定是否保留"


@dataclass(frozen=True, slots=True)
class CompletedDecision:
    """Decision whether a completed project stays in the plan. 二（五）, I15"""

    include: bool
    reason: str


async def issue(session: AsyncSession, plan: InvestmentPlan, decisions: Mapping[UUID, CompletedDecision]) -> None:
    """Issue the plan, announce it, and commit the awards of its projects in one posting. 三（二）"""
    plan.expect_draft()
    await require_budget(session, plan.year)
    kept = [pair for pair in await _locked_items(session, plan) if await _stays(session, *pair, decisions)]
    if not kept:
        raise Invalid("全部项目均被剔除，不能下达空计划，请至少保留一项或撤回计划", field="/body/completed_decisions")
    plan.total_yuan = sum((item.amount_yuan for item, _ in kept), Decimal(0))
    number = f"{settings_of(session).plan_no_prefix}〔{plan.year}〕第{plan.batch}批"
    plan.issue(actor_of(session).subject, today(session), number)
    detail = {"plan_no": number, "total_yuan": str(plan.total_yuan)}
    await record_act(session, "issue_plan", Case(plan.id, CITY), duty="issue_plan", **detail)
    await emit(session, _announced(plan, [item for item, _ in kept], today(session)))
    transfers = [transfer for _, case in kept for transfer in commit_to_plan(case, case.reserved_yuan, plan.year)]
    for item, application in kept:
        application.enter_plan(plan.year)
        detail = {"plan_no": number, "amount_yuan": str(item.amount_yuan)}
        await record_act(session, "enter_plan", case_of(application), duty="issue_plan", **detail)
    await session.flush()
    await post(session, transfers)


async def _locked_items(session: AsyncSession, plan: InvestmentPlan) -> list[tuple[PlanItem, Application]]:
    items = await session.scalars(select(PlanItem).filter_by(plan_id=plan.id).order_by(PlanItem.application_id))
    return [(item, await locked(session, Application, item.application_id)) for item in items]


async def _stays(
    session: AsyncSession, item: PlanItem, application: Application, decisions: Mapping[UUID, CompletedDecision]
) -> bool:
    """Return whether a project stays in the plan; raises the refusal that stops the issue (I15). 二（五）"""
    application.expect("approved")
    _expect_as_drafted(item, application)
    await refuse_other_municipal_money(session, application)
    asked = checks_completion(ruleset_of(session, application).interpretations["completed_check"], "plan_issue")
    if not asked or application.construction_status != "completed":
        return True
    decision = decisions.get(application.id)
    if decision is None:
        raise CompletedUndecided(
            f"{application.project_name} 已于 {application.completed_on} 完工（二（五）），请写明是否保留及理由",
            field="/body/completed_decisions",
            application_id=str(application.id),
        )
    item.completed_decision = decision.reason
    item.status = "planned" if decision.include else "dropped"
    detail: dict[str, Any] = {"reason": decision.reason, "include": decision.include}
    await record_act(session, "decide_completed", case_of(application), **detail)
    return decision.include


def _expect_as_drafted(item: PlanItem, application: Application) -> None:
    """Raise DraftOutdated where an approved change altered amount or investment after the plan was drafted."""
    drafted = (item.amount_yuan, item.total_investment_yuan)
    now_is = (application.reserved_yuan, total_investment(application.components))
    if drafted != now_is:
        told = "、总投资 ".join(
            f"{before:,.2f} 元变为 {after:,.2f} 元" for before, after in zip(drafted, now_is, strict=True)
        )
        raise DraftOutdated(
            f"{application.project_name} 的批复在编制后已变更（安排金额 {told}），请撤回本计划后重新编制",
            application_id=str(application.id),
        )


def _announced(plan: InvestmentPlan, items: Sequence[PlanItem], on: date) -> funding.PlanIssued:
    shapes: list[dict[str, Any]] = [
        {
            "declaration_id": item.application_id,
            "project_name": item.project_name,
            "district": item.district,
            "mode": item.mode,
            "amount_yuan": item.amount_yuan,
        }
        for item in items
    ]
    return funding.PlanIssued(
        plan_id=plan.id,
        district=CITY,
        plan_no=str(plan.plan_no),
        year=plan.year,
        batch=plan.batch,
        total_yuan=plan.total_yuan,
        items=tuple(funding.PlanItem.model_validate(shape) for shape in shapes),
        issued_on=on,
    )
