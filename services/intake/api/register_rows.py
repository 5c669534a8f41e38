"""HTTP of single rows: upsert of a resource, removal of a project from the library (四（一）2)."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.api.parameters import EntryId
from services.intake.models.registers import LibraryEntry, Resource
from services.intake.registers.kinds import LIBRARY, RESOURCES, Register
from services.intake.registers.upsert import SentRow, record_rows
from services.intake.rules.upsert import Refusal, quarter_closed
from services.intake.schemas.registers import DistrictPath, EntryOut, ExternalIdPath, Leaving, ResourceOut
from shared.contracts.library import LibraryRow, ResourceRow
from shared.deadlines import quarter_of
from shared.errors import DomainError, Invalid, PreconditionRequired, Stale, WrongStatus
from shared.storage.audit import Case, record_act
from shared.storage.session import found, today
from shared.storage.versions import etag, expect_version, locked_as_read
from shared.text import STORED
from shared.web.auth import DistrictOfficer, DistrictPush
from shared.web.headers import VERSIONED, WITH_ETAG, IfMatch, IfMatchKnown
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["资源台账与储备库"])


class RowRefused(DomainError):
    """Refusal of one row by the upsert rules, with their status and code."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail, field=f"/body/{refusal.field}" if refusal.field else None)
        self.status, self.code = refusal.status, refusal.code


@router.put(
    "/v1/resources/{district}/{external_id}",
    name="put_resource",
    summary="新增或更新一条资源",
    description=(
        "按区和编号新增或更新一条资源。由区发展改革委经办人员或区系统办理；更新已有记录须先读取，"
        "并以 If-Match 带回其 ETag。依据方案四（一）2。"
    ),
    response_model=ResourceOut,
    responses={200: WITH_ETAG, 201: {"model": ResourceOut, "description": "新记录", **WITH_ETAG}},
)
async def put_resource(
    session: Session,
    actor: DistrictPush,
    response: Response,
    district: DistrictPath,
    external_id: ExternalIdPath,
    row: ResourceRow,
    if_match: IfMatchKnown = None,
) -> Resource:
    """Create a resource, or update the version that was read (If-Match). 四（一）2"""
    if (row.district, row.external_id) != (district, external_id):
        detail = f"请求体的 district 和 external_id 须与地址一致，应为 {district} 和 {external_id}"
        raise Invalid(detail, field="/body/external_id")
    recorded = await _lock_recorded(session, district, external_id, if_match)
    key, done = await _record_one(session, RESOURCES, row, row.change_reason)
    if recorded is None and done == "updated":
        raise PreconditionRequired("记录刚由他人建立，请先读取记录，并以 If-Match 带回其 ETag")
    resource = await found(session, Resource, key)
    if done == "created":
        response.status_code = 201
        response.headers["location"] = f"/v1/resources/{district}/{external_id}"
    response.headers["etag"] = etag(resource)
    return resource


async def _lock_recorded(session: AsyncSession, district: str, external_id: str, if_match: str | None) -> UUID | None:
    """Lock the recorded row and return its id, or None if there is none. Raises Stale for another version."""
    query = select(Resource).where(Resource.district == district, Resource.external_id == external_id)
    recorded = await session.scalar(query.with_for_update(key_share=True))
    if recorded is None:
        if if_match is not None:
            raise Stale("记录不存在；新建记录请勿带 If-Match")
        return None
    expect_version(recorded, if_match)
    session.expunge(recorded)
    return recorded.id


@router.post(
    "/v1/library-entries/{entry_id}/leave",
    name="leave_library",
    summary="项目出库",
    description=(
        "将项目移出储备库并写明原因，历史版本保留。由区发展改革委经办人员办理，项目须在库。依据方案四（一）2。"
    ),
    response_model=EntryOut,
    responses=VERSIONED,
)
async def leave_library(
    session: Session,
    actor: DistrictOfficer,
    response: Response,
    entry_id: EntryId,
    leaving: Leaving,
    if_match: IfMatch = None,
) -> LibraryEntry:
    """Remove a project from the reserve library, with a reason; its history is kept. 四（一）2"""
    entry = await locked_as_read(session, LibraryEntry, entry_id, if_match)
    if entry.status == "left":
        raise WrongStatus("该项目已出库，不能重复办理；如需重新入库，请报送不含出库日期的记录")
    row = _left(entry, leaving, today(session))
    session.expunge(entry)
    await _record_one(session, LIBRARY, row, leaving.reason)
    await record_act(session, "leave_library", Case(entry_id, row.district, row.entity_uscc), reason=leaving.reason)
    left = await found(session, LibraryEntry, entry_id)
    response.headers["etag"] = etag(left)
    return left


def _left(entry: LibraryEntry, leaving: Leaving, on: date) -> LibraryRow:
    row = LibraryRow.model_validate(entry.content, context=STORED)
    left_on = leaving.left_on or on
    if not row.entered_on <= left_on <= on:
        detail = f"出库日期应在入库日期 {row.entered_on} 与今日 {on} 之间"
        raise Invalid(detail, field="/body/left_on")
    left = {"left_on": left_on, "leave_reason": leaving.reason, "quarter": quarter_of(on)}
    return LibraryRow.model_validate({**row.model_dump(), **left}, context=STORED)


async def _record_one(
    session: AsyncSession, register: Register, row: ResourceRow | LibraryRow, reason: str | None
) -> tuple[UUID, str]:
    """Record one row and return its id and outcome. Raises RowRefused."""
    (outcome,) = await record_rows(session, register, [SentRow(0, row, reason)])
    if outcome.id is None or outcome.refusal:
        raise RowRefused(outcome.refusal or quarter_closed(row.quarter))
    return outcome.id, outcome.status
