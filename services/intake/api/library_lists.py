"""HTTP of the resource ledger and the reserve library: what they say, and what they said before (四（一）2)."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.api.library_shapes import (
    DistrictPath,
    EntryOut,
    EntryWithResources,
    ExternalIdPath,
    LinkedResource,
    ResourceOut,
)
from services.intake.api.shapes import Moment
from services.intake.models.library import (
    LibraryEntry,
    LibraryEntryVersion,
    LibraryResource,
    Resource,
    ResourceVersion,
)
from services.intake.rules.recording import changes
from shared.contracts.library import (
    DistrictCode,
    LibraryRow,
    ProjectType,
    ResourceKind,
    ResourceRow,
    ResourceStatus,
    SupportMode,
)
from shared.errors import NotFound
from shared.storage.session import etag, found
from shared.text import Line
from shared.web.auth import OfficialOrSystem
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["资源台账与储备库"])
Cursor = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{22}$", description="上一页的 next_cursor")]
Limit = Annotated[int, Query(ge=1, le=200)]
UpdatedSince = Annotated[Moment, Query(description="只要此时刻起有变动的记录，须带时区")]
Contains = Annotated[Line, Query(description="名称、编号或地址中含有的文字")]


def _cursor(key: UUID) -> str:
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def _after(cursor: str) -> UUID:
    return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))


def resource_filter(
    district: Annotated[list[DistrictCode], Query(title="区")] = [],  # noqa: B006 - FastAPI copies query defaults
    kind: Annotated[list[ResourceKind], Query(title="资源类别")] = [],  # noqa: B006
    status: Annotated[list[ResourceStatus], Query(title="状态")] = [],  # noqa: B006
    type: Annotated[list[ProjectType], Query(title="拟改造类型")] = [],  # noqa: B006
    q: Contains | None = None,
    updated_since: UpdatedSince | None = None,
) -> Select[Any]:
    """The resources a caller asks for."""
    query = select(Resource)
    wanted = (Resource.district, district), (Resource.kind, kind), (Resource.status, status)
    for column, values in (*wanted, (Resource.planned_type, type)):
        query = query.where(column.in_(values)) if values else query
    if q is not None:
        texts = (Resource.name, Resource.external_id, Resource.content["address"].astext)
        query = query.where(texts[0].icontains(q, autoescape=True) | texts[1].icontains(q, autoescape=True)
                            | texts[2].icontains(q, autoescape=True))  # fmt: skip
    return query.where(Resource.changed_at >= updated_since) if updated_since else query


def entry_filter(
    district: Annotated[list[DistrictCode], Query(title="区")] = [],  # noqa: B006
    status: Annotated[list[Literal["in_library", "left"]], Query(title="状态")] = [],  # noqa: B006
    type: Annotated[list[ProjectType], Query(title="项目类型")] = [],  # noqa: B006
    support_mode: Annotated[list[SupportMode], Query(title="拟申请支持方式")] = [],  # noqa: B006
    entity_uscc: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{18}$", title="实施主体")] = None,
    project_code: Annotated[str | None, Query(pattern=r"^[0-9-]{24}$", title="项目代码")] = None,
    q: Contains | None = None,
    updated_since: UpdatedSince | None = None,
) -> Select[Any]:
    """The projects a caller asks for."""
    query = select(LibraryEntry)
    wanted = (LibraryEntry.district, district), (LibraryEntry.status, status), (LibraryEntry.project_type, type)
    for column, values in (*wanted, (LibraryEntry.support_mode, support_mode)):
        query = query.where(column.in_(values)) if values else query
    query = query.where(LibraryEntry.entity_uscc == entity_uscc) if entity_uscc else query
    query = query.where(LibraryEntry.project_code == project_code) if project_code else query
    if q is not None:
        name, own_id = LibraryEntry.name, LibraryEntry.external_id
        query = query.where(name.icontains(q, autoescape=True) | own_id.icontains(q, autoescape=True))
    return query.where(LibraryEntry.changed_at >= updated_since) if updated_since else query


ResourceFilter = Annotated[Select[Any], Depends(resource_filter)]
EntryFilter = Annotated[Select[Any], Depends(entry_filter)]


class ResourcePage(BaseModel):
    """Resources in the order in which they were first recorded."""

    items: list[ResourceOut]
    next_cursor: str | None


class EntryPage(BaseModel):
    """Projects of the library in the order in which they were first recorded."""

    items: list[EntryOut]
    next_cursor: str | None


async def _page(session: AsyncSession, query: Any, model: Any, cursor: str | None, limit: int) -> dict[str, Any]:
    query = query.where(model.id > _after(cursor)) if cursor else query
    rows = (await session.scalars(query.order_by(model.id).limit(limit + 1))).all()
    return {"items": rows[:limit], "next_cursor": _cursor(rows[limit - 1].id) if len(rows) > limit else None}


@router.get("/v1/resources", name="list_resources", response_model=ResourcePage)
async def list_resources(
    session: ReadSession,
    actor: OfficialOrSystem,
    wanted: ResourceFilter,
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Resources that the caller may see, by the filters given. 四（一）2"""
    return await _page(session, wanted, Resource, cursor, limit)


