"""HTTP of city-wide totals of ledger and library, with the reporting of each district (四（一）3)."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Numeric, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.api.register_schemas import Total
from services.intake.models.quarters import QuarterSubmission
from services.intake.models.registers import LibraryEntry, Resource
from shared.contracts.library import Quarter
from shared.deadlines import quarter_due, quarter_of
from shared.districts import CITY, DISTRICTS
from shared.storage.session import settings_of, today
from shared.web.auth import CityOffice
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["全市汇总"])
ForQuarter = Annotated[Quarter | None, Query(title="季度", description="报送情况所看的季度；默认本季度")]


class Reporting(BaseModel):
    """Reporting of a quarter by a district; `not_opened` until the first row arrives."""

    quarter: str
    status: str
    submission_no: int | None
    due_on: date
    overdue: bool
    late: bool | None
    certified_by: str | None
    certified_at: datetime | None


class LedgerTotals(BaseModel):
    """Totals of a district's resources; areas in square metres, as strings."""

    district: str
    name: str
    resource_count: int = 0
    simulated_count: int = 0
    gross_floor_area_m2: Total = Decimal(0)
    vacant_area_m2: Total = Decimal(0)
    by_status: dict[str, int] = Field(default_factory=dict)
    by_kind: dict[str, int] = Field(default_factory=dict)
    reporting: Reporting | None = None


class LibraryTotals(BaseModel):
    """Totals of a district's reserve library; sums cover projects in the library."""

    district: str
    name: str
    in_library_count: int = 0
    left_count: int = 0
    simulated_count: int = 0
    fixed_investment_yuan: Total = Decimal(0)
    renovated_area_m2: Total = Decimal(0)
    by_type: dict[str, int] = Field(default_factory=dict)
    by_maturity: dict[str, int] = Field(default_factory=dict)
    by_support_mode: dict[str, int] = Field(default_factory=dict)
    reporting: Reporting | None = None


class CityLedger(BaseModel):
    """City-wide resource ledger by district, with totals."""

    quarter: str
    total: LedgerTotals
    districts: list[LedgerTotals]


class CityLibrary(BaseModel):
    """City-wide reserve library by district, with totals."""

    quarter: str
    total: LibraryTotals
    districts: list[LibraryTotals]


@router.get("/v1/city/ledger", name="city_ledger", response_model=CityLedger)
async def city_ledger(session: ReadSession, actor: CityOffice, quarter: ForQuarter = None) -> CityLedger:
    """Return the totals of the resource ledger by district. 四（一）3"""
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
    of, reporting = _by_district(rows.all()), await _reporting(session, quarter or quarter_of(today(session)))
    return CityLedger(
        quarter=quarter or quarter_of(today(session)),
        total=_ledger_totals(CITY, "全市", [row for rows in of.values() for row in rows], None),
        districts=[_ledger_totals(code, unit.name, of.get(code, []), reporting[code]) for code, unit in _UNITS],
    )


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


@router.get("/v1/city/library", name="city_library", response_model=CityLibrary)
async def city_library(session: ReadSession, actor: CityOffice, quarter: ForQuarter = None) -> CityLibrary:
    """Return the totals of the reserve library by district. 四（一）3"""
    keys = (
        LibraryEntry.district,
        LibraryEntry.status,
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
        ).group_by(*keys)
    )
    of, reporting = _by_district(rows.all()), await _reporting(session, quarter or quarter_of(today(session)))
    return CityLibrary(
        quarter=quarter or quarter_of(today(session)),
        total=_library_totals(CITY, "全市", [row for rows in of.values() for row in rows], None),
        districts=[_library_totals(code, unit.name, of.get(code, []), reporting[code]) for code, unit in _UNITS],
    )


def _library_totals(code: str, name: str, rows: list[Any], reporting: Reporting | None) -> LibraryTotals:
    within = [row for row in rows if row.status == "in_library"]
    return LibraryTotals(
        district=code,
        name=name,
        in_library_count=sum(row.n for row in within),
        left_count=sum(row.n for row in rows) - sum(row.n for row in within),
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
    return {code: _report(newest.get(code), quarter, due_on, today(session)) for code in DISTRICTS}


def _report(submission: QuarterSubmission | None, quarter: str, due_on: date, on: date) -> Reporting:
    status = submission.status if submission else "not_opened"
    due_on = submission.due_on if submission else due_on
    return Reporting(
        quarter=quarter,
        status=status,
        submission_no=submission.submission_no if submission else None,
        due_on=due_on,
        overdue=status != "certified" and on > due_on,
        late=submission.late if submission else None,
        certified_by=submission.certified_by if submission else None,
        certified_at=submission.certified_at if submission else None,
    )
