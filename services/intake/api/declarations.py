"""HTTP of declarations: draft, list, read, edit (三（一）¶1)."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.acting import act_on
from services.intake.api.cases import answer, seen
from services.intake.api.shapes import DeclarationDraft, DeclarationEdit, DeclarationOut, Moment, plain_facts
from services.intake.models.declarations import Declaration, next_declaration_no
from services.intake.models.library import LibraryEntry
from services.intake.rules.stages import StageCode
from shared.clock import uuid7
from shared.contracts.library import DistrictCode, ProjectType
from shared.errors import Forbidden, Invalid
from shared.storage.session import etag, expect_version, locked, now, today
from shared.web.auth import Anyone, Applicant
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["申报"])
Cursor = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{22}$", description="上一页的 next_cursor")]


class DeclarationPage(BaseModel):
    """Declarations, newest first."""

    items: list[DeclarationOut]
    next_cursor: str | None


@router.post("/v1/declarations", status_code=201, name="create_declaration", response_model=DeclarationOut)
async def create_declaration(
    session: Session, actor: Applicant, draft: DeclarationDraft, response: Response
) -> Declaration:
    """Begin a declaration; only its owner sees it until it is submitted. 三（一）"""
    if draft.applicant_uscc != actor.uscc:
        raise Forbidden("只能以本单位名义申报", field="/body/applicant_uscc")
    declaration = await _new(session, draft)
    await _check_library_entry(session, declaration)
    session.add(declaration)
    await act_on(session, "create_declaration", declaration, duty="apply")
    response.headers["location"] = f"/v1/declarations/{declaration.id}"
    return await answer(session, response, declaration)


async def _new(session: AsyncSession, draft: DeclarationDraft) -> Declaration:
    at = now(session)
    facts = plain_facts(draft.facts)
    return Declaration(
        id=uuid7(at),
        declaration_no=await next_declaration_no(session, draft.district, today(session).year),
        stage="draft",
        round=0,
        assessed=False,
        funds_held=False,
        facts=facts,
        project_type=facts.get("project_type"),
        created_at=at,
        updated_at=at,
        **draft.model_dump(exclude={"facts"}),
    )


async def _check_library_entry(session: AsyncSession, declaration: Declaration) -> None:
    """A declaration may only lean on its own entity's project in its own district's library. 四（一）2"""
    if declaration.library_entry_id is None:
        return
    entry = await session.get(LibraryEntry, declaration.library_entry_id)
    if entry is None or (entry.district, entry.entity_uscc) != (declaration.district, declaration.applicant_uscc):
        raise Invalid("所在区储备库中没有本单位的这个项目", field="/body/library_entry_id")


@router.get("/v1/declarations", name="list_declarations")
async def list_declarations(
    session: ReadSession,
    actor: Anyone,
    district: Annotated[list[DistrictCode], Query()] = [],  # noqa: B006 - FastAPI copies query defaults
    stage: Annotated[list[StageCode], Query()] = [],  # noqa: B006
    project_type: Annotated[list[ProjectType], Query()] = [],  # noqa: B006
    updated_since: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor | None = None,
) -> DeclarationPage:
    """The declarations the caller may see, newest first."""
    query = select(Declaration).order_by(Declaration.id.desc()).limit(limit + 1)
    if actor.role != "applicant":
        query = query.where(Declaration.round > 0)
    if updated_since:
        query = query.where(Declaration.updated_at >= updated_since)
    if cursor:
        query = query.where(Declaration.id < _id_of(cursor))
    for column, wanted in (
        (Declaration.district, district),
        (Declaration.stage, stage),
        (Declaration.project_type, project_type),
    ):
        query = query.where(column.in_(wanted)) if wanted else query
    rows = (await session.scalars(query)).all()
    more = _cursor_of(rows[limit - 1].id) if len(rows) > limit else None
    return DeclarationPage(items=[DeclarationOut.model_validate(row) for row in rows[:limit]], next_cursor=more)


def _cursor_of(declaration_id: UUID) -> str:
    return base64.urlsafe_b64encode(declaration_id.bytes).rstrip(b"=").decode()


def _id_of(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (binascii.Error, ValueError):
        raise Invalid("游标无效", field="/query/cursor") from None


@router.get("/v1/declarations/{declaration_id}", name="get_declaration", response_model=DeclarationOut)
async def get_declaration(session: ReadSession, actor: Anyone, declaration_id: UUID, response: Response) -> Declaration:
    """A declaration as it stands; its ETag goes into If-Match of a change."""
    declaration = await seen(session, actor, declaration_id)
    response.headers["etag"] = etag(declaration)
    return declaration


@router.patch("/v1/declarations/{declaration_id}", name="edit_declaration", response_model=DeclarationOut)
async def edit_declaration(
    session: Session,
    actor: Applicant,
    declaration_id: UUID,
    edit: DeclarationEdit,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> Declaration:
    """Change a draft or a returned declaration (JSON Merge Patch); an undertaking given before is void."""
    declaration = await locked(session, Declaration, declaration_id)
    expect_version(declaration, if_match)
    simulated = edit.simulated if "simulated" in edit.model_fields_set else None
    declaration.edit(edit.fields(), edit.facts_patch(), simulated, now(session))
    await _check_library_entry(session, declaration)
    await act_on(session, "edit_declaration", declaration, duty="apply", changed=sorted(edit.model_fields_set))
    return await answer(session, response, declaration)
