"""HTTP of payments that projects received from other municipal programmes (二（五）)."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.municipal_funds import MunicipalFundingRecord, MunicipalFundProgramme
from services.intake.municipal_funds import announce, refuse_repeated
from shared.clock import uuid7
from shared.contracts.intake import MunicipalMoneyWithdrawn
from shared.contracts.library import DistrictCode
from shared.contracts.works import WorksKind
from shared.days import DoneDay
from shared.errors import Forbidden, Invalid, WrongStatus
from shared.events.outbox import emit
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money
from shared.normal_forms import normal_place
from shared.storage.audit import Case, record_act
from shared.storage.project_codes import refuse_future_code
from shared.storage.session import actor_of, found, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import DistrictOrCity, Official
from shared.web.filters import dates, one_of, search
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["市级资金排重"])
RecordKey = Annotated[UUID, Path(title="拨款记录标识", description="UUID")]


class FundingRecordIn(BaseModel):
    """Payment to a project, which code, certificate, building or address identifies."""

    programme_id: UUID = Field(title="市级资金标识", description="UUID，见 GET /v1/municipal-fund-programmes")
    district: DistrictCode = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    project_code: ProjectCode | None = Field(None, title="项目代码", description="如 2401-110105-04-01-000001")
    entity_uscc: Uscc = Field(title="项目单位统一社会信用代码", description="18 位")
    entity_name: Line = Field(title="项目单位")
    address: Line | None = Field(None, title="项目地址")
    title_certificate_no: Line | None = Field(None, title="权属证号", description="所改造楼宇（厂房）的权属证号")
    building_id: Line | None = Field(
        None, title="资源台账编号", description="所改造楼宇（厂房）在所在区资源台账中的编号"
    )
    works: Annotated[list[WorksKind], Field(max_length=7)] = Field(
        default_factory=list,
        title="改造内容",
        description="structure 结构加固；green_retrofit 绿色低碳改造；digital_infrastructure 数字基础设施；"
        "fit_out 内外部装修；area_infrastructure 片区基础设施；equipment 设备购置；operation 运营。来源未载明的留空",
    )
    document_no: Line | None = Field(None, title="下达文号")
    amount_yuan: Annotated[Money, Field(gt=0, le=10**13)] = Field(title="金额", description="单位：元，大于 0")
    funded_on: DoneDay = Field(title="资金下达日期", description="日期，如 2022-06-01")
    source: Paragraph = Field(title="信息来源", description="如 主管部门公示，最多 4000 字")
    repeat_reason: Paragraph | None = Field(
        None,
        title="重复使用文号的理由",
        description="文号已用于另一条登记时必填，如 一个文件下达多个项目",
    )

    @model_validator(mode="after")
    def _identifiable(self) -> Self:
        known = (self.project_code, self.title_certificate_no, self.building_id, normal_place(self.address))
        if not any(known):
            raise ValueError(
                "项目代码（project_code）、权属证号（title_certificate_no）、资源台账编号（building_id）和"
                "项目地址（address）至少填写一项，用于识别项目"
            )
        return self


class FundingRecordCorrection(FundingRecordIn):
    """The whole payment as it should read, with the reason of the correction."""

    reason: Paragraph = Field(title="更正理由", description="最多 4000 字")


class FundingRecordWithdrawal(BaseModel):
    """Reason for which a payment no longer counts."""

    reason: Paragraph = Field(title="撤销理由", description="如 登记有误、资金已退回，最多 4000 字")


class FundingRecordOut(BaseModel):
    """Registered payment from another programme."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    programme_id: UUID = Field(title="市级资金标识", description="UUID")
    programme_name: str = Field(title="市级资金名称")
    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    project_code: str | None = Field(title="项目代码", description="如 2401-110105-04-01-000001")
    entity_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    entity_name: str = Field(title="项目单位")
    address: str | None = Field(title="项目地址")
    title_certificate_no: str | None = Field(title="权属证号")
    building_id: str | None = Field(title="资源台账编号")
    works: list[WorksKind] = Field(title="改造内容")
    document_no: str | None = Field(title="下达文号")
    amount_yuan: Money = Field(title="金额", description="单位：元")
    funded_on: date = Field(title="资金下达日期", description="日期，如 2022-06-01")
    source: str = Field(title="信息来源")
    repeat_reason: str | None = Field(title="重复使用文号的理由")
    registered_at: datetime = Field(title="登记时间", description="RFC 3339，带时区")
    withdrawn_at: datetime | None = Field(title="撤销时间", description="RFC 3339，带时区；为空即有效")
    withdraw_reason: str | None = Field(title="撤销理由")


