"""Endpoints by which an owner claims interest subsidy: preview, draft, file, withdraw. 二（四）2"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.interest_shapes import (
    CalculationResult,
    DueOut,
    InterestPreviewOut,
    NewInterestClaim,
    NewInterestPreview,
    RemarkOut,
    calculation_out,
    due_out,
)
from services.funding.api.shapes import DATE, TIME, ApplicationKey, Shape
from services.funding.interest_calculations import loans_of
from services.funding.interest_claims import (
    draft_claim,
    expect_interest_subsidy,
    file_claim,
    lock_claim,
    preview,
    revise_claim,
    scans_of,
)
from services.funding.interest_lines import lines_of
from services.funding.interest_review import accepted_remarks, reviewed
from services.funding.models.applications import Application
from services.funding.models.interest_claims import OPEN, InterestClaim, InterestLine
from services.funding.rules.claims import period_name
from services.funding.rules.code_lists import CLAIM_STATUSES, ClaimStatus, LineState
from shared.attachments import Attached, facts_of
from shared.attachments.api import AttachmentOut
from shared.audiences import Handler, Internal
from shared.money import Money, SignedMoney
from shared.policy.remedies import Remedy, remedy_at
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked
from shared.storage.versions import etag
from shared.text import Paragraph
from shared.web.auth import Anyone, Applicant
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["贷款贴息"])
ClaimKey = Annotated[UUID, Path(title="贴息申请编号")]


class InterestLineOut(Shape):
    """Version of a settlement line, as a claim filed it."""

    id: UUID = Field(title="明细版本编号")
    line_id: UUID = Field(title="结息明细编号", description="更正时在 corrects 中填写")
    number: int = Field(title="版本")
    claim_id: UUID = Field(title="贴息申请编号")
    loan_id: UUID = Field(title="贷款编号")
    from_on: date = Field(title="结息期起始日", description=DATE)
    to_on: date = Field(title="结息期截止日", description=DATE)
    state: LineState = Field("pending", title="状态")
    facts: dict[str, Any] = Field(title="明细内容", description="按结息单填报的内容")
    reason: str | None = Field(title="更正理由")
    recorded_by: Handler = Field(title="填报人")
    recorded_at: datetime = Field(title="填报时间", description=TIME)
    withdrawn_by: Handler = Field(title="撤销人")
    withdrawn_at: datetime | None = Field(title="撤销时间", description=f"{TIME}；为空即未撤销")
    withdraw_reason: str | None = Field(title="撤销理由")


class InterestClaimOut(Shape):
    """Claim with what was decided on it."""

    id: UUID = Field(title="贴息申请编号")
    application_id: UUID = Field(title="资金申请编号")
    number: int = Field(title="序号", description="本项目第几次贴息申请")
    period: str | None = Field(None, title="申请期间", description="季度或半年；早期按结息单核定的为空")
    period_from: date = Field(title="期间起始日", description=DATE)
    period_to: date = Field(title="期间截止日", description=DATE)
    status: ClaimStatus = Field(title="状态")
    status_label: str = Field("", title="状态名称")
    reason: str | None = Field(title="退回、撤回或不予贴息的理由")
    due_yuan: SignedMoney | None = Field(title="应核定金额", description="单位：元；核定后填写，为负即抵扣")
    amount_yuan: Money | None = Field(title="核定金额", description="单位：元；核定后填写，凭此申请拨付")
    calculation_id: UUID | None = Field(title="所依据的贴息计算")
    drafted_by: Handler = Field(title="填报人")
    drafted_at: datetime = Field(title="填报时间", description=TIME)
    filed_at: datetime | None = Field(title="提交时间", description=TIME)
    decided_by: Handler = Field(title="核定人")
    decided_at: datetime | None = Field(title="核定时间", description=TIME)
    clause: str = Field("二（四）2", title="依据条款")
    remedy: Remedy | None = Field(None, title="救济途径", description="不予贴息时列示；其他为空")

    def model_post_init(self, context: Any) -> None:
        self.remedy = remedy_at("city", self.decided_at) if self.status == "refused" else None
        self.status_label = CLAIM_STATUSES[self.status]
        self.period = period_name(self.period_from, self.period_to)


class AcceptedRemarkOut(Shape):
    """Remark that an official accepted, with the reason."""

    key: str = Field(title="核对意见标识")
    code: str = Field(title="核对意见代码")
    text: str = Field(title="核对意见")
    reason: Internal = Field(title="认可理由")
    accepted_by: Handler = Field(title="认可人")
    accepted_at: datetime = Field(title="认可时间", description=TIME)


class OpenRemark(RemarkOut):
    """Remark that waits for an official to accept it, or for the claim to be returned."""

    key: str = Field(title="核对意见标识", description="认可时填写")


class InterestClaimDetail(InterestClaimOut):
    """Claim with its lines, remarks, and, until it is decided, the calculation as it would be decided now."""

    draft: list[dict[str, Any]] = Field(title="填报内容", description="项目单位最近填报的明细，提交时据此形成明细版本")
    lines: list[InterestLineOut] = Field(title="结息明细")
    attachments: list[AttachmentOut] = Field(title="结息单扫描件")
    open_remarks: list[OpenRemark] = Field(title="待处理的核对意见")
    accepted_remarks: list[AcceptedRemarkOut] = Field(title="已认可的核对意见")
    calculation: CalculationResult | None = Field(
        title="贴息计算", description="办理中的申请按当前事实计算；办结的见 calculation_id"
    )
    due: DueOut | None = Field(title="本次金额", description="办理中且不待定时填写")


@router.post(
    "/v1/applications/{application_id}/interest-preview",
    name="preview_interest",
    summary="试算贴息",
    description="提交贴息申请之前，项目单位或工作人员按填写的结息明细试算贴息、核对意见和本次金额，不保存任何内容。依据：二（四）2。",
)
async def preview_interest(
    session: ReadSession, actor: Anyone, application_id: ApplicationKey, body: NewInterestPreview
) -> InterestPreviewOut:
    """Return the calculation with these lines beside those that count, and what it leaves due. 二（四）2"""
    application = await found(session, Application, application_id)
    expect_interest_subsidy(application)
    calculation, due = await preview(session, application, body.model_dump(mode="json")["lines"])
    return InterestPreviewOut(
        calculation=calculation_out(calculation, await loans_of(session, application)), due=due_out(due)
    )


@router.post(
    "/v1/applications/{application_id}/interest-claims",
    status_code=201,
    name="draft_interest_claim",
    summary="填报贴息申请",
    description="项目单位填报一个季度或半年的结息明细，可一并补报以前遗漏的结息期、更正以前的明细；上传结息单扫描件后提交。"
    "项目须已批复为贷款贴息，且没有办理中的贴息申请。依据：二（四）2。",
)
async def draft_interest_claim(
    session: Session, actor: Applicant, application_id: ApplicationKey, body: NewInterestClaim, response: Response
) -> InterestClaimOut:
    """Store a claim that its owner may still change. 二（四）2"""
    application = await locked(session, Application, application_id)
    expect_interest_subsidy(application)
    claim = await draft_claim(session, application, body.period, body.model_dump(mode="json")["lines"])
    detail = {"claim_id": str(claim.id), "period": body.period}
    await record_act(session, "draft_interest_claim", case_of(application), duty="report", **detail)
    await session.flush()
    response.headers["location"] = f"/v1/interest-claims/{claim.id}"
    return InterestClaimOut.model_validate(claim)


@router.get(
    "/v1/interest-claims/{claim_id}",
    name="read_interest_claim",
    summary="查询贴息申请",
    description="工作人员查询职权范围内、项目单位查询本单位的一项贴息申请，含明细、核对意见和计算过程；"
    "响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：二（四）2。",
    responses=VERSIONED,
)
async def read_interest_claim(
    session: ReadSession, actor: Anyone, claim_id: ClaimKey, response: Response
) -> InterestClaimDetail:
    """Return a claim with its lines and, until it is decided, the calculation as it would be decided now. 二（四）2"""
    claim = await found(session, InterestClaim, claim_id)
    application = await found(session, Application, claim.application_id)
    response.headers["etag"] = etag(application)
    return await _detail(session, application, claim)


async def _detail(session: AsyncSession, application: Application, claim: InterestClaim) -> InterestClaimDetail:
    stored = await lines_of(session, application.id)
    own = [line for line in stored.versions if line.claim_id == claim.id]
    accepted = await accepted_remarks(session, claim)
    return InterestClaimDetail(
        **dict(InterestClaimOut.model_validate(claim)),
        draft=claim.draft,
        lines=[_line(line, stored.states[line.id]) for line in own],
        attachments=[AttachmentOut.model_validate(paper) for paper in await scans_of(session, claim)],
        accepted_remarks=[AcceptedRemarkOut.model_validate(each) for each in accepted if each.claim_id == claim.id],
        **await _under_way(session, application, claim),
    )


async def _under_way(session: AsyncSession, application: Application, claim: InterestClaim) -> dict[str, Any]:
    """Return what a claim still to be decided shows: open remarks and the calculation of now; nothing of another."""
    if claim.status not in OPEN:
        return {"open_remarks": [], "calculation": None, "due": None}
    now = await reviewed(session, application, claim)
    return {
        "open_remarks": [OpenRemark(key=key, **_named(each)) for key, each in now.remarks.items()],
        "calculation": calculation_out(now.calculation, await loans_of(session, application)),
        "due": due_out(now.due),
    }


def _named(remark: Any) -> dict[str, Any]:
    return {name: getattr(remark, name) for name in RemarkOut.model_fields}


def _line(line: InterestLine, state: str) -> InterestLineOut:
    return InterestLineOut.model_validate(line).model_copy(update={"state": state})


def lines_out(lines: Sequence[InterestLine], states: Any) -> list[InterestLineOut]:
    """Return versions of lines with their states."""
    return [_line(line, states[line.id]) for line in lines]


@router.put(
    "/v1/interest-claims/{claim_id}",
    name="revise_interest_claim",
    summary="修改贴息申请",
    description="项目单位修改填报中或已退回的贴息申请，结息明细整体替换；已提交过的明细保留在案。依据：二（四）2。",
)
async def revise_interest_claim(
    session: Session, actor: Applicant, claim_id: ClaimKey, body: NewInterestClaim, if_match: IfMatch = None
) -> InterestClaimOut:
    """Replace the lines of a claim that is not under review. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    await revise_claim(session, application, claim, body.period, body.model_dump(mode="json")["lines"])
    detail = {"claim_id": str(claim.id), "period": body.period}
    await record_act(session, "revise_interest_claim", case_of(application), duty="report", **detail)
    await session.flush()
    return InterestClaimOut.model_validate(claim)


