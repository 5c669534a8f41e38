"""HTTP of the list of investment plans. 三（二）"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from sqlalchemy import select

from services.funding.api.budgets import Year
from services.funding.api.plans import PlanSummary
from services.funding.models.plan import InvestmentPlan
from shared.web.auth import Official
from shared.web.filters import dates, one_of, search
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["投资计划"])
PlanStatus = Literal["drafted", "issued", "withdrawn"]

PLANS = Listing(
    one_of("year", InvestmentPlan.year, Year, "年度"),
    one_of("status", InvestmentPlan.status, PlanStatus, "计划状态"),
    dates("issued_on", InvestmentPlan.issued_on, "下达日期"),
    search("计划名称或文号", InvestmentPlan.title, InvestmentPlan.plan_no),
    sorts={
        "year": InvestmentPlan.year * 100 + InvestmentPlan.batch,  # batches of a year in their order; at most 99
        "total_yuan": InvestmentPlan.total_yuan,
        "drafted_at": InvestmentPlan.drafted_at,
        "issued_on": InvestmentPlan.issued_on,
    },
    key=InvestmentPlan.id,
    default="-year",
)


@router.get("/v1/plans", name="list_plans")
async def list_plans(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(PLANS)]
) -> Page[PlanSummary]:
    """Return the batches, newest first, without their projects."""
    return await asked.page(session, select(InvestmentPlan), PlanSummary.model_validate)
