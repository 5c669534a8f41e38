"""HTTP of the overview: funded projects by district (四（一）3)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.sql.selectable import Subquery

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding
from services.monitoring.models.quarters import ProjectQuarter
from services.monitoring.models.readings import ReadingFinding
from services.monitoring.schemas.overview import DistrictOverviewOut
from shared.web.auth import Official
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Page

router = APIRouter(route_class=ActRoute, tags=["监测总览"])


OVERVIEW = MemoryListing(
    DistrictOverviewOut, "district", "files", "released_yuan", "overdue_quarters", key="district", default="district"
)


@router.get(
    "/v1/overview",
    name="read_overview",
    summary="监测总览",
    description="按区汇总受支持项目的数量、资金和待办事项；区级人员只见本区。依据：四（一）3。",
)
async def read_overview(
    session: ReadSession, actor: Official, asked: Annotated[MemoryPageRequest, Depends(OVERVIEW)]
) -> Page[DistrictOverviewOut]:
    """Return the totals of the funded projects that the caller may see, by district. 四（一）3"""
    rows = await session.execute(_by_district())
    return asked.page([DistrictOverviewOut.model_validate(row) for row in rows])


def _by_district() -> Select[Any]:
    waiting = ProjectQuarter.overdue_since.is_not(None) & ProjectQuarter.state.in_(("open", "returned"))
    quarters = _tally(ProjectQuarter, overdue_quarters=waiting)
    findings = _tally(Finding, open_findings=Finding.state != "closed", grave_findings=Finding.grave)
    readings = _tally(ReadingFinding, open_reading_findings=ReadingFinding.state == "open")
    kept = ProjectFile.released_yuan - ProjectFile.returned_yuan - ProjectFile.recovered_yuan
    files = (
        select(
            ProjectFile.district,
            func.count().label("files"),
            *(_number(ProjectFile.status == word, word) for word in ("under_way", "delivered", "evaluated")),
            _number(ProjectFile.evaluation_state == "upcoming", "evaluations_upcoming"),
            _number(ProjectFile.evaluation_state == "overdue", "evaluations_overdue"),
            _number(ProjectFile.held, "held"),
            func.sum(ProjectFile.released_yuan).label("released_yuan"),
            func.sum(kept).label("kept_yuan"),
        )
        .group_by(ProjectFile.district)
        .subquery()
    )
    tallies = [column for tally in (quarters, findings, readings) for column in tally.c if column.name != "district"]
    return select(*files.c, *(func.coalesce(column, 0).label(column.name) for column in tallies)).select_from(
        files.outerjoin(quarters, quarters.c.district == files.c.district)
        .outerjoin(findings, findings.c.district == files.c.district)
        .outerjoin(readings, readings.c.district == files.c.district)
    )


def _tally(model: Any, **conditions: Any) -> Subquery:
    numbers = [_number(condition, name) for name, condition in conditions.items()]
    return select(model.district, *numbers).group_by(model.district).subquery()


def _number(condition: Any, name: str) -> ColumnElement[int]:
    return func.count(case((condition, 1))).label(name)
