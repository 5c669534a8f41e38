"""HTTP of lists, single rows and histories of ledger and library (四（一）2)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.intake.api.parameters import EntryId
from services.intake.api.register_filters import ENTRIES, ENTRY_VERSIONS, RESOURCE_VERSIONS, RESOURCES
from services.intake.models.registers import (
    LibraryEntry,
    LibraryEntryVersion,
    LibraryResource,
    Resource,
    ResourceVersion,
)
from services.intake.rules.upsert import field_changes
from services.intake.schemas.registers import (
    DistrictPath,
    EntryOut,
    EntryWithResources,
    ExternalIdPath,
    LinkedResource,
    ResourceOut,
)
from shared.audiences import Handler
from shared.contracts.library import (
    LibraryRow,
    ResourceRow,
)
from shared.errors import NotFound
from shared.storage.session import found
from shared.storage.versions import etag
from shared.web.auth import OfficialOrSystem
from shared.web.headers import VERSIONED
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.paging import Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["资源台账与储备库"])


@router.get(
    "/v1/resources",
    name="list_resources",
    summary="查询资源台账",
    description="按条件分页列出可见的资源。各级工作人员和区系统可查，区级只见本区。依据方案四（一）2。",
)
async def list_resources(
    session: ReadSession, actor: OfficialOrSystem, asked: Annotated[PageRequest, Depends(RESOURCES)]
) -> Page[ResourceOut]:
    """Return the resources that the caller may see. 四（一）2"""
    return await asked.page(session, select(Resource), ResourceOut.model_validate)


@router.get(
    "/v1/library-entries",
    name="list_library_entries",
    summary="查询储备库",
    description="按条件分页列出可见的储备库项目。各级工作人员和区系统可查，区级只见本区。依据方案四（一）2。",
)
async def list_library_entries(
    session: ReadSession, actor: OfficialOrSystem, asked: Annotated[PageRequest, Depends(ENTRIES)]
) -> Page[EntryOut]:
    """Return the projects of the reserve library that the caller may see. 四（一）2"""
    return await asked.page(session, select(LibraryEntry), EntryOut.model_validate)


async def _resource(session: AsyncSession, district: str, external_id: str) -> Resource:
    query = select(Resource).where(Resource.district == district, Resource.external_id == external_id)
    resource = await session.scalar(query)
    if resource is None:
        raise NotFound("没有这条资源；请核对区代码和区系统记录编号")
    return resource


@router.get(
    "/v1/resources/{district}/{external_id}",
    name="read_resource",
    summary="查看一条资源",
    description=(
        "返回一条资源的现行内容；响应头 ETag 用于更新时的 If-Match。各级工作人员和区系统可查，区级只见本区。"
        "依据方案四（一）2。"
    ),
    response_model=ResourceOut,
    responses=VERSIONED,
)
async def read_resource(
    session: ReadSession,
    actor: OfficialOrSystem,
    response: Response,
    district: DistrictPath,
    external_id: ExternalIdPath,
) -> Resource:
    """Return the current version of a resource. 四（一）2"""
    resource = await _resource(session, district, external_id)
    response.headers["etag"] = etag(resource)
    return resource


@router.get(
    "/v1/library-entries/{entry_id}",
    name="read_library_entry",
    summary="查看一个储备库项目",
    description=(
        "返回一个储备库项目的现行内容及其关联资源。各级工作人员和区系统可查，区级只见本区。依据方案四（一）2。"
    ),
    response_model=EntryWithResources,
    responses=VERSIONED,
)
async def read_library_entry(
    session: ReadSession, actor: OfficialOrSystem, response: Response, entry_id: EntryId
) -> EntryWithResources:
    """Return the current version of a library project, with the resources it renovates. 四（一）2"""
    entry = await found(session, LibraryEntry, entry_id)
    response.headers["etag"] = etag(entry)
    answer = EntryWithResources.model_validate(entry)
    return answer.model_copy(update={"resources": await _linked(session, entry_id)})


async def _linked(session: AsyncSession, entry_id: UUID) -> list[LinkedResource]:
    rows = await session.execute(
        select(LibraryResource.resource_external_id, Resource.id, Resource.name, Resource.status)
        .outerjoin(
            Resource,
            (Resource.district == LibraryResource.district)
            & (Resource.external_id == LibraryResource.resource_external_id),
        )
        .where(LibraryResource.entry_id == entry_id)
        .order_by(LibraryResource.resource_external_id)
    )
    return [LinkedResource(external_id=own, resource_id=key, name=name, status=state) for own, key, name, state in rows]


class FieldChange(BaseModel):
    """Field that a version changed."""

    field: str = Field(title="字段")
    title: str = Field(title="字段名称")
    before: Any = Field(title="变动前", description="原值，类型随字段；此前没有时为空")
    after: Any = Field(title="变动后", description="新值，类型随字段；已删去时为空")


class VersionOut(BaseModel):
    """Version of a row with recorder, time and reason; `changes` compares it with the previous version."""

    version: int = Field(title="版本号", description="从 1 起，每次变动加 1")
    quarter: str = Field(title="季度", description="如 2026Q3")
    change_reason: str | None = Field(title="变动原因")
    recorded_at: datetime = Field(title="记录时间", description="RFC 3339，带时区")
    recorded_by: Handler = Field(title="记录人标识")
    recorder_name: Handler = Field(title="记录人姓名或系统名称")
    role: str = Field(title="记录人角色")
    changes: list[FieldChange] = Field(title="与上一版本相比的变动")
    row: dict[str, Any] = Field(title="该版本的全部内容", description="字段同 ResourceRow 或 LibraryRow")


@router.get(
    "/v1/resources/{district}/{external_id}/versions",
    name="list_resource_versions",
    summary="查看资源变动历史",
    description=(
        "列出一条资源的全部版本，含变动原因、记录人和逐项变动。各级工作人员和区系统可查，区级只见本区。"
        "依据方案四（一）2。"
    ),
)
async def list_resource_versions(
    session: ReadSession,
    actor: OfficialOrSystem,
    district: DistrictPath,
    external_id: ExternalIdPath,
    asked: Annotated[PageRequest, Depends(RESOURCE_VERSIONS)],
) -> Page[VersionOut]:
    """Return the history of a resource, newest first: every version, its reason and what it changed. 四（一）2"""
    resource = await _resource(session, district, external_id)
    before = aliased(ResourceVersion)
    same = (before.resource_id == ResourceVersion.resource_id) & (before.version == ResourceVersion.version - 1)
    query = select(ResourceVersion, before.content).outerjoin(before, same)
    return await asked.page(session, query.where(ResourceVersion.resource_id == resource.id), _version(ResourceRow))


@router.get(
    "/v1/library-entries/{entry_id}/versions",
    name="list_library_entry_versions",
    summary="查看储备库项目变动历史",
    description=(
        "列出一个储备库项目的全部版本，含变动原因、记录人和逐项变动。各级工作人员和区系统可查，区级只见本区。"
        "依据方案四（一）2。"
    ),
)
async def list_library_entry_versions(
    session: ReadSession,
    actor: OfficialOrSystem,
    entry_id: EntryId,
    asked: Annotated[PageRequest, Depends(ENTRY_VERSIONS)],
) -> Page[VersionOut]:
    """Return the history of a project in the library, newest first. 四（一）2"""
    await found(session, LibraryEntry, entry_id)
    before = aliased(LibraryEntryVersion)
    same = (before.entry_id == LibraryEntryVersion.entry_id) & (before.version == LibraryEntryVersion.version - 1)
    query = select(LibraryEntryVersion, before.content).outerjoin(before, same)
    return await asked.page(session, query.where(LibraryEntryVersion.entry_id == entry_id), _version(LibraryRow))


def _version(model: type[BaseModel]) -> Callable[[Any], VersionOut]:
    """Return the function that shows a version beside the content of the version before."""

    def show(row: Any) -> VersionOut:
        version, before = row[0], row[1]
        changed = field_changes(before, version.content, model) if before else []
        kept = {name: getattr(version, name) for name in VersionOut.model_fields if name not in ("changes", "row")}
        return VersionOut(**kept, changes=[FieldChange(**each) for each in changed], row=version.content)

    return show
