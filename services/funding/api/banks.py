"""Introductions to banks, with the owner's consent, and what came of them. 四（二）4"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.funding.api.shapes import Key, Shape, Yuan
from services.funding.models.application import Application
from services.funding.models.support import BankReferral
from shared.clock import uuid7
from shared.errors import Invalid
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
from shared.text import Line
from shared.web.auth import DistrictOrCity, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["金融支持"])


class NewReferral(BaseModel):
    """An introduction to a bank. The owner must have consented."""

    bank: Line = Field(title="银行")
    owner_consent: bool = Field(title="项目单位是否同意")
    consent_document: Line = Field(title="同意书编号")
    wanted_yuan: Yuan
    collateral: Line | None = Field(None, title="拟提供的担保或抵质押")


class ReferralOut(Shape):
    """An introduction and the bank's answer."""

    id: UUID
    application_id: UUID
    clause: str = "四（二）4"
    bank: str
    owner_consent: bool
    consent_document: str
    wanted_yuan: Money
    collateral: str | None
    referred_by: str
    referred_at: datetime
    outcome: str | None
    granted_yuan: Money | None
    outcome_note: str | None
    outcome_at: datetime | None


@router.post("/v1/applications/{application_id}/bank-referrals", status_code=201, name="refer_to_bank")
async def refer_to_bank(
    session: Session, actor: DistrictOrCity, application_id: Key, wanted: NewReferral, response: Response
) -> ReferralOut:
    """Introduce the project to a bank; never without the owner's consent. 四（二）4"""
    if not wanted.owner_consent:
        raise Invalid("未经项目单位同意不得向银行推送", field="/body/owner_consent")
    application = await locked(session, Application, application_id)
    row = BankReferral(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        referred_by=actor.subject,
        referred_at=now(session),
        **dict(wanted),
    )
    session.add(row)
    await record_act(session, "refer_to_bank", case_of(application), bank=wanted.bank, referral_id=str(row.id))
    await session.flush()
    response.headers["location"] = f"/v1/bank-referrals/{row.id}/export"
    return ReferralOut.model_validate(row)


class Outcome(BaseModel):
    """The bank's answer."""

    outcome: Literal["granted", "refused", "withdrawn"] = Field(title="结果")
    granted_yuan: Money | None = Field(None, title="授信金额（元）")
    note: Line | None = Field(None, title="说明")


@router.post("/v1/bank-referrals/{referral_id}/outcome", name="record_referral_outcome")
async def record_referral_outcome(
    session: Session, actor: DistrictOrCity, referral_id: Key, outcome: Outcome
) -> ReferralOut:
    """Write the bank's answer down. 四（二）4"""
    row = await locked(session, BankReferral, referral_id)
    application = await found(session, Application, row.application_id)
    row.close(outcome.outcome, outcome.granted_yuan, outcome.note, actor.subject, now(session))
    await record_act(
        session, "record_referral_outcome", case_of(application), referral_id=str(row.id), outcome=outcome.outcome
    )
    await session.flush()
    return ReferralOut.model_validate(row)


@router.get("/v1/bank-referrals/{referral_id}/export", name="export_referral")
async def export_referral(session: ReadSession, actor: Official, referral_id: Key) -> dict[str, Any]:
    """What the bank is sent: the project, the owner, the loan wanted and the support approved. 四（二）4"""
    row = await found(session, BankReferral, referral_id)
    application = await found(session, Application, row.application_id)
    return {
        "referral_id": str(row.id),
        "bank": row.bank,
        "consent_document": row.consent_document,
        "wanted_yuan": f"{row.wanted_yuan:.2f}",
        "collateral": row.collateral,
        "project": {
            "name": application.project_name,
            "code": application.project_code,
            "district": application.district,
            "components": application.components,
        },
        "owner": {"name": application.applicant_name, "uscc": application.applicant_uscc},
        "support": {
            "mode": application.mode,
            "award_yuan": None if application.approved_on is None else f"{application.award_yuan:.2f}",
            "approved_on": application.approved_on,
            "clause": "二（四）",
        },
        "clause": "四（二）4",
    }
