"""Event handlers: advance the declaration the applicant sees, and keep the facts that exclude a new declaration."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.city_steps import step_due_on
from services.intake.models.credit import EntityCredit
from services.intake.models.declarations import Declaration
from services.intake.models.duplicates import end_identity, save_identity
from services.intake.rules.stages import StageCode
from shared.contracts.base import Event
from shared.contracts.eligibility import (
    DeclarationAssessed,
    PolicyFiguresConfirmed,
    PoolEntered,
    ReviewPassed,
    ReviewRejected,
)
from shared.contracts.funding import (
    FundsApproved,
    FundsClawedBack,
    FundsDeclined,
    FundsHeld,
    FundsReleased,
    FundsSentBack,
    MunicipalMoneyCompared,
)
from shared.contracts.monitoring import CreditRated, EvaluationIssued, ProjectDelivered
from shared.districts import CITY
from shared.events.handlers import Handler
from shared.events.series import store_copy
from shared.storage.audit import case_of, record_act
from shared.storage.session import now


async def _locked_declaration(session: AsyncSession, declaration_id: UUID) -> Declaration | None:
    """Return the declaration, locked, or None if it was not filed here."""
    return await session.get(Declaration, declaration_id, with_for_update={"key_share": True}, populate_existing=True)


async def _advance(
    session: AsyncSession, declaration_id: UUID, stage: StageCode, act: str, reason: str | None = None, **detail: Any
) -> None:
    """Advance the declaration to a stage and record the event as an act on it."""
    declaration = await _locked_declaration(session, declaration_id)
    if declaration is not None:
        declaration.advance_to(stage, now(session), step_due_on(session, stage))
        await record_act(session, act, case_of(declaration), round=declaration.round, reason=reason, **detail)


async def record_assessment(session: AsyncSession, event: DeclarationAssessed) -> None:
    """Record the outcome of the policy assessment, which decides nothing by itself. 二"""
    declaration = await _locked_declaration(session, event.declaration_id)
    if declaration is not None:
        declaration.record_assessment(now(session))
        detail: dict[str, Any] = {
            "clause": "、".join(event.unmet) or "二",
            "outcome": event.decision,
            "edition": event.edition,
        }
        await record_act(
            session, "learn_assessment", case_of(declaration), round=declaration.round, reason=event.summary, **detail
        )


async def record_review_passed(session: AsyncSession, event: ReviewPassed) -> None:
    """Record that the city's review found the conditions met. 三（二）"""
    await _advance(session, event.declaration_id, "review_passed", "learn_review", clause="三（二）", outcome="passed")


async def record_review_rejected(session: AsyncSession, event: ReviewRejected) -> None:
    """Record the city's rejection and free the project for a new declaration. 三（二）"""
    clause = "、".join(event.clauses)
    await end_identity(session, event.declaration_id)
    await _advance(
        session, event.declaration_id, "rejected", "learn_review", event.reason, clause=clause, outcome="rejected"
    )


async def record_pool_entry(session: AsyncSession, event: PoolEntered) -> None:
    """Record the entry into the project pool. 三（二）"""
    await _advance(session, event.declaration_id, "pooled", "learn_pool_entry", clause="三（二）", rank=event.rank)


async def record_award(session: AsyncSession, event: FundsApproved) -> None:
    """Keep the identity of a funded project without time limit: no project is supported twice. 二（五）"""
    await save_identity(session, event.project, live=True, approval=(event.approval_no, event.approved_on))
    detail: dict[str, Any] = {"clause": event.clause, "approval_no": event.approval_no, "award_yuan": event.award_yuan}
    await _advance(session, event.declaration_id, "approved", "learn_approval", event.derivation, **detail)


async def record_decline(session: AsyncSession, event: FundsDeclined) -> None:
    """Record the declined fund application and free the project for a new declaration. 三（二）"""
    clause = "、".join(event.clauses)
    await end_identity(session, event.declaration_id)
    await _advance(session, event.declaration_id, "declined", "learn_refusal_of_funds", event.reason, clause=clause)


async def record_release(session: AsyncSession, event: FundsReleased) -> None:
    """Record a payment. 三（二）"""
    detail: dict[str, Any] = {"clause": "三（二）", "instalment": event.instalment, "amount_yuan": event.amount_yuan}
    await _advance(session, event.declaration_id, "released", "learn_release", **detail)


