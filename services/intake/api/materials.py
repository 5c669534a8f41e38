"""HTTP of materials: upload, removal, lists, content (三（一）¶2)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.api.parameters import DeclarationId, MaterialId
from services.intake.declarations import visible_declaration
from services.intake.models.declarations import Declaration
from services.intake.models.materials import Material
from services.intake.rules import checklist as lists
from services.intake.rules.stages import EDITABLE, UNDER_REVIEW
from shared.actors import Actor
from shared.attachments.download import BINARY, CONTENT, content_of
from shared.attachments.quotas import Stored, check_quota
from shared.attachments.uploads import Upload, Uploaded
from shared.clock import uuid7
from shared.errors import Forbidden, Invalid, NotFound
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, found, locked, now
from shared.text import Line
from shared.web.auth import Anyone, MaterialProvider
from shared.web.filters import moments, one_of
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest
from shared.web.routing import FILE

router = APIRouter(route_class=ActRoute, tags=["申报材料"])
_STAGES_OF_ROLE = {
    "applicant": EDITABLE,
    "district_officer": UNDER_REVIEW,
    "district_government": frozenset({"opinion_requested"}),
}
_DUTY_OF_ROLE = {"applicant": "apply", "district_officer": "first_review", "district_government": "opinion"}


class MaterialOut(BaseModel):
    """Uploaded file. A replaced or removed file has `removed_at`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    kind: str = Field(title="材料代码", description="见材料清单的 code")
    filename: str = Field(title="文件名")
    media_type: str = Field(title="媒体类型")
    sha256: str = Field(title="文件 SHA-256", description="十六进制")
    size_bytes: int = Field(title="文件大小", description="单位：字节")
    round: int = Field(title="上传时的提交轮次")
    uploaded_role: str = Field(title="上传人角色")
    uploaded_at: datetime = Field(title="上传时间", description="RFC 3339，带时区")
    replaces: UUID | None = Field(title="所替换材料的标识", description="UUID")
    removed_at: datetime | None = Field(title="移除时间", description="仍有效时为 null")


Kind = Annotated[
    str, Query(pattern=r"^[a-z_]{1,40}$", title="材料代码", description="材料清单中的 code，如 credit_report")
]
Replaces = Annotated[
    UUID | None, Query(title="所替换的材料", description="所替换材料的 UUID，须为同一材料代码的有效材料")
]


@router.post(
    "/v1/declarations/{declaration_id}/materials",
    status_code=201,
    name="upload_material",
    summary="上传材料",
    description=(
        "上传一份材料，请求体为文件内容；内容和文件名都相同时返回已有材料，内容相同而文件名不同时以新文件名替换。项目单位在草稿或退回补正时上传，"
        "区发展改革委在初审时上传，区政府（管委会）在征求意见时上传。依据方案三（一）。"
    ),
    response_model=MaterialOut,
    openapi_extra={"requestBody": {"required": True, "content": {FILE: BINARY}}},
    responses={200: {"model": MaterialOut, "description": "内容相同，已有此材料"}},
)
async def upload_material(
    upload: Uploaded,
    session: Session,
    actor: MaterialProvider,
    declaration_id: DeclarationId,
    kind: Kind,
    response: Response,
    replaces: Replaces = None,
) -> Material:
    """Upload a file (the request body is its content); the same content under the same name returns the same material.

    The same content under another name replaces it: the earlier name was wrong. 三（一）¶2
    """
    declaration = await locked(session, Declaration, declaration_id)
    _check_provider(actor, declaration, kind)
    same = await _same_content(session, declaration_id, kind, upload.received.sha256)
    if same and same.filename == upload.filename:
        response.status_code = 200
        return same
    response.headers["location"] = f"/v1/declarations/{declaration_id}/materials"
    replaced = await _remove_replaced(session, declaration_id, kind, replaces, same)
    await check_quota(session, _stored(declaration), upload.received.size_bytes)
    await upload.keep(session)
    material = _row(session, declaration, kind, upload, replaced)
    session.add(material)
    await _record_change(session, declaration, actor, "upload_material", material)
    return material


def _stored(declaration: Declaration) -> Stored:
    here = Material.declaration_id == declaration.id
    return Stored(Material, here, "本申报", "材料", declaration.applicant_uscc)


def _check_provider(actor: Actor, declaration: Declaration, kind: str, field: str = "/query/kind") -> None:
    """Check that the role may provide this kind at this stage. Raises Invalid, Forbidden or WrongStatus."""
    known = {item.code: item for item in lists.items()}
    if kind not in known or kind == "undertaking":
        allowed = "、".join(_uploadable_kinds(actor.role))
        raise Invalid(f"材料清单中没有可上传的这一项；可上传：{allowed}", field=field)
    if known[kind].provider != actor.role:
        provider = lists.PROVIDER_LABELS[known[kind].provider]
        raise Forbidden(f"“{known[kind].name}”由{provider}提供，您不能上传或移除", field=field)
    declaration.require_stage(_STAGES_OF_ROLE[actor.role])


def _uploadable_kinds(role: str) -> list[str]:
    return [item.code for item in lists.items() if item.provider == role and item.code != "undertaking"]