@router.post(
    "/v1/municipal-funding-records",
    status_code=201,
    name="register_other_funds",
    summary="登记项目获得的市级资金",
    description=(
        "登记项目已获得的其他市级财政性资金，用于排重。由区（限本区项目）或市发展改革委经办人员办理；"
        "项目代码、权属证号、资源台账编号和项目地址至少填写一项。依据方案二（五）。"
    ),
    response_model=FundingRecordOut,
)
async def register_other_funds(
    session: Session, actor: DistrictOrCity, body: FundingRecordIn, response: Response
) -> MunicipalFundingRecord:
    """Register a payment to a project; duplicate checks here and bars in funding rest on it. 二（五）"""
    programme = await _checked(session, body)
    if programme.closed_at is not None:
        raise WrongStatus("该市级资金已停用，不能再登记新的拨款；请核对市级资金标识", field="/body/programme_id")
    at = now(session)
    kept = MunicipalFundingRecord(
        id=uuid7(at),
        programme_name=programme.name,
        registered_by=actor.subject,
        registered_at=at,
        **dict(body),
    )
    await refuse_repeated(session, kept)
    session.add(kept)
    await session.flush()
    case = Case(kept.id, kept.district)
    await record_act(session, "register_other_funds", case, duty="register_money", amount_yuan=kept.amount_yuan)
    await announce(session, kept)
    response.headers["location"] = f"/v1/municipal-funding-records/{kept.id}"
    return kept


async def _checked(session: AsyncSession, body: FundingRecordIn) -> MunicipalFundProgramme:
    """Return the programme of a payment. Raises Forbidden for another district, Invalid for a code to come."""
    allowed = actor_of(session).districts
    if body.district not in allowed:
        raise Forbidden(f"只能登记本区项目，可登记的区代码：{'、'.join(allowed)}", field="/body/district")
    refuse_future_code(session, body.project_code)
    return await found(session, MunicipalFundProgramme, body.programme_id)


FUNDING_RECORDS = Listing(
    one_of("programme_id", MunicipalFundingRecord.programme_id, UUID, "资金"),
    one_of("district", MunicipalFundingRecord.district, DistrictCode, "所在区"),
    one_of("project_code", MunicipalFundingRecord.project_code, ProjectCode, "项目代码"),
    one_of("entity_uscc", MunicipalFundingRecord.entity_uscc, Uscc, "实施主体统一社会信用代码"),
    dates("funded_on", MunicipalFundingRecord.funded_on, "拨付日期"),
    search("实施主体名称或项目地址", MunicipalFundingRecord.entity_name, MunicipalFundingRecord.address),
    sorts={
        "id": MunicipalFundingRecord.id,
        "funded_on": MunicipalFundingRecord.funded_on,
        "amount_yuan": MunicipalFundingRecord.amount_yuan,
    },
    key=MunicipalFundingRecord.id,
    default="-id",
)


@router.get(
    "/v1/municipal-funding-records",
    name="list_other_funds",
    summary="查询项目获得的市级资金",
    description="列出已登记的其他市级财政性资金记录，含已撤销的。各级工作人员可查，区级只见本区。依据方案二（五）。",
)
async def list_other_funds(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(FUNDING_RECORDS)]
) -> Page[FundingRecordOut]:
    """Return registered payments, newest first."""
    return await asked.page(session, select(MunicipalFundingRecord), FundingRecordOut.model_validate)


