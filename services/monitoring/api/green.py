"""HTTP of green registration: carbon accounting and the way to the green exchange (四（二）1)."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.green import announce_record, create_record, exchange_export
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.green import GreenRecord
from services.monitoring.rules.code_lists import FactorSet
from services.monitoring.rules.energy import EnergyComparison
from shared.errors import NotFound
from shared.money import Quantity
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked
from shared.text import Line
from shared.web.auth import Anyone, CityOfficer, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["绿色登记"])


class NewRecord(BaseModel):
    """What the account is for, and its energy; without energy that of the evaluation is taken."""

    model_config = ConfigDict(extra="forbid")

    purpose: Literal["greenness", "accounting_report"] = Field("greenness", title="用途")
    factor_set: FactorSet | None = Field(None, title="因子集", description="留空则按用途")
    energy: EnergyComparison | None = Field(None, title="能耗", description="留空则取评价中的能耗对比")
    verifier: Line | None = Field(None, title="核查机构")
    attachments: Annotated[list[Line], Field(max_length=20)] = Field([], title="附件编号")


class Registration(BaseModel):
    """What the exchange gave the record."""

    model_config = ConfigDict(extra="forbid")

    exchange_no: Line = Field(title="入库编号")
    neutrality_certificate_no: Line | None = Field(None, title="碳中和认证编号")


class Refusal(BaseModel):
    """Why the exchange sent the record back."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(title="退回原因")


class GreenOut(BaseModel):
    """A project's record for the exchange; emissions in tCO2."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    declaration_id: UUID
    round: int
    state: Literal["pending", "sent", "registered", "returned"]
    purpose: str
    factor_set: str
    accounted_on: date
    account: dict[str, Any]
    before_tco2: Quantity
    after_tco2: Quantity
    reduction_tco2: str
    verifier: str | None
    attachments: list[str]
    exchange_no: str | None
    neutrality_certificate_no: str | None
    return_reason: str | None


@router.post(
    "/v1/files/{declaration_id}/green-record", status_code=201, response_model=GreenOut, name="open_green_record"
)
async def open_green_record(
    session: Session, actor: CityOfficer, declaration_id: UUID, new: NewRecord, response: Response
) -> dict[str, Any]:
    """Account the project's carbon and prepare its record; a returned one may be followed by another. 四（二）1"""
    file = await locked(session, ProjectFile, declaration_id)
    green = await create_record(session, file, new.purpose, new.factor_set, new.energy)
    green.verifier, green.attachments = new.verifier, list(new.attachments)
    await _settle(session, green, "open_green_record", None)
    response.headers["location"] = f"/v1/files/{declaration_id}/green-record"
    return _shown(green)


@router.get("/v1/files/{declaration_id}/green-record", response_model=GreenOut, name="read_green_record")
async def read_green_record(session: ReadSession, actor: Anyone, declaration_id: UUID) -> dict[str, Any]:
    """The newest record of a project."""
    return _shown(await _latest(session, declaration_id))


@router.post("/v1/files/{declaration_id}/green-record/send", response_model=GreenOut, name="send_green_record")
async def send_green_record(session: Session, actor: CityOfficer, declaration_id: UUID) -> dict[str, Any]:
    """The export was handed to the exchange."""
    return await _move(session, declaration_id, "send", None)


@router.post("/v1/files/{declaration_id}/green-record/register", response_model=GreenOut, name="register_green_record")
async def register_green_record(
    session: Session, actor: CityOfficer, declaration_id: UUID, registration: Registration
) -> dict[str, Any]:
    """The exchange took the project into its library."""
    return await _move(session, declaration_id, "register", None, **registration.model_dump())


@router.post("/v1/files/{declaration_id}/green-record/return", response_model=GreenOut, name="return_green_record")
async def return_green_record(
    session: Session, actor: CityOfficer, declaration_id: UUID, refusal: Refusal
) -> dict[str, Any]:
    """The exchange sent the record back."""
    return await _move(session, declaration_id, "return", refusal.reason, return_reason=refusal.reason)


@router.get("/v1/files/{declaration_id}/green-record/export", name="export_green_record", response_class=Response)
async def export_green_record(session: ReadSession, actor: Official, declaration_id: UUID) -> Response:
    """The file for the exchange: entity, project, energy, emissions, factors, PV, saving, verifier, attachments."""
    file = await found(session, ProjectFile, declaration_id)
    content = await exchange_export(session, file, await _latest(session, declaration_id))
    name = f"green-record-{declaration_id}.json"
    return JSONResponse(content, headers={"content-disposition": f'attachment; filename="{name}"'})


async def _move(
    session: AsyncSession, declaration_id: UUID, act: str, reason: str | None, **stated: Any
) -> dict[str, Any]:
    await locked(session, ProjectFile, declaration_id)
    green = await _latest(session, declaration_id)
    green.move(act)
    for name, value in stated.items():
        setattr(green, name, value)
    await _settle(session, green, f"{act}_green_record", reason)
    return _shown(green)


async def _settle(session: AsyncSession, green: GreenRecord, act: str, reason: str | None) -> None:
    await record_act(session, act, case_of(green), reason=reason, round=green.round, state=green.state)
    await announce_record(session, green)


async def _latest(session: AsyncSession, declaration_id: UUID) -> GreenRecord:
    green: GreenRecord | None = await session.scalar(
        select(GreenRecord)
        .where(GreenRecord.declaration_id == declaration_id)
        .order_by(GreenRecord.round.desc())
        .limit(1)
    )
    if green is None:
        raise NotFound("该项目没有绿色登记")
    return green


def _shown(green: GreenRecord) -> dict[str, Any]:
    shown = {name: getattr(green, name) for name in GreenOut.model_fields}
    return {**shown, "reduction_tco2": f"{green.reduction_tco2:.4f}"}
