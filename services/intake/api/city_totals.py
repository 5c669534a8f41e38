"""HTTP of city-wide totals of ledger and library, with the reporting of each district (四（一）3)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Numeric, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.library_status import LIBRARY_STATUS
from services.intake.models.quarters import QuarterSubmission
from services.intake.models.registers import LibraryEntry, Resource
from services.intake.rules.quarters import EXEMPT, reporting_units
from services.intake.schemas.registers import Total
from shared.audiences import Handler
from shared.contracts.library import Quarter
from shared.deadlines import quarter_due, quarter_of
from shared.districts import CITY, DISTRICTS
from shared.policy import interpretations
from shared.storage.session import settings_of, today
from shared.web.auth import CityOffice
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["全市汇总"])
ForQuarter = Annotated[Quarter | None, Query(title="季度", description="报送情况所看的季度；默认本季度")]


class Reporting(BaseModel):
    """Reporting of a quarter by a district; `not_opened` until the first row arrives."""

    quarter: str = Field(title="季度", description="如 2026Q3")
    status: str = Field(
        title="报送状态",
        description="not_opened 未开启；open 填报中；prepared 待审定；certified 已审定报送；exempt 不承担报送",
    )
    submission_no: int | None = Field(title="第几次报送")
    due_on: date = Field(title="报送期限", description="日期，如 2024-04-15")
    overdue: bool = Field(title="是否已逾期")
    late: bool | None = Field(title="是否逾期完成")
    certified_by: Handler = Field(title="审定人")
    certified_at: datetime | None = Field(title="审定时间", description="RFC 3339，带时区")


class LedgerTotals(BaseModel):
    """Totals of a district's resources; areas in square metres, as strings."""

    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    name: str = Field(title="区名称")
    resource_count: int = Field(0, title="资源数量")
    simulated_count: int = Field(0, title="含模拟数据的记录数")
    gross_floor_area_m2: Total = Field(Decimal(0), title="建筑面积", description="单位：平方米")
    vacant_area_m2: Total = Field(Decimal(0), title="空置面积", description="单位：平方米")
    by_status: dict[str, int] = Field(default_factory=dict, title="按状态计数")
    by_kind: dict[str, int] = Field(default_factory=dict, title="按资源类别计数")
    reporting: Reporting | None = Field(None, title="季度报送情况")


class LibraryTotals(BaseModel):
    """Totals of a district's reserve library; sums cover projects in the library."""

    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    name: str = Field(title="区名称")
    in_library_count: int = Field(0, title="在库项目数")
    left_count: int = Field(0, title="已出库项目数")
    by_status: dict[str, int] = Field(default_factory=dict, title="按在库状态计数", description="状态随事项进展")
    simulated_count: int = Field(0, title="含模拟数据的记录数")
    fixed_investment_yuan: Total = Field(Decimal(0), title="在库项目固定资产投资合计", description="单位：元")
    renovated_area_m2: Total = Field(Decimal(0), title="在库项目改造面积合计", description="单位：平方米")
    by_type: dict[str, int] = Field(default_factory=dict, title="按项目类型计数")
    by_maturity: dict[str, int] = Field(default_factory=dict, title="按成熟度计数")
    by_support_mode: dict[str, int] = Field(
        default_factory=dict, title="按拟申请支持方式计数", description="unknown 为未填"
    )
    reporting: Reporting | None = Field(None, title="季度报送情况")


class CityLedger(BaseModel):
    """City-wide resource ledger by district, with totals."""

    quarter: str = Field(title="季度", description="如 2026Q3")
    total: LedgerTotals = Field(title="全市合计")
    districts: list[LedgerTotals] = Field(title="各区汇总")


class CityLibrary(BaseModel):
    """City-wide reserve library by district, with totals."""

    quarter: str = Field(title="季度", description="如 2026Q3")
    total: LibraryTotals = Field(title="全市合计")
    districts: list[LibraryTotals] = Field(title="各区汇总")


@router.get(
    "/v1/city/ledger",
    name="city_ledger",
    summary="查看全市资源台账汇总",
    description="按区汇总资源数量、面积、状态和季度报送情况。市发展改革委和审计人员可查。依据方案四（一）3。",
    response_model=CityLedger,
)
async def city_ledger(session: ReadSession, actor: CityOffice, quarter: ForQuarter = None) -> CityLedger:
    """Return the totals of the resource ledger by district. 四（一）3"""
    of = _by_district(await _resource_rows(session))
    reporting = await _reporting(session, quarter or quarter_of(today(session)))
    return CityLedger(
        quarter=quarter or quarter_of(today(session)),
        total=_ledger_totals(CITY, "全市", [row for rows in of.values() for row in rows], None),
        districts=[_ledger_totals(code, unit.name, of.get(code, []), reporting[code]) for code, unit in _UNITS],
    )


