"""HTTP of other municipal money: the programmes there are, what projects had of them, and doubles found (二（五）)."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from services.intake.api.cases import seen
from services.intake.models.identities import MunicipalFundingRecord, MunicipalFundProgramme, matches_of
from services.intake.rules.matching import Basis, Match, Source, entity_place
from shared.clock import uuid7
from shared.contracts.intake import MunicipalMoneyRegistered
from shared.contracts.library import DistrictCode
from shared.districts import CITY
from shared.errors import Forbidden
from shared.events.outbox import emit
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money
from shared.storage.audit import record
from shared.storage.session import found, now
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, DistrictOrCity, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["市级资金排重"])


class ProgrammeIn(BaseModel):
    """Another programme by which the city pays for such works."""

    name: Line = Field(title="资金名称")
    authority: Line = Field(title="主管部门")
    note: Paragraph | None = Field(None, title="说明")


class ProgrammeOut(ProgrammeIn):
    """A registered programme."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    added_at: datetime


@router.post("/v1/municipal-fund-programmes", status_code=201, name="add_fund_programme", response_model=ProgrammeOut)
async def add_fund_programme(
    session: Session, actor: CityOfficer, wanted: ProgrammeIn, response: Response
) -> MunicipalFundProgramme:
    """Register a programme whose money excludes a project. 二（五）"""
    at = now(session)
    programme = MunicipalFundProgramme(id=uuid7(at), added_by=actor.subject, added_at=at, **wanted.model_dump())
    session.add(programme)
    await session.flush()
    await record(session, "add_fund_programme", programme.id, CITY, programme=programme.name)
    response.headers["location"] = "/v1/municipal-fund-programmes"
    return programme


@router.get("/v1/municipal-fund-programmes", name="list_fund_programmes", response_model=list[ProgrammeOut])
async def list_fund_programmes(session: ReadSession, actor: Official) -> list[MunicipalFundProgramme]:
    """The registered programmes, by name."""
    return list((await session.scalars(select(MunicipalFundProgramme).order_by(MunicipalFundProgramme.name))).all())


class FundingRecordIn(BaseModel):
    """Money that a project had; without a project code the entity and the address identify it."""

    programme_id: UUID
    district: DistrictCode
    project_code: ProjectCode | None = None
    entity_uscc: Uscc
    entity_name: Line
    address: Line | None = None
    amount_yuan: Annotated[Money, Field(gt=0, le=10**13)]
    funded_on: date
    source: Paragraph = Field(title="信息来源")

    @model_validator(mode="after")
    def _identifiable(self) -> Self:
        if self.project_code is None and entity_place(self.entity_uscc, self.address) is None:
            raise ValueError("项目代码和项目地址至少填写一项")
        return self


class FundingRecordOut(BaseModel):
    """A registered payment from another programme."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    programme_id: UUID
    programme_name: str
    district: str
    project_code: str | None
    entity_uscc: str
    entity_name: str
    address: str | None
    amount_yuan: Money
    funded_on: date
    source: str
    registered_at: datetime


@router.post(
    "/v1/municipal-funding-records", status_code=201, name="register_other_funds", response_model=FundingRecordOut
)
async def register_other_funds(
    session: Session, actor: DistrictOrCity, wanted: FundingRecordIn, response: Response
) -> MunicipalFundingRecord:
    """Register that a project had other municipal money: it shows where the project is declared and paid. 二（五）"""
    if wanted.district not in actor.districts:
        raise Forbidden("只能登记本区项目", field="/body/district")
    programme = await found(session, MunicipalFundProgramme, wanted.programme_id)
    at = now(session)
    kept = MunicipalFundingRecord(
        id=uuid7(at),
        programme_name=programme.name,
        entity_place=entity_place(wanted.entity_uscc, wanted.address),
        registered_by=actor.subject,
        registered_at=at,
        **wanted.model_dump(),
    )
    session.add(kept)
    await record(session, "register_other_funds", kept.id, kept.district, amount_yuan=kept.amount_yuan)
    await emit(session, _registered(kept))
    response.headers["location"] = "/v1/municipal-funding-records"
    return kept


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


@router.get("/v1/municipal-funding-records", name="list_other_funds", response_model=list[FundingRecordOut])
async def list_other_funds(
    session: ReadSession,
    actor: Official,
    project_code: ProjectCode | None = None,
    entity_uscc: Uscc | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> list[MunicipalFundingRecord]:
    """Registered payments, newest first."""
    query = select(MunicipalFundingRecord).order_by(MunicipalFundingRecord.id.desc()).limit(limit)
    if project_code:
        query = query.where(MunicipalFundingRecord.project_code == project_code)
    if entity_uscc:
        query = query.where(MunicipalFundingRecord.entity_uscc == entity_uscc)
    return list((await session.scalars(query)).all())


class MatchOut(BaseModel):
    """Another record that seems to be the same project; one that `bars` refuses a submission, others only warn."""

    model_config = ConfigDict(from_attributes=True)

    source: Source
    basis: Basis
    reference: str
    bars: bool
    explanation: str


@router.get("/v1/declarations/{declaration_id}/matches", name="list_matches", response_model=list[MatchOut])
async def list_matches(session: ReadSession, actor: Official, declaration_id: UUID) -> list[Match]:
    """Declarations, awards and other city money that seem to be this project, with why. 二（五）"""
    return await matches_of(session, await seen(session, actor, declaration_id))