@router.get(
    "/v1/municipal-funding-records/{record_id}",
    name="read_other_funds",
    summary="查看项目获得的市级资金",
    description="返回一条其他市级财政性资金记录，已撤销的仍可查看。各级工作人员可查，区级只见本区。依据方案二（五）。",
    response_model=FundingRecordOut,
    responses=VERSIONED,
)
async def read_other_funds(
    session: ReadSession, actor: Official, record_id: RecordKey, response: Response
) -> MunicipalFundingRecord:
    """Return one registered payment. 二（五）"""
    kept = await found(session, MunicipalFundingRecord, record_id)
    response.headers["etag"] = etag(kept)
    return kept


@router.post(
    "/v1/municipal-funding-records/{record_id}/correct",
    name="correct_other_funds",
    summary="更正项目获得的市级资金",
    description=(
        "更正一条其他市级财政性资金记录并写明理由，须由登记人以外的区（限本区项目）或市级经办人员办理；"
        "各项目是否不予支持按更正后的内容重新比对。依据方案二（五）。"
    ),
    response_model=FundingRecordOut,
)
async def correct_other_funds(
    session: Session,
    actor: DistrictOrCity,
    record_id: RecordKey,
    body: FundingRecordCorrection,
    if_match: IfMatch = None,
) -> MunicipalFundingRecord:
    """Correct a payment; bars follow what it says now. 二（五）"""
    kept = await _valid(session, record_id, if_match)
    if body.district != kept.district:
        raise Invalid("所在区不能更正；登记到其他区的，请撤销本记录并在该区重新登记", field="/body/district")
    programme = await _checked(session, body)
    stated = {name: value for name, value in body if name not in ("reason", "district")}
    before = {name: getattr(kept, name) for name in stated if getattr(kept, name) != stated[name]}
    await refuse_repeated(session, MunicipalFundingRecord(id=kept.id, district=kept.district, **stated))
    for name, value in stated.items():
        setattr(kept, name, value)
    kept.programme_name = programme.name
    await session.flush()
    case = Case(kept.id, kept.district)
    await record_act(session, "correct_other_funds", case, reason=body.reason, duty="lift_bar", before=before)
    await announce(session, kept, body.reason, actor.subject)
    return kept


async def _valid(session: AsyncSession, record_id: UUID, if_match: str | None) -> MunicipalFundingRecord:
    kept = await locked_as_read(session, MunicipalFundingRecord, record_id, if_match)
    if kept.withdrawn_at is not None:
        raise WrongStatus("该记录已撤销，不能更正或再次撤销；如仍须计入请重新登记")
    return kept


@router.post(
    "/v1/municipal-funding-records/{record_id}/withdraw",
    name="withdraw_other_funds",
    summary="撤销项目获得的市级资金",
    description=(
        "撤销登记有误或资金已退回的记录并写明理由，须由登记人以外的区（限本区项目）或市级经办人员办理；"
        "撤销后不再计入，仍可查看。依据方案二（五）。"
    ),
    response_model=FundingRecordOut,
)
async def withdraw_other_funds(
    session: Session,
    actor: DistrictOrCity,
    record_id: RecordKey,
    body: FundingRecordWithdrawal,
    if_match: IfMatch = None,
) -> MunicipalFundingRecord:
    """Withdraw a payment that is mistaken or was paid back; its bars fall. 二（五）"""
    kept = await _valid(session, record_id, if_match)
    kept.withdrawn_by, kept.withdrawn_at, kept.withdraw_reason = actor.subject, now(session), body.reason
    await session.flush()
    case: Any = Case(kept.id, kept.district)
    await record_act(session, "withdraw_other_funds", case, reason=body.reason, duty="lift_bar")
    said = {"record_id": kept.id, "version": kept.version, "reason": body.reason, "withdrawn_by": actor.subject}
    await emit(session, MunicipalMoneyWithdrawn.model_validate({"district": kept.district, **said}))
    return kept
