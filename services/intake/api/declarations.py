"""HTTP of declarations: create, list, read, edit (三（一）¶1)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.api.parameters import DeclarationId
from services.intake.declarations import updated_response, visible_declaration
from services.intake.models.declarations import Declaration, next_declaration_no
from services.intake.models.registers import LibraryEntry
from services.intake.rules.stages import StageCode
from services.intake.schemas.declarations import DeclarationDraft, DeclarationEdit, DeclarationOut, stored_facts
from shared.clock import uuid7
from shared.contracts.library import DistrictCode, ProjectType
from shared.errors import Forbidden, Invalid
from shared.identifiers import ProjectCode, Uscc
from shared.storage.audit import case_of, record_act
from shared.storage.project_codes import refuse_future_code
from shared.storage.session import now, today
from shared.storage.versions import etag, locked_as_read
from shared.web.auth import Anyone, Applicant
from shared.web.filters import dates, moments, one_of, search, since
from shared.web.headers import VERSIONED, VERSIONED_CREATED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["申报"])


@router.post(
    "/v1/declarations",
    status_code=201,
    name="create_declaration",
    summary="新建申报",
    description=(
        "项目单位以本单位名义新建申报草稿；提交前仅本单位可见。关联的储备库项目须属于本单位和所在区。依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED_CREATED,
)
async def create_declaration(
    session: Session, actor: Applicant, draft: DeclarationDraft, response: Response
) -> Declaration:
    """Create a draft, which only the applicant sees until it is submitted. 三（一）"""
    if draft.applicant_uscc != actor.uscc:
        detail = f"只能以本单位名义申报，请填写本单位统一社会信用代码 {actor.uscc}"
        raise Forbidden(detail, field="/body/applicant_uscc")
    refuse_future_code(session, draft.project_code)
    declaration = await _new(session, draft)
    await _check_library_entry(session, declaration)
    session.add(declaration)
    await record_act(session, "create_declaration", case_of(declaration), round=declaration.round, duty="apply")
    response.headers["location"] = f"/v1/declarations/{declaration.id}"
    return await updated_response(session, response, declaration)


async def _new(session: AsyncSession, draft: DeclarationDraft) -> Declaration:
    at = now(session)
    facts = stored_facts(draft.facts)
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
    """Raise Invalid unless the library project belongs to the same entity and district. 四（一）2"""
    if declaration.library_entry_id is None:
        return
    entry = await session.get(LibraryEntry, declaration.library_entry_id)
    if entry is None or (entry.district, entry.entity_uscc) != (declaration.district, declaration.applicant_uscc):
        detail = "所在区储备库中没有本单位的这个项目；请向区发展改革委核实储备库项目标识，或不填"
        raise Invalid(detail, field="/body/library_entry_id")


DECLARATIONS = Listing(
    one_of("district", Declaration.district, DistrictCode, "所在区"),
    one_of("stage", Declaration.stage, StageCode, "办理阶段"),
    one_of("project_type", Declaration.project_type, ProjectType, "项目类型"),
    one_of("applicant_uscc", Declaration.applicant_uscc, Uscc, "申报单位统一社会信用代码"),
    one_of("project_code", Declaration.project_code, ProjectCode, "项目代码"),
    dates("submitted_on", Declaration.submitted_on, "提交日期"),
    dates("received_on", Declaration.received_on, "市级接收日期"),
    dates("due_on", Declaration.due_on, "办理期限"),
    moments("updated_at", Declaration.updated_at, "最近变动时间"),
    since("updated_since", Declaration.updated_at, "只要此时刻起有变动的记录，须带时区"),
    search(
        "项目名称、申报编号、申报单位或地址",
        Declaration.project_name,
        Declaration.declaration_no,
        Declaration.applicant_name,
        Declaration.address,
    ),
    sorts={
        "id": Declaration.id,
        "declaration_no": Declaration.declaration_no,
        "project_name": Declaration.project_name,
        "district": Declaration.district,
        "submitted_on": Declaration.submitted_on,
        "due_on": Declaration.due_on,
        "updated_at": Declaration.updated_at,
    },
    key=Declaration.id,
    default="-id",
)


@router.get(
    "/v1/declarations",
    name="list_declarations",
    summary="查询申报",
    description="分页列出可见的申报。项目单位只见本单位申报，区级只见本区已提交的申报。依据方案三（一）。",
)
async def list_declarations(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(DECLARATIONS)]
) -> Page[DeclarationOut]:
    """Return the declarations that the caller may see, newest first."""
    query = select(Declaration)
    if actor.role != "applicant":
        query = query.where(Declaration.round > 0)
    return await asked.page(session, query, DeclarationOut.model_validate)


@router.get(
    "/v1/declarations/{declaration_id}",
    name="read_declaration",
    summary="查看申报",
    description=(
        "返回申报的现行内容；响应头 ETag 用于修改时的 If-Match。项目单位只见本单位申报，"
        "区级只见本区已提交的申报。依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def read_declaration(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, response: Response
) -> Declaration:
    """Return the declaration; a change sends its ETag back in If-Match."""
    declaration = await visible_declaration(session, actor, declaration_id)
    response.headers["etag"] = etag(declaration)
    return declaration


@router.patch(
    "/v1/declarations/{declaration_id}",
    name="edit_declaration",
    summary="修改申报",
    description=(
        "项目单位修改草稿或退回补正的申报（JSON Merge Patch）；已作的真实性承诺随之失效，须重新承诺。须先读取，"
        "并以 If-Match 带回其 ETag。依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def edit_declaration(
    session: Session,
    actor: Applicant,
    declaration_id: DeclarationId,
    edit: DeclarationEdit,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Edit a draft or a returned declaration (JSON Merge Patch); an earlier undertaking becomes void."""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    refuse_future_code(session, edit.project_code)
    simulated = edit.simulated if "simulated" in edit.model_fields_set else None
    declaration.edit(edit.fields(), edit.facts_patch(), simulated, now(session))
    await _check_library_entry(session, declaration)
    await record_act(
        session,
        "edit_declaration",
        case_of(declaration),
        round=declaration.round,
        duty="apply",
        changed=sorted(edit.model_fields_set),
    )
    return await updated_response(session, response, declaration)
