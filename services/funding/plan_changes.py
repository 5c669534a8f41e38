"""Amendment and cancellation of an issued plan: checks, versions of items, postings, event. 三（二）"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import locked_applications
from services.funding.ledger.case_acts import open_reservation, rearrange
from services.funding.ledger.posting import post
from services.funding.ledger.postings import Transfer
from services.funding.models.applications import Application
from services.funding.models.plan_changes import PlanChange
from services.funding.models.plans import InvestmentPlan, PlanItem
from services.funding.releases import refuse_second_request
from shared.clock import uuid7
from shared.contracts.funding import PlanChanged, PlanItemChange
from shared.districts import CITY
from shared.errors import Invalid
from shared.events.outbox import emit
from shared.storage.audit import Case, case_of, record_act
from shared.storage.session import actor_of, now, today

Changes = Mapping[UUID, dict[str, Any]]
"""Changes by project: the action, and the fields that change."""
_COPIED = (
    "plan_id", "application_id", "district", "applicant_uscc", "project_name", "content_and_scale",
    "construction_period", "total_investment_yuan", "year_investment_yuan", "fund_source", "mode", "amount_yuan",
    "completed_decision", "year",
)  # fmt: skip


async def items_in_force(session: AsyncSession, plan: InvestmentPlan) -> dict[UUID, PlanItem]:
    """Return the items in force of a plan by application."""
    rows = await session.scalars(select(PlanItem).filter_by(plan_id=plan.id, status="planned"))
    return {row.application_id: row for row in rows}


async def refuse_unchangeable(session: AsyncSession, plan: InvestmentPlan, items: Sequence[dict[str, Any]]) -> None:
    """Raise the refusal of the first project that the document cannot change, naming the field."""
    plan.expect_issued()
    planned = await items_in_force(session, plan)
    for place, item in enumerate(items):
        known = planned.get(UUID(str(item["application_id"])))
        field = f"/body/items/{place}"
        if known is None:
            raise Invalid("该项目不在本计划中，请核对编号", field=f"{field}/application_id")
        yuan = item.get("year_investment_yuan")
        if yuan is not None and Decimal(yuan) > known.total_investment_yuan:
            most = f"{known.total_investment_yuan:,.2f}"
            raise Invalid(f"年度投资额不得超过总投资 {most} 元", field=f"{field}/year_investment_yuan")


async def issue_change(session: AsyncSession, change: PlanChange, plan: InvestmentPlan) -> None:
    """Issue the document: next versions of items, removed projects back among the approved, one posting. 三（二）"""
    await refuse_unchangeable(session, plan, change.items)
    change.decide("issued", actor_of(session).subject, now(session))
    items = await items_in_force(session, plan)
    wanted: Changes = {UUID(one["application_id"]): one for one in change.items}
    applications = await locked_applications(session, wanted)
    transfers: list[Transfer] = []
    for identity, application in applications.items():
        if wanted[identity]["action"] == "remove":
            transfers += await _removed(session, change, items[identity], application)
        else:
            await _changed(session, change, items[identity], wanted[identity])
        detail: dict[str, Any] = {"document_no": change.document_no, "action": wanted[identity]["action"]}
        await record_act(session, "change_plan_item", case_of(application), reason=change.reason, **detail)
    await session.flush()
    plan.total_yuan = sum(
        (item.amount_yuan for item in (await items_in_force(session, plan)).values()), Decimal("0.00")
    )
    if not plan.total_yuan:
        plan.status = "cancelled"
    detail = {"change_id": str(change.id), "document_no": change.document_no, "total_yuan": f"{plan.total_yuan:.2f}"}
    await record_act(
        session, "issue_plan_change", Case(plan.id, CITY), reason=change.reason, duty="issue_plan", **detail
    )
    await emit(session, _announced(session, change, plan, [(items[key], applications[key]) for key in applications]))
    await session.flush()
    if transfers:
        await post(session, transfers)


async def _removed(
    session: AsyncSession, change: PlanChange, item: PlanItem, application: Application
) -> list[Transfer]:
    """Take a project out of the plan: what was released stays, the rest is reserved as approved again."""
    await refuse_second_request(session, application)
    item.status = "removed"
    if application.reservation is None:
        return []  # released in full: nothing is left to give back
    before, year = open_reservation(application), application.budget_year or today(session).year
    application.leave_plan()
    given_up, anew = rearrange(application, before, str(application.reservation), year)
    return [*given_up, *anew]


async def _changed(session: AsyncSession, change: PlanChange, item: PlanItem, wanted: Mapping[str, Any]) -> None:
    """Add the next version of an item; the one before stays as it was."""
    item.status = "superseded"
    await session.flush()
    kept = {name: getattr(item, name) for name in _COPIED}
    fields = {name: value for name, value in wanted.items() if name in _COPIED and name != "application_id"}
    if "year_investment_yuan" in fields:
        fields["year_investment_yuan"] = Decimal(fields["year_investment_yuan"])
    number = {"number": item.number + 1, "change_id": change.id}
    session.add(PlanItem(id=uuid7(now(session)), status="planned", **(kept | fields | number)))


def _announced(
    session: AsyncSession, change: PlanChange, plan: InvestmentPlan, pairs: Sequence[tuple[PlanItem, Application]]
) -> PlanChanged:
    actions = {UUID(one["application_id"]): one["action"] for one in change.items}
    return PlanChanged(
        plan_id=plan.id,
        change_id=change.id,
        district=CITY,
        plan_no=str(plan.plan_no),
        kind=change.kind,
        document_no=change.document_no,
        reason=change.reason,
        year=plan.year,
        batch=plan.batch,
        total_yuan=plan.total_yuan,
        items=tuple(
            PlanItemChange(
                declaration_id=item.application_id,
                project_name=item.project_name,
                district=item.district,
                action=actions[item.application_id],
                amount_yuan=item.amount_yuan,
                released_yuan=application.released_yuan,
            )
            for item, application in pairs
        ),
        issued_on=today(session),
    )
