"""HTTP of district standards: dated, by a published document, append-only (四（一）2)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import DistrictStandard
from services.eligibility.schemas.standards import DistrictStandardIn, DistrictStandardOut, Parameter
from services.eligibility.standards import without_trailing_zeros
from shared.actors import Actor
from shared.clock import uuid7
from shared.contracts.library import DistrictCode
from shared.errors import Forbidden, Invalid
from shared.policy.parameters import DatedValue, history
from shared.storage.audit import Case, record_act
from shared.storage.session import now
from shared.web.auth import DistrictSupervisor, OfficialOrSystem
from shared.web.filters import dates, one_of, search
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["区级标准"])
_STANDARDS_LOCK = 0x7E16


@router.post(
    "/v1/district-standards",
    status_code=201,
    name="set_district_standard",
    summary="发布区级标准",
    description=(
        "区发展改革委负责人发布本区认定标准；自施行日期起的判定采用，"
        "同一日期以后发布的为准，已作判定不变。依据：四（一）2、四（二）3。"
    ),
)
async def set_district_standard(
    session: Session, actor: DistrictSupervisor, body: DistrictStandardIn, response: Response
) -> DistrictStandardOut:
    """Publish a district standard, which assessments read from its date on. 四（一）2, 四（二）3"""
    if body.district not in actor.districts:
        raise Forbidden(f"只能设定本区（{'、'.join(sorted(actor.districts))}）的标准", field="/body/district")
    if _parameter(body.parameter).unit == "%" and body.value > 1:
        raise Invalid("比例须为 0 至 1 的小数，如 0.30", field="/body/value")
    standard = await _numbered(session, actor, body)
    detail = body.model_dump(mode="json", include={"parameter", "value", "valid_from", "document_no"})
    await record_act(session, "set_district_standard", Case(standard.id, body.district), reason=body.reason, **detail)
    response.headers["location"] = f"/v1/district-standards?district={body.district}"
    return _out(standard)


STANDARDS = Listing(
    one_of("district", DistrictStandard.district, DistrictCode, "所在区"),
    one_of("parameter", DistrictStandard.parameter, Parameter, "参数"),
    dates("valid_from", DistrictStandard.valid_from, "施行日期"),
    search("文件名称或文号", DistrictStandard.document_no),
    sorts={
        "district": DistrictStandard.district,
        "valid_from": DistrictStandard.valid_from,
        "set_at": DistrictStandard.set_at,
    },
    key=DistrictStandard.id,
    default="district",
)


@router.get(
    "/v1/district-standards",
    name="list_district_standards",
    summary="区级标准列表",
    description="列出各区历次发布的标准，包括已被替代的。",
)
async def list_district_standards(
    session: ReadSession, actor: OfficialOrSystem, asked: Annotated[PageRequest, Depends(STANDARDS)]
) -> Page[DistrictStandardOut]:
    """Return all district standards, replaced ones included."""
    return await asked.page(session, select(DistrictStandard), _out)


async def _numbered(session: AsyncSession, actor: Actor, body: DistrictStandardIn) -> DistrictStandard:
    """Add the standard under its district's next number; concurrent entries wait for a lock."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STANDARDS_LOCK})
    last = await session.scalar(
        select(func.max(DistrictStandard.number)).where(DistrictStandard.district == body.district)
    )
    standard = DistrictStandard(
        id=uuid7(now(session)),
        number=(last or 0) + 1,
        set_by=actor.subject,
        set_by_name=actor.name,
        set_at=now(session),
        district=body.district,
        parameter=body.parameter,
        value=body.value,
        valid_from=body.valid_from,
        document_no=body.document_no,
    )
    session.add(standard)
    return standard


def _parameter(key: str) -> DatedValue:
    return history()[key][0]


def _out(standard: DistrictStandard) -> DistrictStandardOut:
    city = _parameter(standard.parameter)
    fields = {
        name: getattr(standard, name)
        for name in DistrictStandardOut.model_fields
        if name not in ("label", "unit", "value")
    }
    return DistrictStandardOut(**fields, value=without_trailing_zeros(standard.value), label=city.label, unit=city.unit)