async def _same_content(session: AsyncSession, declaration_id: UUID, kind: str, sha256: str) -> Material | None:
    material: Material | None = await session.scalar(
        select(Material).where(
            Material.declaration_id == declaration_id,
            Material.kind == kind,
            Material.sha256 == sha256,
            Material.removed_at.is_(None),
        )
    )
    return material


async def _remove_replaced(
    session: AsyncSession, declaration_id: UUID, kind: str, replaces: UUID | None, same: Material | None
) -> UUID | None:
    """Remove the replaced material, and one with the same content under another name; return which is replaced."""
    named = None if replaces is None else await _active_material(session, declaration_id, replaces, kind)
    removed = [each for each in (named, same) if each is not None]
    for material in removed:
        material.remove(actor_of(session).subject, now(session))
    await session.flush()
    return removed[0].id if removed else None


async def _active_material(
    session: AsyncSession, declaration_id: UUID, material_id: UUID, kind: str | None = None
) -> Material:
    """Return a material that was not removed. Raises NotFound, also for another kind."""
    material = await found(session, Material, material_id)
    wrong_kind = kind is not None and material.kind != kind
    if material.declaration_id != declaration_id or material.removed_at is not None or wrong_kind:
        raise NotFound("没有这份有效材料，可能已被替换或移除；请重新查询材料列表")
    return material


def _row(session: AsyncSession, declaration: Declaration, kind: str, upload: Upload, replaces: UUID | None) -> Material:
    at, actor = now(session), actor_of(session)
    return Material(
        id=uuid7(at),
        declaration_id=declaration.id,
        district=declaration.district,
        applicant_uscc=declaration.applicant_uscc,
        kind=kind,
        filename=upload.filename,
        media_type=upload.media_type,
        sha256=upload.received.sha256,
        size_bytes=upload.received.size_bytes,
        round=declaration.round,
        uploaded_by=actor.subject,
        uploaded_role=actor.role,
        uploaded_at=at,
        replaces=replaces,
    )


async def _record_change(
    session: AsyncSession, declaration: Declaration, actor: Actor, act: str, material: Material
) -> None:
    """Record the change; a change by the applicant voids the undertaking, which covers the materials. 四（一）1"""
    if actor.role == "applicant":
        declaration.void_undertaking()
    declaration.updated_at = now(session)
    detail = {"kind": material.kind, "sha256": material.sha256, "filename": material.filename}
    await record_act(
        session, act, case_of(declaration), round=declaration.round, duty=_DUTY_OF_ROLE[actor.role], **detail
    )


@router.delete(
    "/v1/declarations/{declaration_id}/materials/{material_id}",
    status_code=204,
    name="remove_material",
    summary="移除材料",
    description="在允许上传的阶段移除本方提供的材料，记录和内容保留。依据方案三（一）。",
)
async def remove_material(
    session: Session, actor: MaterialProvider, declaration_id: DeclarationId, material_id: MaterialId
) -> None:
    """Remove a material; its row and content are kept."""
    declaration = await locked(session, Declaration, declaration_id)
    material = await _active_material(session, declaration_id, material_id)
    _check_provider(actor, declaration, material.kind, "/path/material_id")
    material.remove(actor.subject, now(session))
    await _record_change(session, declaration, actor, "remove_material", material)


MATERIALS = Listing(
    one_of("kind", Material.kind, Line, "材料类别"),
    moments("uploaded_at", Material.uploaded_at, "上传时间"),
    sorts={"id": Material.id, "kind": Material.kind, "uploaded_at": Material.uploaded_at},
    key=Material.id,
    default="id",
)


@router.get(
    "/v1/declarations/{declaration_id}/materials",
    name="list_materials",
    summary="查看材料",
    description=(
        "按上传顺序列出材料；可含已替换或移除的材料。项目单位和有权查看该申报的工作人员可查。依据方案三（一）。"
    ),
)
async def list_materials(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    asked: Annotated[PageRequest, Depends(MATERIALS)],
    history: Annotated[bool, Query(description="含已替换或删除的材料")] = False,
) -> Page[MaterialOut]:
    """Return the materials in order of upload; with `history` also replaced and removed ones."""
    await visible_declaration(session, actor, declaration_id)
    query = select(Material).where(Material.declaration_id == declaration_id)
    query = query if history else query.where(Material.removed_at.is_(None))
    return await asked.page(session, query, MaterialOut.model_validate)


@router.get(
    "/v1/declarations/{declaration_id}/materials/{material_id}/content",
    name="read_material_content",
    summary="下载材料",
    description="返回材料的文件内容。区发展改革委的内部材料不向项目单位提供。依据方案三（一）。",
    response_class=StreamingResponse,
    responses=CONTENT,
)
async def read_material_content(
    request: Request, session: ReadSession, actor: Anyone, declaration_id: DeclarationId, material_id: MaterialId
) -> StreamingResponse:
    """Return the content of a material. Applicants cannot read the district's internal documents."""
    await visible_declaration(session, actor, declaration_id)
    material = await found(session, Material, material_id)
    if material.declaration_id != declaration_id:
        raise NotFound()
    if actor.role == "applicant" and lists.item(material.kind).provider == "district_officer":
        raise Forbidden("该材料为区发展改革委内部材料，不向项目单位提供；如需了解请联系区发展改革委")
    return await content_of(request, material)
