"""Endpoints for referrals to banks, made with the owner's consent, and the banks' answers. 四（二）4"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from services.funding.api.shapes import DATE, TIME, YUAN, ApplicationKey, AssessedComponentOut, Shape, Yuan
from services.funding.applications import new_row_columns
from services.funding.models.applications import Application
from services.funding.models.bank_referrals import BankReferral
from services.funding.rules.code_lists import ReferralOutcome
from shared.audiences import Handler
from shared.contracts.library import SupportMode
from shared.errors import Invalid
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
from shared.text import Line
from shared.web.auth import DistrictOrCity, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["金融支持"])
ReferralKey = Annotated[UUID, Path(title="银行推介编号")]


class NewReferral(BaseModel):
    """Referral to a bank with the owner's consent."""

    bank: Line = Field(title="银行")
    owner_consent: bool = Field(title="项目单位是否同意", description="须为 true")
    consent_document: Line = Field(title="同意书编号")
    wanted_yuan: Annotated[Yuan, Field(title="拟融资金额", description=YUAN)]
    collateral: Line | None = Field(None, title="拟提供的担保或抵质押")


class ReferralOut(Shape):
    """Referral with the bank's answer."""

    id: UUID = Field(title="银行推介编号")
    application_id: UUID = Field(title="资金申请编号")
    clause: str = Field("四（二）4", title="依据条款")
    bank: str = Field(title="银行")
    owner_consent: bool = Field(title="项目单位是否同意")
    consent_document: str = Field(title="同意书编号")
    wanted_yuan: Money = Field(title="拟融资金额", description=YUAN)
    collateral: str | None = Field(title="拟提供的担保或抵质押")
    referred_by: Handler = Field(title="推介人")
    referred_at: datetime = Field(title="推介时间", description=TIME)
    outcome: ReferralOutcome | None = Field(title="银行反馈", description="尚未反馈时为空")
    granted_yuan: Money | None = Field(title="授信金额", description=YUAN)
    outcome_note: str | None = Field(title="反馈说明")
    outcome_at: datetime | None = Field(title="反馈登记时间", description=TIME)


@router.post(
    "/v1/applications/{application_id}/bank-referrals",
    status_code=201,
    name="refer_to_bank",
    summary="向银行推介项目",
    description="区级或市级人员经项目单位书面同意后向银行推介项目；未经同意不得推介。依据：四（二）4。",
)
async def refer_to_bank(
    session: Session, actor: DistrictOrCity, application_id: ApplicationKey, body: NewReferral, response: Response
) -> ReferralOut:
    """Refer the project to a bank. Raises Invalid without the owner's consent. 四（二）4"""
    if not body.owner_consent:
        raise Invalid("未经项目单位同意不得向银行推介，请先取得同意书", field="/body/owner_consent")
    application = await locked(session, Application, application_id)
    row = BankReferral(
        referred_by=actor.subject, referred_at=now(session), **new_row_columns(session, application), **dict(body)
    )
    session.add(row)
    await record_act(session, "refer_to_bank", case_of(application), bank=body.bank, referral_id=str(row.id))
    await session.flush()
    response.headers["location"] = f"/v1/bank-referrals/{row.id}/export"
    return ReferralOut.model_validate(row)


class ReferralAnswer(BaseModel):
    """Answer of the bank."""

    outcome: ReferralOutcome = Field(
        title="银行反馈", description="granted 同意授信，refused 不予授信，withdrawn 项目单位撤回"
    )
    granted_yuan: Money | None = Field(None, title="授信金额", description=YUAN)
    note: Line | None = Field(None, title="说明")


@router.post(
    "/v1/bank-referrals/{referral_id}/outcome",
    name="record_referral_outcome",
    summary="登记银行反馈",
    description="区级或市级人员登记银行对推介项目的反馈；一项推介只登记一次。依据：四（二）4。",
)
async def record_referral_outcome(
    session: Session, actor: DistrictOrCity, referral_id: ReferralKey, body: ReferralAnswer
) -> ReferralOut:
    """Record the bank's answer. 四（二）4"""
    row = await locked(session, BankReferral, referral_id)
    application = await found(session, Application, row.application_id)
    row.close(body.outcome, body.granted_yuan, body.note, actor.subject, now(session))
    detail = {"referral_id": str(row.id), "outcome": body.outcome}
    await record_act(session, "record_referral_outcome", case_of(application), **detail)
    await session.flush()
    return ReferralOut.model_validate(row)


class ReferredProject(BaseModel):
    """Project data for the bank."""

    name: str = Field(title="项目名称")
    code: str | None = Field(title="项目代码")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    components: list[AssessedComponentOut] = Field(title="项目组成")


class ReferredOwner(BaseModel):
    """Owner data for the bank."""

    name: str = Field(title="项目单位")
    uscc: str = Field(title="统一社会信用代码")


class ReferredSupport(BaseModel):
    """Approved support for the bank."""

    mode: SupportMode | None = Field(title="支持方式")
    award_yuan: Money | None = Field(title="批复金额", description=f"{YUAN}；未批复时为空")
    approved_on: date | None = Field(title="批复日期", description=DATE)
    clause: str = Field("二（四）", title="依据条款")


class ReferralExport(BaseModel):
    """Data sent to the bank: project, owner, requested loan and approved support."""

    referral_id: UUID = Field(title="银行推介编号")
    bank: str = Field(title="银行")
    consent_document: str = Field(title="同意书编号")
    wanted_yuan: Money = Field(title="拟融资金额", description=YUAN)
    collateral: str | None = Field(title="拟提供的担保或抵质押")
    project: ReferredProject = Field(title="项目")
    owner: ReferredOwner = Field(title="项目单位")
    support: ReferredSupport = Field(title="财政支持")
    clause: str = Field("四（二）4", title="依据条款")


@router.get(
    "/v1/bank-referrals/{referral_id}/export",
    name="export_referral",
    summary="导出推介材料",
    description="各级工作人员导出向银行推介的项目、单位、拟融资金额和已批复支持。依据：四（二）4。",
)
async def export_referral(session: ReadSession, actor: Official, referral_id: ReferralKey) -> ReferralExport:
    """Return the data sent to the bank: project, owner, requested loan and approved support. 四（二）4"""
    row = await found(session, BankReferral, referral_id)
    return _export(row, await found(session, Application, row.application_id))


def _export(row: BankReferral, application: Application) -> ReferralExport:
    award_yuan = None if application.approved_on is None else application.award_yuan
    return ReferralExport(
        referral_id=row.id,
        bank=row.bank,
        consent_document=row.consent_document,
        wanted_yuan=row.wanted_yuan,
        collateral=row.collateral,
        project=ReferredProject(
            name=application.project_name,
            code=application.project_code,
            district=application.district,
            components=[AssessedComponentOut.model_validate(part) for part in application.components],
        ),
        owner=ReferredOwner(name=application.applicant_name, uscc=application.applicant_uscc),
        support=ReferredSupport(mode=application.mode, award_yuan=award_yuan, approved_on=application.approved_on),
    )
