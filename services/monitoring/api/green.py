"""HTTP of green registration: carbon account and steps to the green exchange (四（二）1)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.api.parameters import DeclarationId
from services.monitoring.green import announce_record, create_record, exchange_export
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.green import GreenRecord
from services.monitoring.schemas.green import GreenRecordIn, GreenRecordOut, GreenRegistrationIn, GreenReturnIn
from shared.errors import NotFound
from shared.storage.audit import case_of, record_act
from shared.storage.file_names import disposition
from shared.storage.session import found, locked
from shared.storage.versions import etag, expect_version
from shared.web.auth import Anyone, CityOfficer, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["绿色登记"])


@router.post(
    "/v1/files/{declaration_id}/green-record",
    status_code=201,
    response_model=GreenRecordOut,
    name="open_green_record",
    summary="建立绿色登记",
    description=(
        "市发展改革委经办按核算当日的因子为项目核算碳排放并建立登记；"
        "被退回后可再次建立。能耗留空则取评价中的数据。依据：四（二）1。"
    ),
)
async def open_green_record(
    session: Session, actor: CityOfficer, declaration_id: DeclarationId, new: GreenRecordIn, response: Response
) -> dict[str, Any]:
    """Account the project's carbon and create its record; a returned record may be followed by another. 四（二）1"""
    file = await locked(session, ProjectFile, declaration_id)
    green = await create_record(session, file, new.purpose, new.factor_set, new.energy)
    green.verifier, green.attachments = new.verifier, list(new.attachments)
    await _settle(session, green, "open_green_record", None)
    response.headers["location"] = f"/v1/files/{declaration_id}/green-record"
    return _shown(green)


@router.get(
    "/v1/files/{declaration_id}/green-record",
    response_model=GreenRecordOut,
    name="read_green_record",
    summary="读取绿色登记",
    description="读取一个项目最近一次绿色登记。",
    responses=VERSIONED,
)
async def read_green_record(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, response: Response
) -> dict[str, Any]:
    """Return the newest record of a project."""
    green = await _latest(session, declaration_id)
    response.headers["etag"] = etag(await found(session, ProjectFile, declaration_id))
    return _shown(green)


@router.post(
    "/v1/files/{declaration_id}/green-record/send",
    response_model=GreenRecordOut,
    name="send_green_record",
    summary="推送绿色登记",
    description="市发展改革委经办记录登记文件已交绿色交易所；状态须为待推送。依据：四（二）1。",
)
async def send_green_record(
    session: Session, actor: CityOfficer, declaration_id: DeclarationId, if_match: IfMatch = None
) -> dict[str, Any]:
    """Record that the export was handed to the exchange. 四（二）1"""
    return await _move(session, declaration_id, if_match, "send", None)


@router.post(
    "/v1/files/{declaration_id}/green-record/register",
    response_model=GreenRecordOut,
    name="register_green_record",
    summary="登记入库",
    description="市发展改革委经办记录绿色交易所给出的入库编号；状态须为已推送。依据：四（二）1。",
)
async def register_green_record(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    registration: GreenRegistrationIn,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Record the exchange's registration. 四（二）1"""
    return await _move(session, declaration_id, if_match, "register", None, **registration.model_dump())


@router.post(
    "/v1/files/{declaration_id}/green-record/return",
    response_model=GreenRecordOut,
    name="return_green_record",
    summary="登记退回",
    description="市发展改革委经办记录绿色交易所退回及原因；状态须为已推送。依据：四（二）1。",
)
async def return_green_record(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    refusal: GreenReturnIn,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Record the exchange's refusal. 四（二）1"""
    return await _move(session, declaration_id, if_match, "return", refusal.reason, return_reason=refusal.reason)


_EXPORT = {
    "type": "object",
    "description": "交绿色交易所的文件：单位、项目、能耗、排放、因子、光伏、节能率、核查机构和附件",
}


@router.get(
    "/v1/files/{declaration_id}/green-record/export",
    name="export_green_record",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": _EXPORT}}}},
    summary="导出绿色登记",
    description="导出交绿色交易所的文件：单位、项目、能耗、排放、因子、光伏、节能率、核查机构和附件。依据：四（二）1。",
)
async def export_green_record(session: ReadSession, actor: Official, declaration_id: DeclarationId) -> Response:
    """Return the export for the exchange. 四（二）1"""
    file = await found(session, ProjectFile, declaration_id)
    content = await exchange_export(session, file, await _latest(session, declaration_id))
    name = f"green-record-{declaration_id}.json"
    return JSONResponse(content, headers={"content-disposition": disposition(name)})


async def _move(
    session: AsyncSession, declaration_id: UUID, if_match: str | None, act: str, reason: str | None, **stated: Any
) -> dict[str, Any]:
    file = await locked(session, ProjectFile, declaration_id)
    green = await _latest(session, declaration_id)
    expect_version(file, if_match)
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
        raise NotFound("该项目没有绿色登记，请先建立")
    return green


def _shown(green: GreenRecord) -> dict[str, Any]:
    shown = {name: getattr(green, name) for name in GreenRecordOut.model_fields}
    return {**shown, "reduction_tco2": f"{green.reduction_tco2:.4f}"}