async def record_sent_back(session: AsyncSession, event: FundsSentBack) -> None:
    """Record that the bank sent a payment back, or that this was a mistake; the stage stays. 三（二）"""
    declaration = await _locked_declaration(session, event.declaration_id)
    if declaration is not None:
        declaration.updated_at = now(session)
        detail: dict[str, Any] = {"clause": "三（二）", "stage": event.stage, "amount_yuan": event.amount_yuan}
        await record_act(
            session, "learn_sent_back", case_of(declaration), round=declaration.round, reason=event.reason, **detail
        )


async def record_hold(session: AsyncSession, event: FundsHeld) -> None:
    """Record that payments are suspended or resumed. 四（一）1"""
    declaration = await _locked_declaration(session, event.declaration_id)
    if declaration is not None:
        declaration.funds_held, declaration.updated_at = event.held, now(session)
        detail: dict[str, Any] = {"clause": event.clause, "held": event.held, "ground": event.ground}
        await record_act(
            session, "learn_hold", case_of(declaration), round=declaration.round, reason=event.reason, **detail
        )


async def record_money_bar(session: AsyncSession, event: MunicipalMoneyCompared) -> None:
    """Record whether other municipal money bars the support of the project. 二（五）"""
    declaration = await _locked_declaration(session, event.declaration_id)
    if declaration is not None:
        declaration.updated_at = now(session)
        detail: dict[str, Any] = {"clause": "二（五）", "outcome": event.outcome, "basis": event.basis}
        await record_act(
            session, "learn_money_bar", case_of(declaration), round=declaration.round, reason=event.reason, **detail
        )


async def record_clawback(session: AsyncSession, event: FundsClawedBack) -> None:
    """Record that money was demanded back or recovered. 四（一）1"""
    stage: StageCode = "clawback_demanded" if event.stage == "demanded" else "clawback_recovered"
    detail: dict[str, Any] = {"clause": event.clause, "amount_yuan": event.amount_yuan, "ground": event.ground}
    await _advance(session, event.declaration_id, stage, "learn_clawback", event.reason, **detail)


async def record_delivery(session: AsyncSession, event: ProjectDelivered) -> None:
    """Record the delivery; the evaluation is due within a year. 三（三）"""
    detail: dict[str, Any] = {
        "clause": "三（三）",
        "delivered_on": event.delivered_on,
        "evaluation_due_on": event.evaluation_due_on,
    }
    await _advance(session, event.declaration_id, "delivered", "learn_delivery", **detail)


async def record_evaluation(session: AsyncSession, event: EvaluationIssued) -> None:
    """Record the district's evaluation report. 三（三）"""
    detail: dict[str, Any] = {
        "clause": "三（三）",
        "grade": event.grade,
        "score": event.score,
        "targets_met": event.outcome,
        **({"undetermined": list(event.undetermined)} if event.undetermined else {}),
    }
    await _advance(session, event.declaration_id, "evaluated", "learn_evaluation", **detail)


async def record_credit_grade(session: AsyncSession, event: CreditRated) -> None:
    """Store the credit grade of an entity; an entity rated D may not file until the grade is repaired. 四（一）3"""
    values = {"name": event.name, "grade": event.grade, "decided_on": event.decided_on}
    await session.execute(
        insert(EntityCredit)
        .values(applicant_uscc=event.uscc, district=CITY, **values)
        .on_conflict_do_update(index_elements=["applicant_uscc"], set_=values)
    )


HANDLERS: dict[type[Event], Handler] = {
    DeclarationAssessed: record_assessment,
    ReviewPassed: record_review_passed,
    ReviewRejected: record_review_rejected,
    PoolEntered: record_pool_entry,
    FundsApproved: record_award,
    FundsDeclined: record_decline,
    FundsReleased: record_release,
    FundsSentBack: record_sent_back,
    FundsHeld: record_hold,
    FundsClawedBack: record_clawback,
    MunicipalMoneyCompared: record_money_bar,
    ProjectDelivered: record_delivery,
    EvaluationIssued: record_evaluation,
    CreditRated: record_credit_grade,
    PolicyFiguresConfirmed: store_copy,
}