@router.get("/v1/library-entries", name="list_library_entries", response_model=EntryPage)
async def list_library_entries(
    session: ReadSession, actor: OfficialOrSystem, wanted: EntryFilter, cursor: Cursor | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """Projects of the reserve library that the caller may see, by the filters given. 四（一）2"""
    return await _page(session, wanted, LibraryEntry, cursor, limit)


async def _resource(session: AsyncSession, district: str, external_id: str) -> Resource:
    query = select(Resource).where(Resource.district == district, Resource.external_id == external_id)
    resource = await session.scalar(query)
    if resource is None:
        raise NotFound()
    return resource


@router.get("/v1/resources/{district}/{external_id}", name="get_resource", response_model=ResourceOut)
async def get_resource(
    session: ReadSession,
    actor: OfficialOrSystem,
    response: Response,
    district: DistrictPath,
    external_id: ExternalIdPath,
) -> Resource:
    """One resource as it stands. 四（一）2"""
    resource = await _resource(session, district, external_id)
    response.headers["etag"] = etag(resource)
    return resource


@router.get("/v1/library-entries/{entry_id}", name="get_library_entry", response_model=EntryWithResources)
async def get_library_entry(
    session: ReadSession, actor: OfficialOrSystem, response: Response, entry_id: UUID
) -> EntryWithResources:
    """One project of the library as it stands, with the resources it renovates. 四（一）2"""
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


class Change(BaseModel):
    """One field that a version changed."""

    field: str
    title: str
    before: Any
    after: Any


class VersionOut(BaseModel):
    """What a row said, on whose word, since when and why; `changes` against the version before."""

    version: int
    quarter: str
    change_reason: str | None
    recorded_at: datetime
    recorded_by: str
    recorder_name: str
    role: str
    changes: list[Change]
    row: dict[str, Any]


Before = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="只要早于此版本的历史")]


@router.get("/v1/resources/{district}/{external_id}/versions", name="list_resource_versions")
async def list_resource_versions(
    session: ReadSession,
    actor: OfficialOrSystem,
    district: DistrictPath,
    external_id: ExternalIdPath,
    before: Before = None,
    limit: Limit = 50,
) -> list[VersionOut]:
    """The history of a resource, newest first: every version, its reason and what it changed. 四（一）2"""
    resource = await _resource(session, district, external_id)
    query = select(ResourceVersion).where(ResourceVersion.resource_id == resource.id)
    return await _history(session, query, ResourceVersion, ResourceRow, before, limit)


@router.get("/v1/library-entries/{entry_id}/versions", name="list_library_entry_versions")
async def list_library_entry_versions(
    session: ReadSession, actor: OfficialOrSystem, entry_id: UUID, before: Before = None, limit: Limit = 50
) -> list[VersionOut]:
    """The history of a project in the library, newest first. 四（一）2"""
    await found(session, LibraryEntry, entry_id)
    query = select(LibraryEntryVersion).where(LibraryEntryVersion.entry_id == entry_id)
    return await _history(session, query, LibraryEntryVersion, LibraryRow, before, limit)


async def _history(
    session: AsyncSession, query: Any, table: Any, model: type[BaseModel], before: int | None, limit: int
) -> list[VersionOut]:
    query = query.where(table.version < before) if before else query
    rows = (await session.scalars(query.order_by(table.version.desc()).limit(limit + 1))).all()
    return [_version(row, rows[at + 1 : at + 2], model) for at, row in enumerate(rows[:limit])]


def _version(row: Any, earlier: Sequence[Any], model: type[BaseModel]) -> VersionOut:
    changed = changes(earlier[0].content, row.content, model) if earlier else []
    kept = {name: getattr(row, name) for name in VersionOut.model_fields if name not in ("changes", "row")}
    return VersionOut(**kept, changes=[Change(**each) for each in changed], row=row.content)
