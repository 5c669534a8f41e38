"""Reactions of funding to events of intake, eligibility and monitoring."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.holds import place_hold
from services.funding.models.applications import Application
from services.funding.models.holds import EntityGrade
from services.funding.models.public_money import PublicMoney
from services.funding.money_bars import compare_application, compare_money
from services.funding.rules.code_lists import OPEN_STATUSES
from services.funding.rules.money_bars import works_of_money
from shared.contracts.base import Event, Hand
from shared.contracts.eligibility import PolicyFiguresConfirmed, PoolEntered
from shared.contracts.intake import MunicipalMoneyRegistered, MunicipalMoneyWithdrawn
from shared.contracts.monitoring import (
    CreditRated,
    EvaluationIssued,
    InspectionCompleted,
    ProjectDelivered,
    ProjectQuarterSubmitted,
)
from shared.events.handlers import Handler
from shared.events.series import store_copy
from shared.storage.audit import Case, case_of, record_act, store_hands
from shared.storage.session import found, now


async def receive_application(session: AsyncSession, event: PoolEntered) -> None:
    """Store the fund application report of a pooled project. 三（二）"""
    project, written = event.project, event.model_dump(mode="json")
    application = Application(
        id=event.declaration_id,
        district=project.district,
        applicant_uscc=project.applicant_uscc,
        applicant_name=project.applicant_name,
        declaration_no=project.declaration_no,
        project_name=project.project_name,
        project_code=project.project_code,
        project=written["project"],
        facts=written["facts"],
        components=written["components"],
        score=event.score,
        rank=event.rank,
        entered_on=event.entered_on,
        ruleset=event.ruleset,
        as_of=event.as_of,
        received_at=now(session),
        construction_status=event.facts.construction_status,
    )
    session.add(application)
    await session.flush()
    await store_hands(session, event.declaration_id, event.hands)
    await record_act(session, "receive_application", case_of(application), rank=event.rank, score=str(event.score))
    grade = await session.get(EntityGrade, project.applicant_uscc)
    if grade is not None:
        await _hold_by_grade(session, application, grade)
    await compare_application(session, application, "项目进入资金安排时比对")


async def hold_after_inspection(session: AsyncSession, event: InspectionCompleted) -> None:
    """Hold payments after a grave finding; officers decide on recovery. 四（一）1, 四（一）3"""
    application = await _locked_application(session, event)
    if application is None:
        return
    for finding in event.findings:
        if finding.grave:
            diverted = finding.kind == "funds_diverted"
            await place_hold(
                session,
                application,
                ground="funds_diverted" if diverted else "grave_finding",
                clause="四（一）1" if diverted else "四（一）3",
                severity="stop" if diverted else "review",
                reason=f"{event.inspected_on} 现场核查：{finding.description}",
                source=f"finding:{finding.finding_id}",
            )


async def hold_by_credit(session: AsyncSession, event: CreditRated) -> None:
    """Hold payments to an entity graded C or D; a better grade lifts no hold. 四（一）3"""
    entity = {"uscc": event.uscc, "entity_id": event.entity_id, "district": event.district}
    grade = {
        "name": event.name,
        "grade": event.grade,
        "grounds": list(event.grounds),
        "decided_on": event.decided_on,
    }
    written = insert(EntityGrade).values(**entity, **grade).on_conflict_do_update(index_elements=["uscc"], set_=grade)
    await session.execute(written)
    graded = await found(session, EntityGrade, event.uscc)
    owned = select(Application).where(Application.applicant_uscc == event.uscc, Application.status.in_(OPEN_STATUSES))
    for application in await session.scalars(owned.order_by(Application.id).with_for_update(key_share=True)):
        await _hold_by_grade(session, application, graded)


async def _hold_by_grade(session: AsyncSession, application: Application, entity: EntityGrade) -> None:
    if entity.grade not in ("C", "D"):
        await record_act(
            session, "note_credit_grade", case_of(application), grade=entity.grade, decided_on=str(entity.decided_on)
        )
        return
    await place_hold(
        session,
        application,
        ground=f"credit_{entity.grade.lower()}",
        clause="四（一）3",
        severity="review" if entity.grade == "C" else "stop",
        reason=f"{entity.decided_on} 信用等级 {entity.grade}：{'、'.join(entity.grounds) or '未列事由'}",
        source=f"credit:{entity.entity_id}:{entity.decided_on}:{entity.grade}",
    )


async def note_evaluation(session: AsyncSession, event: EvaluationIssued) -> None:
    """Store the evaluation with the case; missed targets are recorded, recovery stays with officers (I33). 三（三）"""
    application = await _locked_application(session, event)
    if application is None:
        return
    application.evaluated_on, application.targets_met = event.issued_on, event.outcome
    short = [target for target in event.targets if target.met is False]
    missed = [f"{target.label}（{target.clause}）：目标 {target.target}，实际 {target.actual}" for target in short]
    reason = "评价目标未全部达成，请研究整改；是否追回由主管部门决定" if missed else None
    await record_act(session, "note_evaluation", case_of(application), reason=reason, grade=event.grade, missed=missed)


async def note_progress(session: AsyncSession, event: ProjectQuarterSubmitted) -> None:
    """Store the progress that conditions of instalments compare (I32)."""
    application = await _locked_application(session, event)
    if application is not None:
        application.progress = event.progress


async def note_delivery(session: AsyncSession, event: ProjectDelivered) -> None:
    """Mark a delivered project as completed. 二（五）"""
    application = await _locked_application(session, event)
    if application is not None:
        application.construction_status, application.completed_on = "completed", event.delivered_on


async def enter_municipal_money(session: AsyncSession, event: MunicipalMoneyRegistered) -> None:
    """Enter or correct municipal money registered at intake, and compare it with every application. 二（五）"""
    entry = await session.get(PublicMoney, event.record_id, with_for_update=True)
    if entry is not None and (entry.intake_version or 0) >= event.version:
        return
    before = None if entry is None else works_of_money(entry)
    if entry is None:
        made = {"district": event.district, "recorded_by": event.registered_by, "recorded_at": now(session)}
        entry = PublicMoney(id=event.record_id, kind="other_municipal", **made)
        session.add(entry)
    for column, field in _MONEY_FIELDS.items():
        setattr(entry, column, getattr(event, field))
    entry.works = list(event.works)
    await store_hands(session, event.record_id, [Hand(actor=event.registered_by, duty="register_money")])
    reason = event.correction_reason or event.source
    await record_act(session, "enter_municipal_money", Case(event.record_id, event.district), reason=reason)
    renewed = before is not None and before != works_of_money(entry)
    await compare_money(session, entry, reason, event.corrected_by or event.registered_by, renewed=renewed)


_MONEY_FIELDS = {
    "programme": "programme",
    "project_code": "project_code",
    "applicant_uscc": "entity_uscc",
    "amount_yuan": "amount_yuan",
    "granted_on": "funded_on",
    "document_no": "document_no",
    "title_certificate_no": "title_certificate_no",
    "building_id": "building_id",
    "address": "address",
    "intake_version": "version",
}
"""Columns of an entry, and the fields of intake's event that fill them."""


