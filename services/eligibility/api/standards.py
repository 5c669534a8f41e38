"""HTTP of the parameters that a district sets for itself: dated, by a published document, never edited (四（一）2)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import DistrictStandard
from services.eligibility.standards import without_trailing_zeros
from shared.actors import Actor
from shared.clock import uuid7
from shared.contracts.library import DistrictCode
from shared.errors import Forbidden, Invalid
from shared.money import Quantity
from shared.policy.parameters import DatedValue, district_keys, history
from shared.storage.audit import Case, record_act
from shared.storage.session import now
from shared.text import Line, Paragraph
from shared.web.auth import DistrictSupervisor, OfficialOrSystem
from shared.web.filters import dates, one_of, search
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["区级标准"])
_STANDARDS_LOCK = 0x7E16


def _allowed(key: str) -> str:
    if key not in district_keys():
        raise ValueError(f"区级不能设定该参数，可设定：{'、'.join(sorted(district_keys()))}")
    return key


Parameter = Annotated[
    str, AfterValidator(_allowed), WithJsonSchema({"type": "string", "enum": sorted(district_keys())})
]


class StandardIn(BaseModel):
    """A district's own number from a day on."""

    model_config = ConfigDict(extra="forbid")

    district: DistrictCode
    parameter: Parameter = Field(title="参数")
    value: Quantity = Field(title="数值", description="比例填 0 至 1 的小数")
    valid_from: date = Field(title="施行日期", ge=date(2021, 1, 1), le=date(2100, 12, 31))
    document_no: Line = Field(title="文件名称或文号")
    reason: Paragraph = Field(title="说明")


class StandardOut(BaseModel):
    """A standard as kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    district: str
    parameter: str
    label: str
    unit: str
    value: Quantity
    valid_from: date
    document_no: str
    set_by: str
    set_by_name: str
    set_at: datetime


@router.post("/v1/district-standards", status_code=201, name="set_district_standard")
async def set_district_standard(
    session: Session, actor: DistrictSupervisor, wanted: StandardIn, response: Response
) -> StandardOut:
    """Publish a district's own criterion; assessments of that day and later read it. 四（一）2, 四（二）3"""
    if wanted.district not in actor.districts:
        raise Forbidden("只能设定本区标准", field="/body/district")
    if _parameter(wanted.parameter).unit == "%" and wanted.value > 1:
        raise Invalid("比例须在 0 与 1 之间", field="/body/value")
    standard = await _numbered(session, actor, wanted)
    told = wanted.model_dump(mode="json", include={"parameter", "value", "valid_from", "document_no"})
    await record_act(session, "set_district_standard", Case(standard.id, wanted.district), reason=wanted.reason, **told)
    response.headers["location"] = f"/v1/district-standards?district={wanted.district}"
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


@router.get("/v1/district-standards", name="list_district_standards")
async def list_district_standards(
    session: ReadSession, actor: OfficialOrSystem, asked: Annotated[PageRequest, Depends(STANDARDS)]
) -> Page[StandardOut]:
    """Return every standard ever set, by district in the order of entry; of two from one day the later one counts."""
    return await asked.page(session, select(DistrictStandard), _out)


async def _numbered(session: AsyncSession, actor: Actor, wanted: StandardIn) -> DistrictStandard:
    """The standard under its district's next number; two entered at once take turns."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STANDARDS_LOCK})
    last = await session.scalar(
        select(func.max(DistrictStandard.number)).where(DistrictStandard.district == wanted.district)
    )
    standard = DistrictStandard(
        id=uuid7(now(session)),
        number=(last or 0) + 1,
        set_by=actor.subject,
        set_by_name=actor.name,
        set_at=now(session),
        district=wanted.district,
        parameter=wanted.parameter,
        value=wanted.value,
        valid_from=wanted.valid_from,
        document_no=wanted.document_no,
    )
    session.add(standard)
    return standard


def _parameter(key: str) -> DatedValue:
    return history()[key][0]


def _out(standard: DistrictStandard) -> StandardOut:
    city = _parameter(standard.parameter)
    fields = {
        name: getattr(standard, name) for name in StandardOut.model_fields if name not in ("label", "unit", "value")
    }
    return StandardOut(**fields, value=without_trailing_zeros(standard.value), label=city.label, unit=city.unit)
