"""HTTP of attachments: adding, lists, content, withdrawal; a service includes the router and declares its papers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor
from shared.attachments.adding import Replacing, add, place_of, present_paper, withdraw
from shared.attachments.download import BINARY, CONTENT, content_of
from shared.attachments.uploads import Uploaded
from shared.audiences import Handler
from shared.contracts.library import DistrictCode
from shared.errors import NotFound
from shared.storage.attachment_tables import Attachment
from shared.storage.papers import Papers
from shared.storage.session import found
from shared.text import Line, Paragraph
from shared.web.auth import Person
from shared.web.filters import moments, one_of
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest
from shared.web.routing import FILE

router = APIRouter(route_class=ActRoute, tags=["附件"])
_CODE = r"^[a-z_]{1,40}$"


class AttachmentOut(BaseModel):
    """Paper of a record. A replaced or withdrawn one has `removed_at`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="附件编号", description="UUID")
    record: str = Field(title="事项类别", description="代码表 attachment_record")
    record_id: UUID = Field(title="事项标识", description="UUID；不属于某一事项的附件为本服务生成的标识")
    case_id: UUID = Field(title="办理记录所在事项", description="UUID")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    kind: str = Field(title="附件类别", description="代码表 attachment_kind")
    filename: str = Field(title="文件名")
    media_type: str = Field(title="媒体类型")
    sha256: str = Field(title="文件 SHA-256", description="十六进制")
    size_bytes: int = Field(title="文件大小", description="单位：字节")
    uploaded_by: Handler = Field(title="上传人")
    uploaded_role: str = Field(title="上传人角色")
    uploaded_at: datetime = Field(title="上传时间", description="RFC 3339，带时区")
    replaces: UUID | None = Field(title="所替换附件的编号", description="UUID")
    removed_by: Handler = Field(title="替换或撤回人")
    removed_at: datetime | None = Field(title="替换或撤回时间", description="仍有效时为 null")
    removed_reason: str | None = Field(title="替换或撤回的理由")


class WithdrawalIn(BaseModel):
    """Reason for which a paper is withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


AttachmentId = Annotated[UUID, Path(title="附件编号", description="UUID")]
Record = Annotated[
    str, Query(pattern=_CODE, title="事项类别", description="代码表 attachment_record 中的代码，如 application")
]
RecordId = Annotated[UUID | None, Query(title="事项标识", description="事项的 UUID；不属于某一事项的附件不填")]
District = Annotated[
    DistrictCode | None,
    Query(title="所在区", description="仅用于不属于某一事项的附件；不填即市级"),
]
Kind = Annotated[str, Query(pattern=_CODE, title="附件类别", description="代码表 attachment_kind 中的代码")]
Replaces = Annotated[UUID | None, Query(title="所替换的附件", description="同一事项、同一类别有效附件的 UUID")]
Reason = Annotated[Line | None, Query(title="替换的理由", description="给出 replaces 时必填")]


def papers_of_service(request: Request) -> Papers:
    """Return the papers that the service declares."""
    papers: Papers = request.app.state.instance.service.papers
    return papers


Declared = Annotated[Papers, Depends(papers_of_service)]


@router.post(
    "/v1/attachments",
    status_code=201,
    name="add_attachment",
    summary="上传附件",
    description=(
        "为一个事项上传一份附件，请求体为文件内容；内容和文件名都相同时返回已有附件，内容相同而文件名不同时以新文件名替换。"
        "以 replaces 和 reason 替换已有附件，原附件保留备查。哪类事项可附哪些附件、由谁上传见代码表和接口说明。"
    ),
    response_model=AttachmentOut,
    openapi_extra={"requestBody": {"required": True, "content": {FILE: BINARY}}},
    responses={200: {"model": AttachmentOut, "description": "内容相同，已有此附件"}},
)
async def add_attachment(
    upload: Uploaded,
    session: Session,
    actor: Person,
    papers: Declared,
    record: Record,
    kind: Kind,
    response: Response,
    record_id: RecordId = None,
    district: District = None,
    replaces: Replaces = None,
    reason: Reason = None,
) -> Attachment:
    """Add a paper to a record (the request body is its content), or replace one with a reason."""
    carrier = papers.carrier(record)
    carrier.addable(kind, actor.role)
    place = await place_of(session, carrier, record_id, district)
    paper, new = await add(session, papers, place, kind, upload, Replacing(replaces, reason))
    response.headers["location"] = f"/v1/attachments/{paper.id}"
    response.status_code = 201 if new else 200
    return paper


ATTACHMENTS = Listing(
    one_of("record", Attachment.record, Line, "事项类别"),
    one_of("record_id", Attachment.record_id, UUID, "事项标识"),
    one_of("kind", Attachment.kind, Line, "附件类别"),
    moments("uploaded_at", Attachment.uploaded_at, "上传时间"),
    sorts={"id": Attachment.id, "kind": Attachment.kind, "uploaded_at": Attachment.uploaded_at},
    key=Attachment.id,
    default="id",
)


def _readable(papers: Papers, actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the papers that a role may read; the fence of the row is the database's."""
    return tuple_(Attachment.record, Attachment.kind).in_(list(papers.readable(actor.role)))


