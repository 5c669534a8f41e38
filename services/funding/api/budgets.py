"""Endpoints for the municipal budget of a year: drafted by one person, confirmed by a supervisor. 三（二）"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from services.funding.api.shapes import TIME, YUAN, Figure, Shape, Yuan
from services.funding.ledger.case_acts import budget_state
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import appropriate, programme_accounts
from services.funding.models.budgets import Appropriation
from services.funding.rules.code_lists import AppropriationStatus
from shared.clock import uuid7
from shared.contracts.funding import BudgetConfirmed
from shared.districts import CITY
from shared.errors import Duplicate
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import Case, record_act
from shared.storage.session import found, now, today
from shared.storage.versions import etag, locked_as_read
from shared.text import Line
from shared.web.auth import CityDesk, CitySupervisor, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["年度预算"])
Year = Annotated[int, Field(ge=2021, le=2100, title="年度", description="公历年份，例如 2024")]
AppropriationKey = Annotated[UUID, Path(title="预算登记编号")]
BUDGET_FIGURES = {
    "appropriated": "预算安排",
    "reserved": "已批复未列计划",
    "committed": "已列计划未拨付",
    "paid": "已拨付",
    "returned": "退回及追回到账",
    "available": "可用余额",
}


class NewAppropriation(BaseModel):
    """Annual budget or supplement with the document that grants it."""

    year: Year
    amount_yuan: Yuan
    document_no: Line = Field(title="预算文号", description="同一年度内不得重复")
    note: Line | None = Field(None, title="说明")


class AppropriationOut(Shape):
    """Appropriation of a year; it counts once confirmed."""

    id: UUID = Field(title="预算登记编号")
    year: int = Field(title="年度")
    document_no: str = Field(title="预算文号")
    amount_yuan: Money = Field(title="金额", description=YUAN)
    note: str | None = Field(title="说明")
    status: AppropriationStatus = Field(title="状态")
    drafted_by: str = Field(title="拟办人")
    drafted_at: datetime = Field(title="拟办时间", description=TIME)
    confirmed_by: str | None = Field(title="确认人")
    confirmed_at: datetime | None = Field(title="确认时间", description=TIME)


class BudgetOut(BaseModel):
    """Budget of a year from the ledger, with its appropriations."""

    year: int = Field(title="年度")
    amounts: list[Figure] = Field(title="金额")
    appropriations: list[AppropriationOut] = Field(title="预算登记", description="按登记顺序排列")


@router.post(
    "/v1/budgets",
    status_code=201,
    name="draft_budget",
    summary="登记年度预算",
    description="市级经办或负责人登记某年度的预算或追加预算。须由另一名市级负责人确认后方可使用；同一年度预算文号不得重复。依据：三（二）。",
)
async def draft_budget(
    session: Session, actor: CityDesk, body: NewAppropriation, response: Response
) -> AppropriationOut:
    """Draft an appropriation, which counts once a supervisor other than the drafter confirms it. 三（二）"""
    known = select(Appropriation.id).filter_by(year=body.year, document_no=body.document_no)
    if await session.scalar(known):
        raise Duplicate(f"{body.year} 年度已登记该预算文号，请核对文号或改登追加文号", field="/body/document_no")
    times = {"drafted_by": actor.subject, "drafted_at": now(session)}
    drafted = Appropriation(id=uuid7(now(session)), district=CITY, **times, **dict(body))
    session.add(drafted)
    detail = body.model_dump(mode="json")
    await record_act(session, "draft_budget", Case(drafted.id, CITY), reason=body.note, duty="draft_budget", **detail)
    response.headers["location"] = f"/v1/appropriations/{drafted.id}"
    await session.flush()
    return AppropriationOut.model_validate(drafted)


@router.post(
    "/v1/budgets/{appropriation_id}/confirm",
    name="confirm_budget",
    summary="确认年度预算",
    description="市级负责人确认已登记的预算，计入资金台账并对外公布。拟办人不得自行确认，已确认的不得重复确认。依据：三（二）。",
)
async def confirm_budget(
    session: Session, actor: CitySupervisor, appropriation_id: AppropriationKey, if_match: IfMatch = None
) -> AppropriationOut:
    """Post a drafted appropriation to the ledger. Raises SameOfficer for its drafter. 三（二）"""
    row = await locked_as_read(session, Appropriation, appropriation_id, if_match)
    row.confirm(actor.subject, now(session))
    case, amount = Case(row.id, CITY), str(row.amount_yuan)
    await record_act(session, "confirm_budget", case, duty="confirm_budget", year=row.year, amount_yuan=amount)
    transfers = appropriate(row.year, row.amount_yuan, row.document_no, row.id)
    await emit(session, _confirmed_event(row, transfers[0].id, today(session)))
    await open_accounts(session, programme_accounts(row.year))
    await post(session, transfers)
    return AppropriationOut.model_validate(row)


def _confirmed_event(row: Appropriation, transfer_id: UUID, on: date) -> BudgetConfirmed:
    return BudgetConfirmed(
        appropriation_id=row.id,
        district=CITY,
        transfer_id=transfer_id,
        year=row.year,
        document_no=row.document_no,
        amount_yuan=row.amount_yuan,
        confirmed_on=on,
    )


@router.get(
    "/v1/appropriations/{appropriation_id}",
    name="read_appropriation",
    summary="查询预算登记",
    description="各级工作人员查询一项预算登记，确认前后均可查询；响应头 ETag 用于确认时的 If-Match。依据：三（二）。",
    responses=VERSIONED,
)
async def read_appropriation(
    session: ReadSession, actor: Official, appropriation_id: AppropriationKey, response: Response
) -> AppropriationOut:
    """Return an appropriation, drafted or confirmed. 三（二）"""
    row = await found(session, Appropriation, appropriation_id)
    response.headers["etag"] = etag(row)
    return AppropriationOut.model_validate(row)


@router.get(
    "/v1/budgets/{year}",
    name="read_budget",
    summary="查询年度预算",
    description="各级工作人员查询某年度预算安排、已批复、已列计划、已拨付及可用余额。该年度须已有确认的预算。依据：三（二）。",
)
async def read_budget(
    session: ReadSession,
    actor: Official,
    year: Annotated[int, Path(ge=2021, le=2100, title="年度", description="公历年份，例如 2024")],
) -> BudgetOut:
    """Return the appropriated, reserved, committed, paid and available money of a year. 三（二）"""
    state = await budget_state(session, year)
    amounts = [
        Figure(key=key, label=label, yuan=getattr(state, key), clause="四（一）1" if key == "returned" else "三（二）")
        for key, label in BUDGET_FIGURES.items()
    ]
    acts = await session.scalars(select(Appropriation).filter_by(year=year).order_by(Appropriation.id))
    return BudgetOut(year=year, amounts=amounts, appropriations=[AppropriationOut.model_validate(row) for row in acts])
