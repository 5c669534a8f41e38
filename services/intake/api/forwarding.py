"""HTTP of the report to the city and of its receipt (三（一）¶1, 二（五）, 四（一）2)."""

from datetime import date

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake import events
from services.intake.api.parameters import DeclarationId
from services.intake.api.refusals import RefusalsRecorded
from services.intake.city_steps import review_due_on, step_due_on
from services.intake.declarations import updated_response
from services.intake.models.declarations import Declaration
from services.intake.models.first_review import findings_of
from services.intake.models.materials import checklist_of
from services.intake.models.opinions import valid_opinion
from services.intake.models.registers import LibraryEntry, LibraryResource, Resource
from services.intake.rules import refusals
from services.intake.rules.first_review import REVIEW_ITEM_LABELS
from services.intake.rules.stages import UNDER_REVIEW
from services.intake.rules.submission import Gap, material_gaps
from services.intake.schemas.declarations import DeclarationOut
from services.intake.submission import refuses_completed
from shared.contracts.library import ConstructionStatus
from shared.events.outbox import emit
from shared.policy import interpretations
from shared.storage.audit import case_of, hands_of, record_act
from shared.storage.session import now, settings_of, today
from shared.storage.versions import locked_as_read
from shared.text import Paragraph
from shared.web.auth import CityOfficer, DistrictSupervisor
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["上报"])


class ForwardIn(BaseModel):
    """The district's conclusion, with a reason if the project is outside the reserve library (四（一）2, I29)."""

    opinion: Paragraph = Field(title="初审结论", description="最多 4000 字")
    library_exception_reason: Paragraph | None = Field(
        None, title="未纳入储备库的理由", description="项目不在储备库时必填，最多 4000 字"
    )


@router.post(
    "/v1/declarations/{declaration_id}/forward",
    name="forward_declaration",
    summary="上报市发展改革委",
    description=(
        "区发展改革委负责人将初审合格的申报上报市发展改革委。各项初审须通过，区政府（管委会）须同意，材料须齐全；"
        "未纳入储备库的须写明理由。上报人不得为初审人。依据方案三（一）、四（一）2。"
    ),
    response_model=DeclarationOut,
    dependencies=[RefusalsRecorded],
    responses=VERSIONED,
)
async def forward_declaration(
    session: Session,
    actor: DistrictSupervisor,
    declaration_id: DeclarationId,
    conclusion: ForwardIn,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Report a reviewed declaration to the city; eligibility takes over from here. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    declaration.require_stage(UNDER_REVIEW)
    in_library = await in_reserve_library(session, declaration)
    if missing := await _gaps(session, declaration, in_library, conclusion.library_exception_reason):
        raise refusals.not_forwardable(missing)
    declaration.forward(today(session), now(session), step_due_on(session, "forwarded"))
    exception = None if in_library else conclusion.library_exception_reason
    detail = {"clause": "三（一）", "in_reserve_library": in_library, "library_exception_reason": exception}
    await record_act(
        session,
        "forward_declaration",
        case_of(declaration),
        round=declaration.round,
        duty="forward",
        reason=conclusion.opinion,
        **detail,
    )
    hands = await hands_of(session, declaration.id)
    certificates = await title_certificates(session, declaration)
    await emit(session, events.forwarded(declaration, in_library, certificates, conclusion.opinion, exception, hands))
    return await updated_response(session, response, declaration)


async def in_reserve_library(session: AsyncSession, declaration: Declaration) -> bool:
    """Return True if the linked project is now in its district's reserve library. 四（一）2"""
    if declaration.library_entry_id is None:
        return False
    entry = await session.get(LibraryEntry, declaration.library_entry_id)
    return entry is not None and entry.district == declaration.district and entry.status == "in_library"


async def title_certificates(session: AsyncSession, declaration: Declaration) -> list[str]:
    """Return the title certificates that the resource ledger has for the buildings of a declaration. 二（五）"""
    linked = [part.get("resource_id") for part in declaration.facts.get("components") or ()]
    in_library = select(LibraryResource.resource_external_id).where(
        LibraryResource.entry_id == declaration.library_entry_id
    )
    certificate = Resource.content["title_certificate_no"].astext
    found = select(certificate).where(
        Resource.district == declaration.district,
        or_(Resource.external_id.in_([each for each in linked if each]), Resource.external_id.in_(in_library)),
        certificate.is_not(None),
    )
    return list(await session.scalars(found.distinct().order_by(certificate)))


async def _gaps(session: AsyncSession, declaration: Declaration, in_library: bool, exception: str | None) -> list[Gap]:
    """Return every gap of first review, opinion, materials and reserve library."""
    findings = await findings_of(session, declaration)
    found = [
        Gap(f"/first-review/{thing}", f"{label}初审", "三（一）", f"完成{label}初审并通过；不通过的退回补正或不予上报")
        for thing, label in REVIEW_ITEM_LABELS.items()
        if thing not in findings or findings[thing].outcome != "pass"
    ]
    opinion = await valid_opinion(session, declaration)
    if opinion is None or opinion.position != "agree":
        status = "尚无有效意见" if opinion is None else "区政府（管委会）不同意"
        found.append(Gap("/opinion", f"区政府（管委会）意见：{status}", "三（一）", "征得区政府（管委会）同意后再上报"))
    lines = await checklist_of(session, declaration, opinion_given=opinion is not None)
    found += material_gaps(lines, "district_officer", "applicant")
    return found if in_library else found + _outside_library(session, exception)


def _outside_library(session: AsyncSession, exception: str | None) -> list[Gap]:
    """Return the gap of a project outside the library; a reason closes it unless the setting forbids it (I29)."""
    if interpretations(settings_of(session).interpretations)["reserve_library_missing"] == "block":
        return [Gap("/library_entry_id", "纳入储备库", "四（一）2", "先将项目纳入所在区储备库，再在申报中关联")]
    how = "原则上应先纳入储备库；确需上报的，由负责人写明理由"
    return [] if exception else [Gap("/body/library_exception_reason", "未纳入储备库的理由", "四（一）2", how)]


class ReceiptIn(BaseModel):
    """Construction status as the city found it, with its evidence."""

    construction_status: ConstructionStatus = Field(
        title="建设状态",
        description=(
            "市级核对的实际状态：not_ready 不具备开工条件；ready_to_start 具备开工条件；"
            "under_construction 在建；completed 完成"
        ),
    )
    evidence: Paragraph = Field(title="核对依据", description="最多 4000 字")


@router.post(
    "/v1/declarations/{declaration_id}/receive",
    name="receive_declaration",
    summary="市级接收",
    description=(
        "市发展改革委经办人员核对建设状态后接收申报；已完工的项目不予接收。申报须已上报。依据方案三（一）、二（五）。"
    ),
    response_model=DeclarationOut,
    dependencies=[RefusalsRecorded],
    responses=VERSIONED,
)
async def receive_declaration(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    receipt: ReceiptIn,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Receive the declaration at the city after checking again that it is not completed (I15). 二（五）, 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    on: date = today(session)
    declaration.receive(on, now(session), await review_due_on(session, declaration))
    if receipt.construction_status == "completed" and refuses_completed(session, "city_receipt"):
        raise refusals.completed("/body/construction_status")
    detail = {"clause": "三（一）、二（五）", "construction_status": receipt.construction_status}
    act = {"duty": "receipt", "reason": receipt.evidence, **detail}
    await record_act(session, "receive_declaration", case_of(declaration), round=declaration.round, **act)
    hands = await hands_of(session, declaration.id)
    await emit(session, events.received(declaration, on, receipt.construction_status, hands))
    return await updated_response(session, response, declaration)