@router.get(
    "/v1/attachments",
    name="list_attachments",
    summary="查看附件",
    description="按上传顺序列出可读的附件，可按事项和类别筛选；可含已替换或撤回的附件。项目单位只见本单位的附件。",
)
async def list_attachments(
    session: ReadSession,
    actor: Person,
    papers: Declared,
    asked: Annotated[PageRequest, Depends(ATTACHMENTS)],
    history: Annotated[bool, Query(description="含已替换或撤回的附件")] = False,
) -> Page[AttachmentOut]:
    """Return the papers that the caller may read; with `history` also replaced and withdrawn ones."""
    query = select(Attachment).where(_readable(papers, actor))
    query = query if history else query.where(Attachment.removed_at.is_(None))
    return await asked.page(session, query, AttachmentOut.model_validate)


@router.get(
    "/v1/attachments/{attachment_id}",
    name="read_attachment",
    summary="查看一份附件",
    description="返回一份附件的登记内容，已替换或撤回的也可查。",
    response_model=AttachmentOut,
)
async def read_attachment(
    session: ReadSession, actor: Person, papers: Declared, attachment_id: AttachmentId
) -> Attachment:
    """Return the record of a paper."""
    return await _read(session, papers, actor, attachment_id)


@router.get(
    "/v1/attachments/{attachment_id}/content",
    name="read_attachment_content",
    summary="下载附件",
    description="返回附件的文件内容；内容与上传时的 SHA-256 不符的不提供。",
    response_class=StreamingResponse,
    responses=CONTENT,
)
async def read_attachment_content(
    request: Request, session: ReadSession, actor: Person, papers: Declared, attachment_id: AttachmentId
) -> StreamingResponse:
    """Return the content of a paper, hashed again."""
    return await content_of(request, await _read(session, papers, actor, attachment_id))


async def _read(session: AsyncSession, papers: Papers, actor: Actor, paper_id: UUID) -> Attachment:
    paper = await found(session, Attachment, paper_id)
    if (paper.record, paper.kind) not in set(papers.readable(actor.role)):
        raise NotFound()
    return paper


@router.post(
    "/v1/attachments/{attachment_id}/withdraw",
    name="withdraw_attachment",
    summary="撤回附件",
    description="由上传的一方说明理由撤回附件，记录和内容保留；以其为依据的事项办结后不能撤回。",
    response_model=AttachmentOut,
)
async def withdraw_attachment(
    session: Session, actor: Person, papers: Declared, attachment_id: AttachmentId, body: WithdrawalIn
) -> Attachment:
    """Withdraw a paper with a reason before the acts that rest on it are decided."""
    paper = await present_paper(session, attachment_id)
    papers.carrier(paper.record).addable(paper.kind, actor.role)
    await withdraw(session, papers, paper, body.reason)
    return paper
