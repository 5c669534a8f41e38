"""The municipal budget of a year: drafted by one supervisor, confirmed by another. 三（二）"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from services.funding.api.shapes import Figure, Shape, Yuan
from services.funding.ledger.case_acts import budget_state
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import appropriate, programme_accounts
from services.funding.models.plan import Appropriation
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import Duplicate
from shared.money import Money
from shared.storage.audit import Case, record_act
from shared.storage.session import locked, now
from shared.text import Line
from shared.web.auth import CitySupervisor, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["年度预算"])
Year = Annotated[int, Field(ge=2021, le=2100, title="年度")]


class NewAppropriation(BaseModel):
    """The annual budget of a year or a supplement to it, with the document that grants it."""

    year: Year
    amount_yuan: Yuan
    document_no: Line = Field(title="预算文号")
    note: Line | None = Field(None, title="说明")


class AppropriationOut(Shape):
    """Money granted for a year; it counts once confirmed."""

    id: UUID
    year: int
    document_no: str
    amount_yuan: Money
    note: str | None
    status: str
    drafted_by: str
    drafted_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None


class BudgetOut(BaseModel):
    """A year's budget as the ledger has it, and the acts that made it."""

    year: int
    amounts: list[Figure]
    appropriations: list[AppropriationOut]


@router.post("/v1/budgets", status_code=201, name="draft_budget")
async def draft_budget(
    session: Session, actor: CitySupervisor, wanted: NewAppropriation, response: Response
) -> AppropriationOut:
    """Draft the budget of a year, or a supplement; nothing counts before a second supervisor confirms it."""
    known = select(Appropriation.id).filter_by(year=wanted.year, document_no=wanted.document_no)
    if await session.scalar(known):
        raise Duplicate("该预算文号已登记", field="/body/document_no")
    drafted = Appropriation(
        id=uuid7(now(session)),
        district=CITY,
        drafted_by=actor.subject,
        drafted_at=now(session),
        **dict(wanted),
    )
    session.add(drafted)
    await record_act(
        session, "draft_budget", Case(drafted.id, CITY), reason=wanted.note, **wanted.model_dump(mode="json")
    )
    response.headers["location"] = f"/v1/budgets/{wanted.year}"
    await session.flush()
    return AppropriationOut.model_validate(drafted)


@router.post("/v1/budgets/{appropriation_id}/confirm", name="confirm_budget")
async def confirm_budget(
    session: Session, actor: CitySupervisor, appropriation_id: Annotated[UUID, Path()]
) -> AppropriationOut:
    """Put a drafted appropriation into the ledger. Raises SameOfficer for its drafter."""
    row = await locked(session, Appropriation, appropriation_id)
    row.confirm(actor.subject, now(session))
    await record_act(session, "confirm_budget", Case(row.id, CITY), year=row.year, amount_yuan=str(row.amount_yuan))
    await session.flush()
    await open_accounts(session, programme_accounts(row.year))
    await post(session, appropriate(row.year, row.amount_yuan, row.document_no))
    return AppropriationOut.model_validate(row)


@router.get("/v1/budgets/{year}", name="read_budget")
async def read_budget(session: ReadSession, actor: Official, year: Annotated[int, Path(ge=2021, le=2100)]) -> BudgetOut:
    """What was appropriated for a year and what became of it. 三（二）"""
    state = await budget_state(session, year)
    labels = {
        "appropriated": "预算安排",
        "reserved": "已批复未列计划",
        "committed": "已列计划未拨付",
        "paid": "已拨付",
        "returned": "退回及追回到账",
        "available": "可用余额",
    }
    amounts = [
        Figure(key=key, label=label, yuan=getattr(state, key), clause="四（一）1" if key == "returned" else "三（二）")
        for key, label in labels.items()
    ]
    acts = await session.scalars(select(Appropriation).filter_by(year=year).order_by(Appropriation.id))
    return BudgetOut(year=year, amounts=amounts, appropriations=[AppropriationOut.model_validate(row) for row in acts])
