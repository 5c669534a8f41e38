"""HTTP of settlements: a person decides what the rules leave open, another changes it, and it is taken back (二)."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.parameters import DeclarationId
from services.eligibility.api.reviews import reassessed
from services.eligibility.models import Assessment, Review, Settlement
from services.eligibility.reviews import case_fields, current_assessment, numbered_fields, settlements_of
from services.eligibility.schemas.assessments import ReviewDetailOut
from services.eligibility.schemas.reviews import SettlementIn, SettlementWithdrawalIn
from shared.contracts.eligibility import FindingSettled
from shared.errors import Forbidden, Invalid, WrongStatus
from shared.events.outbox import emit
from shared.policy import Decision
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now
from shared.storage.versions import locked_as_read
from shared.web.auth import CityOfficer
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["条件审查"])


class OwnSettlement(Forbidden):
    """Refusal to change one's own settlement."""

    code, title = "own_settlement", "不得由本人更改本人作出的认定"


class MachineFound(WrongStatus):
    """Refusal to settle a finding that has an outcome."""

    code, title = "machine_found", "该项机器已有结论，不得人工认定"


@router.post(
    "/v1/assessments/{declaration_id}/settle",
    name="settle_finding",
    summary="人工认定",
    description=(
        "市发展改革委经办对机器待定的一项作出认定并说明理由，系统重新判定；"
        "事项须在条件审查中，机器已有结论的不得认定，更改他人认定须由另一名经办作出。依据：二。"
    ),
    responses=VERSIONED,
)
async def settle_finding(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    body: SettlementIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReviewDetailOut:
    """Settle an open finding and reassess the case. 二"""
    review = await locked_as_read(session, Review, declaration_id, if_match)
    review.expect_stage("in_review")
    clause = _open_finding(await current_assessment(session, declaration_id), body.rule)
    settlement = await _settlement(session, review, clause, body.model_dump())
    session.add(settlement)
    detail = body.model_dump(exclude={"reason"})
    await record_act(session, "settle_finding", case_of(review), reason=body.reason, duty="settle", **detail)
    await emit(session, _settled(review, settlement))
    return await reassessed(session, review, "settled", response)


@router.post(
    "/v1/assessments/{declaration_id}/withdraw-settlement",
    name="withdraw_settlement",
    summary="撤回人工认定",
    description=(
        "市发展改革委经办撤回一项人工认定并说明理由，该项恢复待定，系统重新判定；"
        "事项须在条件审查中，原认定人撤回后须由另一名经办重新认定。依据：二。"
    ),
    responses=VERSIONED,
)
async def withdraw_settlement(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    body: SettlementWithdrawalIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReviewDetailOut:
    """Take a settlement back, so that its finding is open again, and reassess the case. 二"""
    review = await locked_as_read(session, Review, declaration_id, if_match)
    review.expect_stage("in_review")
    standing = (await settlements_of(session, review)).get(body.rule)
    if standing is None:
        raise WrongStatus(f"规则 {body.rule} 没有现行的人工认定，无从撤回", field="/body/rule")
    withdrawn = {"rule": body.rule, "holds": None, "reason": body.reason, "evidence": None}
    session.add(await _row(session, review, standing.clause, withdrawn))
    told = {"rule": body.rule, "held": standing.holds, "settled_by": standing.settled_by}
    await record_act(session, "withdraw_settlement", case_of(review), reason=body.reason, duty="settle", **told)
    return await reassessed(session, review, "reassessed", response)


def _open_finding(assessment: Assessment, rule: str) -> str:
    """Return the clause of an open finding. Raises Invalid for an unknown rule, MachineFound for an answered one."""
    findings = {found.rule: found for found in Decision.from_json(assessment.record).findings}
    if rule not in findings:
        waiting = [name for name, found in findings.items() if found.outcome is None]
        raise Invalid(f"本次判定没有规则 {rule}，待定项：{'、'.join(waiting) or '无'}", field="/body/rule")
    if findings[rule].outcome is not None:
        raise MachineFound(findings[rule].sentence)
    return findings[rule].clause


async def _settlement(session: AsyncSession, review: Review, clause: str, said: dict[str, Any]) -> Settlement:
    """Return the new settlement. Raises OwnSettlement where the same person made the previous one, withdrawn or not."""
    previous = (
        select(Settlement.settled_by)
        .where(Settlement.declaration_id == review.declaration_id, Settlement.round == review.round)
        .where(Settlement.rule == said["rule"], Settlement.holds.is_not(None))
        .order_by(Settlement.number.desc())
    )
    if await session.scalar(previous.limit(1)) == actor_of(session).subject:
        raise OwnSettlement("更改认定须由另一名经办作出，请转交其他经办办理")
    return await _row(session, review, clause, said)


async def _row(session: AsyncSession, review: Review, clause: str, said: dict[str, Any]) -> Settlement:
    actor = actor_of(session)
    return Settlement(
        **await numbered_fields(session, review, Settlement),
        applicant_uscc=review.applicant_uscc,
        clause=clause,
        settled_by=actor.subject,
        settled_by_name=actor.name,
        settled_at=now(session),
        **said,
    )


def _settled(review: Review, settlement: Settlement) -> FindingSettled:
    return FindingSettled(
        **case_fields(review),
        rule=settlement.rule,
        clause=settlement.clause,
        holds=bool(settlement.holds),
        settled_by=settlement.settled_by,
        reason=settlement.reason,
    )