async def withdraw_municipal_money(session: AsyncSession, event: MunicipalMoneyWithdrawn) -> None:
    """Withdraw an entry that intake withdrew: its bars fall, except on projects that the person handled. 二（五）"""
    entry = await session.get(PublicMoney, event.record_id, with_for_update=True)
    if entry is None or entry.withdrawn_at is not None:
        return
    entry.withdrawn_by, entry.withdrawn_at, entry.withdraw_reason = event.withdrawn_by, now(session), event.reason
    entry.intake_version = event.version
    case = Case(event.record_id, entry.district)
    await record_act(session, "withdraw_municipal_money", case, reason=event.reason)
    await compare_money(session, entry, event.reason, event.withdrawn_by)


async def _locked_application(session: AsyncSession, event: Any) -> Application | None:
    """Return the event's application, locked; None for a project that never entered funding and has no payments."""
    return await session.get(
        Application, event.declaration_id, with_for_update={"key_share": True}, populate_existing=True
    )


HANDLERS: dict[type[Event], Handler] = {
    PoolEntered: receive_application,
    InspectionCompleted: hold_after_inspection,
    CreditRated: hold_by_credit,
    EvaluationIssued: note_evaluation,
    ProjectQuarterSubmitted: note_progress,
    ProjectDelivered: note_delivery,
    MunicipalMoneyRegistered: enter_municipal_money,
    PolicyFiguresConfirmed: store_copy,
    MunicipalMoneyWithdrawn: withdraw_municipal_money,
}