class ClaimFiling(BaseModel):
    """Scans of the bank's settlements that the claim rests on."""

    attachments: Attached = Field(title="结息单扫描件", description="类别 bank_statement 的附件，至少一份")


@router.post(
    "/v1/interest-claims/{claim_id}/file",
    name="file_interest_claim",
    summary="提交贴息申请",
    description="项目单位附银行结息单扫描件，提交填报中或已退回的贴息申请，由所在区审核。依据：二（四）2。",
)
async def file_interest_claim(
    session: Session, actor: Applicant, claim_id: ClaimKey, body: ClaimFiling, if_match: IfMatch = None
) -> InterestClaimOut:
    """File the stated lines; the district checks them. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    expect_interest_subsidy(application)
    papers = await file_claim(session, application, claim, body.attachments)
    detail: dict[str, Any] = {"claim_id": str(claim.id), "filing": claim.filings, **facts_of(papers)}
    await record_act(session, "file_interest_claim", case_of(application), duty="report", **detail)
    await session.flush()
    return InterestClaimOut.model_validate(claim)


class ClaimWithdrawal(BaseModel):
    """Reason for which the owner takes a claim back."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/interest-claims/{claim_id}/withdraw",
    name="withdraw_interest_claim",
    summary="撤回贴息申请",
    description="项目单位撤回尚未核定的贴息申请并说明理由，所填明细不计入；需要时可重新填报。依据：二（四）2。",
)
async def withdraw_interest_claim(
    session: Session, actor: Applicant, claim_id: ClaimKey, body: ClaimWithdrawal, if_match: IfMatch = None
) -> InterestClaimOut:
    """Take back a claim that is not decided. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    claim.expect(OPEN)
    claim.move("withdrawn", reason=body.reason)
    detail = {"claim_id": str(claim.id)}
    await record_act(
        session, "withdraw_interest_claim", case_of(application), reason=body.reason, duty="report", **detail
    )
    await session.flush()
    return InterestClaimOut.model_validate(claim)
