"""Signatures on an approval or a change: which are there, and which are missing, in words. 三（二）"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from services.funding.models.applications import Application
from services.funding.models.approvals import Approval
from services.funding.models.changes import ApprovalChange
from shared.audiences import Handler

LACKING = "尚缺另一名市级负责人加签"


class SignatureOut(BaseModel):
    """Signature on a decision."""

    kind: Literal["approve", "countersign"] = Field(title="签署", description="approve 签发，countersign 加签")
    signed_by: Handler = Field(title="签署人")
    signed_on: date = Field(title="签署日期", description="日期，格式 2024-06-30")


def signatures_of(approval: Approval | None, application: Application) -> list[SignatureOut]:
    """Return the signatures of an approval, or of a draft that was signed once."""
    if approval is None:
        return _first(application) if application.awaits_countersign else []
    last = {"signed_by": approval.approved_by, "signed_on": approval.approved_on}
    if approval.first_signed_by is None:
        return [SignatureOut.model_validate({"kind": "approve", **last})]
    first = {"kind": "approve", "signed_by": approval.first_signed_by, "signed_on": approval.first_signed_on}
    return [SignatureOut.model_validate(each) for each in (first, {"kind": "countersign", **last})]


def missing_of(application: Application) -> list[str]:
    """Return what signatures a draft lacks that was signed once, and what cannot be done until then."""
    if not application.awaits_countersign:
        return []
    amounts = f"{application.award_yuan:,.2f} 元，达到须加签的 {application.countersign_from_yuan:,.2f} 元"
    return [f"{LACKING}：批复金额 {amounts}；批复在加签后生效，方可编入投资计划和拨付"]


def signatures_of_change(change: ApprovalChange) -> list[SignatureOut]:
    """Return the signatures of a change; a refusal has that of its decision alone."""
    if change.decided_by is None:
        return _first(change) if change.awaits_countersign else []
    last = {"signed_by": change.decided_by, "signed_on": change.decided_on}
    two = change.status == "approved" and change.signed_by is not None
    kind = "countersign" if two else "approve"
    return [*(_first(change) if two else []), SignatureOut.model_validate({"kind": kind, **last})]


def missing_of_change(change: ApprovalChange) -> list[str]:
    """Return what signatures a change lacks that was signed once."""
    if not change.awaits_countersign:
        return []
    return [f"{LACKING}：变更前的批复金额达到须加签的 {change.countersign_from_yuan:,.2f} 元；变更在加签后生效"]


def _first(signed: Application | ApprovalChange) -> list[SignatureOut]:
    first = {"kind": "approve", "signed_by": signed.signed_by, "signed_on": signed.signed_on}
    return [SignatureOut.model_validate(first)]
