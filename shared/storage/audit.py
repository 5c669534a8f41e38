"""Audit records of acts (actor, role, time, reason), and segregation of duties: one duty per person and case."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs
from shared.contracts.base import Hand
from shared.errors import SameOfficer
from shared.storage.session import actor_of, now
from shared.storage.tables import act, duty


class CaseRow(Protocol):
    """A row that belongs to a case: a declaration, or what a service keeps about one."""

    @property
    def declaration_id(self) -> UUID: ...
    @property
    def district(self) -> str: ...
    @property
    def applicant_uscc(self) -> str | None: ...


@dataclass(frozen=True)
class Case:
    """The case that an act belongs to: its id, and the district and owner that may read the act."""

    id: UUID
    district: str
    applicant_uscc: str | None = None


def case_of(row: CaseRow) -> Case:
    """Return the case of a row."""
    return Case(row.declaration_id, row.district, row.applicant_uscc)


async def record_act(
    session: AsyncSession,
    name: str,
    case: Case,
    /,
    *,
    reason: str | None = None,
    duty: str | None = None,
    **detail: Any,
) -> None:
    """Record an act; with `duty`, first bind the actor to that duty on the case. Raises SameOfficer.

    Every step towards public money is recorded with name, role, time and, if given, reason (四（一）1).
    """
    actor = actor_of(session)
    logs.context().case = str(case.id)
    if duty is not None:
        await take_duty(session, case.id, actor.subject, duty)
    await session.execute(
        insert(act).values(
            case_id=case.id,
            act=name,
            actor=actor.subject,
            actor_name=actor.name,
            role=actor.role,
            district=case.district,
            applicant_uscc=case.applicant_uscc,
            at=now(session),
            reason=reason,
            detail=detail,
        )
    )


async def take_duty(session: AsyncSession, case_id: UUID, subject: str, name: str) -> None:
    """Bind a person to one duty on a case. Raises SameOfficer if the person already holds another."""
    await session.execute(
        pg_insert(duty)
        .values(case_id=case_id, actor=subject, duty=name, taken_at=now(session))
        .on_conflict_do_nothing()
    )
    held = await session.scalar(select(duty.c.duty).where(duty.c.case_id == case_id, duty.c.actor == subject))
    if held != name:
        raise SameOfficer(f"您已在本事项中承担“{DUTIES.get(str(held), held)}”，不得再承担“{DUTIES.get(name, name)}”")


async def hands_of(session: AsyncSession, case_id: UUID) -> list[Hand]:
    """Return the duties held on a case so far, for the next event."""
    rows = await session.execute(select(duty.c.actor, duty.c.duty).where(duty.c.case_id == case_id))
    return [Hand(actor=row.actor, duty=row.duty) for row in rows]


async def store_hands(session: AsyncSession, case_id: UUID, hands: Iterable[Hand]) -> None:
    """Store the duties held in the preceding service, as its event carries them."""
    values = [{"case_id": case_id, "actor": h.actor, "duty": h.duty, "taken_at": now(session)} for h in hands]
    if values:
        await session.execute(pg_insert(duty).values(values).on_conflict_do_nothing())


async def acts_of(session: AsyncSession, case_id: UUID) -> list[dict[str, Any]]:
    """Return the acts on a case, oldest first."""
    rows = await session.execute(select(act).where(act.c.case_id == case_id).order_by(act.c.id))
    return [dict(row._mapping) for row in rows]


DUTIES = {
    "apply": "申报",
    "first_review": "初审",
    "forward": "上报",
    "opinion": "征求意见",
    "receipt": "市级接收",
    "settle": "待定事项认定",
    "conclude": "条件审查结论",
    "score": "入库评估打分",
    "enter_pool": "入库决定",
    "draft_approval": "批复拟办",
    "approve": "批复签发",
    "request_release": "拨付申请",
    "release": "拨付审批",
    "request_clawback": "追回提请",
    "clawback": "追回审批",
    "inspect": "现场核查",
    "close_inspection": "核查销号",
    "evaluate": "评价",
    "issue_evaluation": "评价签发",
    "rate": "信用评价",
    "decide_objection": "申辩裁定",
    "prepare_quarter": "季度报送提请",
    "certify_quarter": "季度报送审定",
}
