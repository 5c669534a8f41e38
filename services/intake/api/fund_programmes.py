"""HTTP of other municipal funding programmes (二（五）)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.municipal_funds import MunicipalFundProgramme
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import Duplicate, WrongStatus
from shared.normal_forms import normal_name
from shared.storage.audit import Case, record_act
from shared.storage.session import found, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, Official
from shared.web.filters import search
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["市级资金排重"])
ProgrammeKey = Annotated[UUID, Path(title="市级资金标识", description="UUID")]


class ProgrammeIn(BaseModel):
    """Another municipal programme that funds the same kind of works."""

    name: Line = Field(title="资金名称", description="最多 200 字，不得重复")
    authority: Line = Field(title="主管部门", description="最多 200 字")
    note: Paragraph | None = Field(None, title="说明", description="最多 4000 字")


class ProgrammeOut(ProgrammeIn):
    """Registered programme."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(title="资金名称")
    authority: str = Field(title="主管部门")
    note: str | None = Field(title="说明")
    id: UUID = Field(title="标识", description="UUID")
    added_at: datetime = Field(title="登记时间", description="RFC 3339，带时区")
    closed_at: datetime | None = Field(title="停用时间", description="RFC 3339，带时区；为空即仍可登记")


class ProgrammeCorrection(ProgrammeIn):
    """Corrected programme, with the reason."""

    reason: Paragraph = Field(title="理由", description="最多 4000 字")


class ProgrammeClosing(BaseModel):
    """Reason for which no new payment is registered under a programme."""

    reason: Paragraph = Field(title="理由", description="最多 4000 字")


@router.post(
    "/v1/municipal-fund-programmes",
    status_code=201,
    name="add_fund_programme",
    summary="登记市级资金",
    description=(
        "登记另一项市级财政性资金，获得该资金的项目不再支持。由市发展改革委经办人员办理，名称不得重复。"
        "依据方案二（五）。"
    ),
    response_model=ProgrammeOut,
)
async def add_fund_programme(
    session: Session, actor: CityOfficer, body: ProgrammeIn, response: Response
) -> MunicipalFundProgramme:
    """Register a programme whose money excludes a project. 二（五）"""
    await _refuse_known(session, body.name)
    at = now(session)
    programme = MunicipalFundProgramme(id=uuid7(at), added_by=actor.subject, added_at=at, **body.model_dump())
    session.add(programme)
    await session.flush()
    await record_act(session, "add_fund_programme", Case(programme.id, CITY), programme=programme.name)
    response.headers["location"] = f"/v1/municipal-fund-programmes/{programme.id}"
    return programme


async def _refuse_known(session: AsyncSession, name: str, but: UUID | None = None) -> None:
    """Raise Duplicate for a name that another programme has, however it is spelled."""
    known = await session.scalar(
        select(MunicipalFundProgramme).where(MunicipalFundProgramme.name_form == normal_name(name))
    )
    if known is not None and known.id != but:
        raise Duplicate(f"已登记为“{known.name}”（{known.authority}），请直接使用", field="/body/name")


PROGRAMMES = Listing(
    search("资金名称或主管部门", MunicipalFundProgramme.name, MunicipalFundProgramme.authority),
    sorts={"name": MunicipalFundProgramme.name, "added_at": MunicipalFundProgramme.added_at},
    key=MunicipalFundProgramme.id,
    default="name",
)


@router.get(
    "/v1/municipal-fund-programmes",
    name="list_fund_programmes",
    summary="查询市级资金",
    description="列出已登记的其他市级财政性资金。各级工作人员可查。依据方案二（五）。",
)
async def list_fund_programmes(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(PROGRAMMES)]
) -> Page[ProgrammeOut]:
    """Return registered programmes by name."""
    return await asked.page(session, select(MunicipalFundProgramme), ProgrammeOut.model_validate)


@router.get(
    "/v1/municipal-fund-programmes/{programme_id}",
    name="read_fund_programme",
    summary="查看市级资金",
    description="返回一项已登记的其他市级财政性资金。各级工作人员可查。依据方案二（五）。",
    response_model=ProgrammeOut,
    responses=VERSIONED,
)
async def read_fund_programme(
    session: ReadSession, actor: Official, programme_id: ProgrammeKey, response: Response
) -> MunicipalFundProgramme:
    """Return a programme. 二（五）"""
    programme = await found(session, MunicipalFundProgramme, programme_id)
    response.headers["etag"] = etag(programme)
    return programme


@router.post(
    "/v1/municipal-fund-programmes/{programme_id}/correct",
    name="correct_fund_programme",
    summary="更正市级资金",
    description="市发展改革委经办人员更正市级资金的名称、主管部门或说明，并写明理由；已登记的拨款仍用原名称。依据方案二（五）。",
    response_model=ProgrammeOut,
)
async def correct_fund_programme(
    session: Session,
    actor: CityOfficer,
    programme_id: ProgrammeKey,
    body: ProgrammeCorrection,
    if_match: IfMatch = None,
) -> MunicipalFundProgramme:
    """Correct name, authority or note of a programme. 二（五）"""
    programme = await locked_as_read(session, MunicipalFundProgramme, programme_id, if_match)
    await _refuse_known(session, body.name, programme.id)
    before = {"name": programme.name, "authority": programme.authority, "note": programme.note}
    programme.name, programme.authority, programme.note = body.name, body.authority, body.note
    case = Case(programme.id, CITY)
    await record_act(session, "correct_fund_programme", case, reason=body.reason, before=before)
    await session.flush()
    return programme


@router.post(
    "/v1/municipal-fund-programmes/{programme_id}/close",
    name="close_fund_programme",
    summary="停用市级资金",
    description="市发展改革委经办人员停用已不再实施的市级资金并写明理由；已登记的拨款仍然有效。依据方案二（五）。",
    response_model=ProgrammeOut,
)
async def close_fund_programme(
    session: Session,
    actor: CityOfficer,
    programme_id: ProgrammeKey,
    body: ProgrammeClosing,
    if_match: IfMatch = None,
) -> MunicipalFundProgramme:
    """Close a programme to new payments. 二（五）"""
    programme = await locked_as_read(session, MunicipalFundProgramme, programme_id, if_match)
    if programme.closed_at is not None:
        raise WrongStatus("该市级资金已停用；如又实施，请另行登记")
    programme.closed_at = now(session)
    await record_act(session, "close_fund_programme", Case(programme.id, CITY), reason=body.reason)
    await session.flush()
    return programme