async def _resource_rows(session: AsyncSession) -> Sequence[Any]:
    """Return counts and areas of resources by district, status and kind."""
    vacant = cast(Resource.content["vacant_area_m2"].astext, Numeric(18, 2))
    rows = await session.execute(
        select(
            Resource.district,
            Resource.status,
            Resource.kind,
            func.count().label("n"),
            func.count().filter(Resource.simulated).label("simulated"),
            func.sum(Resource.gross_floor_area_m2).label("area"),
            func.coalesce(func.sum(vacant), 0).label("vacant"),
        ).group_by(Resource.district, Resource.status, Resource.kind)
    )
    return rows.all()


_UNITS = list(DISTRICTS.items())


def _by_district(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.district, []).append(row)
    return found


def _counted(rows: Iterable[Any], by: str) -> dict[str, int]:
    counter: Counter[str] = Counter()
    for row in rows:
        counter[getattr(row, by) or "unknown"] += row.n
    return dict(sorted(counter.items()))


def _ledger_totals(code: str, name: str, rows: list[Any], reporting: Reporting | None) -> LedgerTotals:
    return LedgerTotals(
        district=code,
        name=name,
        resource_count=sum(row.n for row in rows),
        simulated_count=sum(row.simulated for row in rows),
        gross_floor_area_m2=sum((row.area for row in rows), Decimal(0)),
        vacant_area_m2=sum((row.vacant for row in rows), Decimal(0)),
        by_status=_counted(rows, "status"),
        by_kind=_counted(rows, "kind"),
        reporting=reporting,
    )


@router.get(
    "/v1/city/library",
    name="city_library",
    summary="查看全市储备库汇总",
    description="按区汇总储备项目数量、投资、面积和季度报送情况。市发展改革委和审计人员可查。依据方案四（一）3。",
    response_model=CityLibrary,
)
async def city_library(session: ReadSession, actor: CityOffice, quarter: ForQuarter = None) -> CityLibrary:
    """Return the totals of the reserve library by district. 四（一）3"""
    of = _by_district(await _entry_rows(session))
    reporting = await _reporting(session, quarter or quarter_of(today(session)))
    return CityLibrary(
        quarter=quarter or quarter_of(today(session)),
        total=_library_totals(CITY, "全市", [row for rows in of.values() for row in rows], None),
        districts=[_library_totals(code, unit.name, of.get(code, []), reporting[code]) for code, unit in _UNITS],
    )


async def _entry_rows(session: AsyncSession) -> Sequence[Any]:
    """Return counts, investments and areas of library projects by district, status, type, maturity and mode."""
    keys = (
        LibraryEntry.district,
        LIBRARY_STATUS.label("status"),
        LibraryEntry.project_type,
        LibraryEntry.maturity,
        LibraryEntry.support_mode,
    )
    rows = await session.execute(
        select(
            *keys,
            func.count().label("n"),
            func.count().filter(LibraryEntry.simulated).label("simulated"),
            func.sum(LibraryEntry.fixed_investment_yuan).label("investment"),
            func.sum(LibraryEntry.renovated_area_m2).label("area"),
        ).group_by(*(text(str(place)) for place in range(1, len(keys) + 1)))
    )
    return rows.all()


def _library_totals(code: str, name: str, rows: list[Any], reporting: Reporting | None) -> LibraryTotals:
    within = [row for row in rows if row.status == "in_library"]
    return LibraryTotals(
        district=code,
        name=name,
        in_library_count=sum(row.n for row in within),
        left_count=sum(row.n for row in rows if row.status == "left"),
        by_status=_counted(rows, "status"),
        simulated_count=sum(row.simulated for row in rows),
        fixed_investment_yuan=sum((row.investment for row in within), Decimal(0)),
        renovated_area_m2=sum((row.area for row in within), Decimal(0)),
        by_type=_counted(within, "project_type"),
        by_maturity=_counted(within, "maturity"),
        by_support_mode=_counted(within, "support_mode"),
        reporting=reporting,
    )


async def _reporting(session: AsyncSession, quarter: str) -> dict[str, Reporting]:
    """Return the reporting of a quarter by every district, from its newest submission."""
    due_on = quarter_due(quarter, settings_of(session).quarter_due_working_days).on
    rows = await session.scalars(
        select(QuarterSubmission)
        .where(QuarterSubmission.quarter == quarter)
        .order_by(QuarterSubmission.district, QuarterSubmission.submission_no)
    )
    newest = {row.district: row for row in rows}
    owing = reporting_units(interpretations(settings_of(session).interpretations)["bda_duties"])
    return {code: _report(newest.get(code), quarter, due_on, today(session), code in owing) for code in DISTRICTS}


def _report(submission: QuarterSubmission | None, quarter: str, due_on: date, on: date, owing: bool) -> Reporting:
    status = submission.status if submission else "not_opened" if owing else EXEMPT
    due_on = submission.due_on if submission else due_on
    return Reporting(
        quarter=quarter,
        status=status,
        submission_no=submission.submission_no if submission else None,
        due_on=due_on,
        overdue=owing and status != "certified" and on > due_on,
        late=submission.late if submission else None,
        certified_by=submission.certified_by if submission else None,
        certified_at=submission.certified_at if submission else None,
    )
