"""HTTP of pushes to the resource ledger and the reserve library (四（一）2)."""

from asyncio import to_thread
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.registers.parsing import Push, parse_library_batch, parse_resource_batch
from services.intake.registers.push import record_push
from services.intake.schemas.registers import BatchResult, body_of
from shared.contracts.pushes import LibraryBatch, ResourceBatch
from shared.contracts.pushes import Mode as PushMode
from shared.web.auth import DistrictPush
from shared.web.idempotency import PushRoute, Session

router = APIRouter(route_class=PushRoute, tags=["资源台账与储备库"])
Mode = Annotated[
    PushMode, Query(title="处理方式", description="atomic：全部成功或全部拒绝；partial：逐行处理，总是返回 207")
]
_PARTIAL: dict[int | str, dict[str, Any]] = {207: {"model": BatchResult, "description": "逐行结果"}}


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


@router.post(
    "/v1/resources:batchUpsert",
    name="push_resources",
    summary="批量报送资源台账",
    description=(
        "批量新增或更新本区资源台账，一次最多 1000 行；内容相同的行不产生变动，变更已有记录须写明原因。"
        "由区发展改革委经办人员或持有写入权限接口密钥的区系统办理，所属季度须未审定。依据方案四（一）2。"
    ),
    response_model=BatchResult,
    responses=_PARTIAL,
    openapi_extra=body_of(ResourceBatch),
)
async def push_resources(session: Session, actor: DistrictPush, body: Body, mode: Mode = "atomic") -> Response:
    """Upsert at most 1000 rows of the resource ledger; a repeated row changes nothing. 四（一）2"""
    return await _answer(session, await to_thread(parse_resource_batch, body, mode))


@router.post(
    "/v1/library-entries:batchUpsert",
    name="push_library_entries",
    summary="批量报送储备库",
    description=(
        "批量新增或更新本区储备库项目，一次最多 1000 行；内容相同的行不产生变动，变更已有记录须写明批次原因。"
        "由区发展改革委经办人员或持有写入权限接口密钥的区系统办理，所属季度须未审定。依据方案四（一）2。"
    ),
    response_model=BatchResult,
    responses=_PARTIAL,
    openapi_extra=body_of(LibraryBatch),
)
async def push_library_entries(session: Session, actor: DistrictPush, body: Body, mode: Mode = "atomic") -> Response:
    """Upsert at most 1000 rows of the reserve library; a repeated row changes nothing. 四（一）2"""
    return await _answer(session, await to_thread(parse_library_batch, body, mode))


async def _answer(session: AsyncSession, push: Push) -> Response:
    result = BatchResult.of(await record_push(session, push))
    return Response(result.model_dump_json(), 207 if push.mode == "partial" else 200, media_type="application/json")
