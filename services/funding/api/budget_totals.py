"""Endpoints that add up budget and commitments: by year, open items of a year, by district, type and mode. 三（二）"""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from services.funding.api.budgets import Year, YearBudget, budget_figures
from services.funding.api.shapes import YUAN, Figure
from services.funding.ledger.budget_state import budget_states, budget_years
from services.funding.ledger.totals import DIMENSIONS, Total, totals
from services.funding.models.applications import Application
from services.funding.models.releases import ReleaseRequest
from services.funding.rules.code_lists import APPLICATION_STATUSES, ApplicationStatus
from shared.contracts.library import LABELS, DistrictCode, SupportMode
from shared.districts import DISTRICTS
from shared.money import Money
from shared.web.auth import Official
from shared.web.filters import one_of
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.memory_paging import ORDER, MemoryListing, MemoryPageRequest
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["年度预算"])
BUDGETS = MemoryListing(YearBudget, "year", key="year", default="year")
OPEN_ITEMS = Listing(
    one_of("district", Application.district, DistrictCode, "所在区"),
    one_of("mode", Application.mode, SupportMode, "支持方式"),
    one_of("status", Application.status, ApplicationStatus, "状态"),
    sorts={"amount_yuan": Application.reserved_yuan, "project_name": Application.project_name},
    key=Application.id,
    default="-amount_yuan",
)
TOTAL_FIGURES = {
    "approved": "已批复",
    "planned": "已列计划",
    "released": "已拨付",
    "sent_back": "被银行退票未重付",
    "returned": "退回及追回到账",
    "available": "已批复未拨付",
}
Dimension = Literal["district", "type", "mode", "year"]


@router.get(
    "/v1/budgets",
    name="list_budgets",
    summary="查询各年度预算",
    description="各级工作人员按年度对照预算安排与资金占用：已批复、已列计划、已拨付、退回及可用余额。依据：三（二）。",
)
async def list_budgets(
    session: ReadSession, actor: Official, asked: Annotated[MemoryPageRequest, Depends(BUDGETS)]
) -> Page[YearBudget]:
    """Return the money of every year that has a budget, oldest first. 三（二）"""
    states = await budget_states(session, await budget_years(session))
    return asked.page([YearBudget(year=year, amounts=budget_figures(state)) for year, state in states.items()])


class OpenItemOut(BaseModel):
    """Project whose money of the year is not paid yet."""

    application_id: UUID = Field(title="资金申请编号")
    project_name: str = Field(title="项目名称")
    applicant_name: str = Field(title="项目单位")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    mode: SupportMode | None = Field(title="支持方式")
    status: ApplicationStatus = Field(title="状态")
    status_label: str = Field(title="状态名称")
    amount_yuan: Money = Field(title="未拨付金额", description=YUAN)
    release_requested: bool = Field(title="是否有待审批的拨付申请")


@router.get(
    "/v1/budgets/{year}/open-items",
    name="list_open_items",
    summary="查询年度未结事项",
    description="各级工作人员查询占用某年度预算而尚未拨付的项目，供年终结转前核对；区级只见本区项目，默认金额大的在前。依据：三（二）。",
)
async def list_open_items(
    session: ReadSession, actor: Official, year: Year, asked: Annotated[PageRequest, Depends(OPEN_ITEMS)]
) -> Page[OpenItemOut]:
    """Return the projects that hold money of a year, largest first. 三（二）"""
    waiting = set(await session.scalars(select(ReleaseRequest.application_id).filter_by(status="requested")))
    open_of_year = select(Application).where(Application.budget_year == year, Application.reservation.is_not(None))
    return await asked.page(session, open_of_year, lambda row: _open_item(row, row.id in waiting))


def _open_item(row: Application, requested: bool) -> OpenItemOut:
    return OpenItemOut(
        application_id=row.id,
        project_name=row.project_name,
        applicant_name=row.applicant_name,
        district=row.district,
        mode=row.mode,
        status=row.status,
        status_label=APPLICATION_STATUSES[row.status],
        amount_yuan=row.reserved_yuan,
        release_requested=requested,
    )


class TotalOut(BaseModel):
    """Sums of one group; a dimension that was not asked for is empty."""

    key: str = Field(title="组", description="所选各项的代码，以 / 分隔")
    year: int | None = Field(title="年度", description="占用预算的年度；退回为到账年度")
    district: str | None = Field(title="所在区", description="行政区划代码，6 位")
    district_name: str | None = Field(title="所在区名称")
    type: str | None = Field(title="项目类型")
    type_label: str | None = Field(title="项目类型名称")
    mode: str | None = Field(title="支持方式")
    mode_label: str | None = Field(title="支持方式名称")
    projects: int = Field(title="项目数")
    amounts: list[Figure] = Field(title="金额")


TOTALS = MemoryListing(TotalOut, ORDER, key="key", default=ORDER)


@router.get(
    "/v1/totals",
    name="read_totals",
    summary="汇总资金",
    description="各级工作人员按区、项目类型、支持方式、年度中的一项或几项汇总批复、计划、拨付、退回和未拨付金额，金额取自资金台账；"
    "区级只汇总本区。依据：三（二）、四（一）1。",
)
async def read_totals(
    session: ReadSession,
    actor: Official,
    asked: Annotated[MemoryPageRequest, Depends(TOTALS)],
    by: Annotated[
        list[Dimension] | None, Query(title="汇总口径", description="可以重复填写，不填按年度", max_length=4)
    ] = None,
) -> Page[TotalOut]:
    """Return sums by the chosen dimensions, read from the ledger. 三（二）, 四（一）1"""
    dimensions = [name for name in DIMENSIONS if name in (by or ["year"])]
    return asked.page([_total(each, dimensions) for each in await totals(session, dimensions)])


def _total(total: Total, dimensions: Sequence[str]) -> TotalOut:
    values = {name: total.values.get(name) for name in DIMENSIONS}
    district = DISTRICTS.get(str(values["district"]))
    return TotalOut(
        key="/".join(str(values[name] or "") for name in dimensions),
        district_name=district.name if district else None,
        type_label=LABELS.get(str(values["type"])),
        mode_label=LABELS.get(str(values["mode"])),
        projects=total.projects,
        amounts=[
            Figure(key=key, label=label, yuan=getattr(total, key), clause="三（二）")
            for key, label in TOTAL_FIGURES.items()
        ],
        **values,
    )
