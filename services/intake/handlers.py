"""What intake does when something happened elsewhere: the applicant's view of the case, and what bars a new one."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.acting import act_on
from services.intake.models.declarations import Declaration
from services.intake.models.identities import EntityCredit, end_identity, keep_identity
from services.intake.rules.stages import StageCode
from shared.contracts.base import Event
from shared.contracts.eligibility import DeclarationAssessed, PoolEntered, ReviewPassed, ReviewRejected
from shared.contracts.funding import FundsApproved, FundsClawedBack, FundsDeclined, FundsHeld, FundsReleased
from shared.contracts.monitoring import CreditRated, EvaluationIssued, ProjectDelivered
from shared.districts import CITY
from shared.events.inbox import Handler
from shared.storage.session import now


async def _case(session: AsyncSession, declaration_id: UUID) -> Declaration | None:
    """The declaration, locked; None for one that was not filed here."""
    return await session.get(Declaration, declaration_id, with_for_update={"key_share": True}, populate_existing=True)


async def _follow(
    session: AsyncSession, declaration_id: UUID, stage: StageCode, act: str, reason: str | None = None, **detail: Any
) -> None:
    declaration = await _case(session, declaration_id)
    if declaration is not None:
        declaration.learn(stage, now(session))
        await act_on(session, act, declaration, reason=reason, **detail)


async def note_assessment(session: AsyncSession, event: DeclarationAssessed) -> None:
    """Show the outcome of the comparison with the policy; it decides nothing by itself. 二"""
    declaration = await _case(session, event.declaration_id)
    if declaration is not None:
        declaration.compared(now(session))
        detail: dict[str, Any] = {
            "clause": "、".join(event.unmet) or "二",
            "outcome": event.decision,
            "edition": event.edition,
        }
        await act_on(session, "learn_assessment", declaration, reason=event.summary, **detail)


async def note_review_passed(session: AsyncSession, event: ReviewPassed) -> None:
    """The city found the conditions met. 三（二）"""
    await _follow(session, event.declaration_id, "review_passed", "learn_review", clause="三（二）", outcome="passed")


async def note_review_rejected(session: AsyncSession, event: ReviewRejected) -> None:
    """The city refused it; the project may be filed anew. 三（二）"""
    clause = "、".join(event.clauses)
    await end_identity(session, event.declaration_id)
    await _follow(
        session, event.declaration_id, "rejected", "learn_review", event.reason, clause=clause, outcome="rejected"
    )


async def note_pool_entry(session: AsyncSession, event: PoolEntered) -> None:
    """The project is in the pool. 三（二）"""
    await _follow(session, event.declaration_id, "pooled", "learn_pool_entry", clause="三（二）", rank=event.rank)


async def keep_award(session: AsyncSession, event: FundsApproved) -> None:
    """Remember the funded project for ever: it is not supported twice. 二（五）"""
    await keep_identity(session, event.project, live=True, approval=(event.approval_no, event.approved_on))
    detail: dict[str, Any] = {"clause": event.clause, "approval_no": event.approval_no, "award_yuan": event.award_yuan}
    await _follow(session, event.declaration_id, "approved", "learn_approval", event.derivation, **detail)


async def note_decline(session: AsyncSession, event: FundsDeclined) -> None:
    """The fund application was not approved; the project may be filed anew. 三（二）"""
    clause = "、".join(event.clauses)
    await end_identity(session, event.declaration_id)
    await _follow(session, event.declaration_id, "declined", "learn_refusal_of_funds", event.reason, clause=clause)


async def note_release(session: AsyncSession, event: FundsReleased) -> None:
    """Money was paid. 三（二）"""
    detail: dict[str, Any] = {"clause": "三（二）", "instalment": event.instalment, "amount_yuan": event.amount_yuan}
    await _follow(session, event.declaration_id, "released", "learn_release", **detail)


async def note_hold(session: AsyncSession, event: FundsHeld) -> None:
    """Payments are held, or flow again. 四（一）1"""
    declaration = await _case(session, event.declaration_id)
    if declaration is not None:
        declaration.funds_held, declaration.updated_at = event.held, now(session)
        detail: dict[str, Any] = {"clause": event.clause, "held": event.held, "ground": event.ground}
        await act_on(session, "learn_hold", declaration, reason=event.reason, **detail)


async def note_clawback(session: AsyncSession, event: FundsClawedBack) -> None:
    """Money was demanded back, or came back. 四（一）1"""
    stage: StageCode = "clawback_demanded" if event.stage == "demanded" else "clawback_recovered"
    detail: dict[str, Any] = {"clause": event.clause, "amount_yuan": event.amount_yuan, "ground": event.ground}
    await _follow(session, event.declaration_id, stage, "learn_clawback", event.reason, **detail)


async def note_delivery(session: AsyncSession, event: ProjectDelivered) -> None:
    """The project was delivered; its evaluation is due within a year. 三（三）"""
    detail: dict[str, Any] = {
        "clause": "三（三）",
        "delivered_on": event.delivered_on,
        "evaluation_due_on": event.evaluation_due_on,
    }
    await _follow(session, event.declaration_id, "delivered", "learn_delivery", **detail)


async def note_evaluation(session: AsyncSession, event: EvaluationIssued) -> None:
    """The district's evaluation was reported. 三（三）"""
    detail: dict[str, Any] = {
        "clause": "三（三）",
        "grade": event.grade,
        "score": event.score,
        "targets_met": event.targets_met,
    }
    await _follow(session, event.declaration_id, "evaluated", "learn_evaluation", **detail)


async def keep_grade(session: AsyncSession, event: CreditRated) -> None:
    """Remember the entity's grade; one rated D may not file until it is repaired. 四（一）3"""
    values = {"district": CITY, "name": event.name, "grade": event.grade, "decided_on": event.decided_on}
    await session.execute(
        insert(EntityCredit)
        .values(applicant_uscc=event.uscc, **values)
        .on_conflict_do_update(index_elements=["applicant_uscc"], set_=values)
    )


HANDLERS: dict[type[Event], Handler] = {
    DeclarationAssessed: note_assessment,
    ReviewPassed: note_review_passed,
    ReviewRejected: note_review_rejected,
    PoolEntered: note_pool_entry,
    FundsApproved: keep_award,
    FundsDeclined: note_decline,
    FundsReleased: note_release,
    FundsHeld: note_hold,
    FundsClawedBack: note_clawback,
    ProjectDelivered: note_delivery,
    EvaluationIssued: note_evaluation,
    CreditRated: keep_grade,
}
