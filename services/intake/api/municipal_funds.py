"""HTTP of other municipal funding programmes and of payments from them (二（五）)."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.municipal_funds import MunicipalFundingRecord, MunicipalFundProgramme
from services.intake.rules.duplicates import entity_place
from shared.clock import uuid7
from shared.contracts.intake import MunicipalMoneyRegistered
from shared.contracts.library import DistrictCode
from shared.districts import CITY
from shared.errors import Forbidden
from shared.events.outbox import emit
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money
from shared.normal_forms import normal_place
from shared.storage.audit import Case, record_act
from shared.storage.project_codes import refuse_future_code
from shared.storage.session import actor_of, found, now
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, DistrictOrCity, Official
from shared.web.filters import dates, one_of, search
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["市级资金排重"])


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
    at = now(session)
    programme = MunicipalFundProgramme(id=uuid7(at), added_by=actor.subject, added_at=at, **body.model_dump())
    session.add(programme)
    await session.flush()
    await record_act(session, "add_fund_programme", Case(programme.id, CITY), programme=programme.name)
    response.headers["location"] = "/v1/municipal-fund-programmes"
    return programme


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
    description="列出已登记的市级财政性资金。各级工作人员可查。依据方案二（五）。",
)
async def list_fund_programmes(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(PROGRAMMES)]
) -> Page[ProgrammeOut]:
    """Return the registered programmes, by name."""
    return await asked.page(session, select(MunicipalFundProgramme), ProgrammeOut.model_validate)


class FundingRecordIn(BaseModel):
    """Payment to a project; without a project code, entity and address identify the project."""

    programme_id: UUID = Field(title="市级资金标识", description="UUID，见 GET /v1/municipal-fund-programmes")
    district: DistrictCode = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    project_code: ProjectCode | None = Field(None, title="项目代码", description="如 2401-110105-04-01-000001")
    entity_uscc: Uscc = Field(title="项目单位统一社会信用代码", description="18 位")
    entity_name: Line = Field(title="项目单位")
    address: Line | None = Field(None, title="项目地址")
    amount_yuan: Annotated[Money, Field(gt=0, le=10**13)] = Field(title="金额", description="单位：元，大于 0")
    funded_on: date = Field(title="资金下达日期", description="日期，如 2022-06-01")
    source: Paragraph = Field(title="信息来源", description="如 主管部门公示，最多 4000 字")

    @model_validator(mode="after")
    def _identifiable(self) -> Self:
        if self.project_code is None and normal_place(self.address) is None:
            raise ValueError("项目代码（project_code）和项目地址（address）至少填写一项，用于识别项目")
        return self


class FundingRecordOut(BaseModel):
    """Registered payment from another programme."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    programme_id: UUID = Field(title="市级资金标识", description="UUID")
    programme_name: str = Field(title="市级资金名称")
    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    project_code: str | None = Field(title="项目代码", description="如 2401-110105-04-01-000001")
    entity_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    entity_name: str = Field(title="项目单位")
    address: str | None = Field(title="项目地址")
    amount_yuan: Money = Field(title="金额", description="单位：元")
    funded_on: date = Field(title="资金下达日期", description="日期，如 2022-06-01")
    source: str = Field(title="信息来源")
    registered_at: datetime = Field(title="登记时间", description="RFC 3339，带时区")


@router.post(
    "/v1/municipal-funding-records",
    status_code=201,
    name="register_other_funds",
    summary="登记项目获得的市级资金",
    description=(
        "登记项目已获得的其他市级财政性资金，用于排重。由区（限本区项目）或市发展改革委经办人员办理；"
        "项目代码和项目地址至少填写一项。依据方案二（五）。"
    ),
    response_model=FundingRecordOut,
)
async def register_other_funds(
    session: Session, actor: DistrictOrCity, body: FundingRecordIn, response: Response
) -> MunicipalFundingRecord:
    """Register a payment to a project; duplicate checks here and in funding use it. 二（五）"""
    if body.district not in actor.districts:
        detail = f"只能登记本区项目，可登记的区代码：{'、'.join(actor.districts)}"
        raise Forbidden(detail, field="/body/district")
    refuse_future_code(session, body.project_code)
    programme = await found(session, MunicipalFundProgramme, body.programme_id)
    kept = _record_row(session, body, programme)
    session.add(kept)
    case = Case(kept.id, kept.district)
    await record_act(session, "register_other_funds", case, duty="register_money", amount_yuan=kept.amount_yuan)
    await emit(session, _registered(kept))
    response.headers["location"] = "/v1/municipal-funding-records"
    return kept


def _record_row(
    session: AsyncSession, body: FundingRecordIn, programme: MunicipalFundProgramme
) -> MunicipalFundingRecord:
    at = now(session)
    return MunicipalFundingRecord(
        id=uuid7(at),
        programme_name=programme.name,
        entity_place=entity_place(body.entity_uscc, body.address, body.district),
        registered_by=actor_of(session).subject,
        registered_at=at,
        **body.model_dump(),
    )


def _registered(kept: MunicipalFundingRecord) -> MunicipalMoneyRegistered:
    return MunicipalMoneyRegistered(
        record_id=kept.id,
        district=kept.district,
        programme=kept.programme_name,
        project_code=kept.project_code,
        entity_uscc=kept.entity_uscc,
        entity_name=kept.entity_name,
        amount_yuan=kept.amount_yuan,
        funded_on=kept.funded_on,
        source=kept.source,
        registered_by=kept.registered_by,
    )


FUNDING_RECORDS = Listing(
    one_of("programme_id", MunicipalFundingRecord.programme_id, UUID, "资金"),
    one_of("district", MunicipalFundingRecord.district, DistrictCode, "所在区"),
    one_of("project_code", MunicipalFundingRecord.project_code, ProjectCode, "项目代码"),
    one_of("entity_uscc", MunicipalFundingRecord.entity_uscc, Uscc, "实施主体统一社会信用代码"),
    dates("funded_on", MunicipalFundingRecord.funded_on, "拨付日期"),
    search("实施主体名称或项目地址", MunicipalFundingRecord.entity_name, MunicipalFundingRecord.address),
    sorts={
        "id": MunicipalFundingRecord.id,
        "funded_on": MunicipalFundingRecord.funded_on,
        "amount_yuan": MunicipalFundingRecord.amount_yuan,
    },
    key=MunicipalFundingRecord.id,
    default="-id",
)


@router.get(
    "/v1/municipal-funding-records",
    name="list_other_funds",
    summary="查询项目获得的市级资金",
    description="列出已登记的其他市级财政性资金记录。各级工作人员可查，区级只见本区。依据方案二（五）。",
)
async def list_other_funds(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(FUNDING_RECORDS)]
) -> Page[FundingRecordOut]:
    """Return registered payments, newest first."""
    return await asked.page(session, select(MunicipalFundingRecord), FundingRecordOut.model_validate)
