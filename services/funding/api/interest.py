"""Interest statements of the banks: entered as data, recomputed day by day, explained line by line. 二（四）2"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import Key, Shape
from services.funding.cases import loans_of, ruleset_of
from services.funding.interest.days import Project, SoFar
from services.funding.interest.lines import BalanceSegment, RateSegment, StatementLine
from services.funding.interest.lines import Loan as BankLoan
from services.funding.interest.settlement import Outcome, kept, settle_lines, taken_up
from services.funding.models.application import Application, Loan
from services.funding.models.payment import InterestStatement
from services.funding.rules.support import INTEREST, interest_settings, readings_used
from shared.clock import uuid7
from shared.errors import DomainError, Invalid, WrongStatus
from shared.money import Money, Ratio
from shared.policy import parameter
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, found, locked, now, today
from shared.text import Paragraph
from shared.web.auth import CityOfficer, Finance
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["贷款贴息"])
Day = Annotated[date, Field(ge=date(2019, 8, 20), le=date(2100, 12, 31))]


class Undetermined(DomainError):
    """A fact is missing: the subsidy is unknown, not zero. 二（四）2"""

    status, code, title = 409, "interest_undetermined", "结息暂不能核定"


class Balance(BaseModel):
    """The principal outstanding on each day of a span, both ends counted."""

    from_on: Day = Field(title="起")
    to_on: Day = Field(title="止")
    balance_yuan: Money = Field(title="日余额（元）")


class Rate(BaseModel):
    """The annual rate on each day of a span, as a ratio."""

    from_on: Day = Field(title="起")
    to_on: Day = Field(title="止")
    annual_rate: Ratio = Field(title="年利率")


class LineIn(BaseModel):
    """A settlement line (结息单) of a registered loan; penal parts contained in the interest are named apart."""

    loan_id: UUID = Field(title="贷款编号")
    from_on: Day = Field(title="结息期起")
    to_on: Day = Field(title="结息期止")
    balances: list[Balance] = Field(title="日余额", min_length=1, max_length=400)
    rates: list[Rate] = Field(title="利率", min_length=1, max_length=400)
    interest_paid_yuan: Money = Field(title="已付利息（元）")
    penalty_yuan: Money = Field(Decimal("0.00"), title="其中罚息（元）")
    overdue_yuan: Money = Field(Decimal("0.00"), title="其中逾期利息（元）")
    compound_yuan: Money = Field(Decimal("0.00"), title="其中复利（元）")


class NewStatement(BaseModel):
    """Settlement lines of the project's loans."""

    lines: list[LineIn] = Field(title="结息明细", min_length=1, max_length=60)


class StatementOut(Shape):
    """A statement as settled. `flagged`: the bank's figures differ from ours and wait for a person."""

    id: UUID
    application_id: UUID
    number: int
    status: str
    payable_yuan: Money
    clause: str = "二（四）2"
    results: list[dict[str, Any]]
    readings: dict[str, Any]
    submitted_by: str
    submitted_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None


@router.post("/v1/applications/{application_id}/interest-statements", status_code=201, name="submit_interest")
async def submit_interest(
    session: Session, actor: Finance, application_id: Key, wanted: NewStatement, response: Response
) -> StatementOut:
    """Settle the banks' lines by the rule: min(LPR, actual), at most two years, never past the award. 二（四）2"""
    application = await locked(session, Application, application_id)
    _expect_interest(application)
    earlier = await _earlier(session, application)
    loans = {loan.id: loan for loan in await loans_of(session, application)}
    lines = [_line(wanted, place, loans, today(session)) for place in range(len(wanted.lines))]
    _refuse_repeated(wanted, earlier)
    outcome = _settled(session, application, lines, list(loans.values()), earlier)
    statement = _row(session, application, wanted, outcome, len(earlier) + 1)
    session.add(statement)
    detail = {"statement_id": str(statement.id), "payable_yuan": str(statement.payable_yuan)}
    await record_act(session, "submit_interest", case_of(application), status=statement.status, **detail)
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return StatementOut.model_validate(statement)


def _expect_interest(application: Application) -> None:
    application.expect("approved", "planned", "releasing")
    if application.mode != INTEREST:
        raise WrongStatus("本项目批复为投资补助，不得再贴息（二（四））")


async def _earlier(session: AsyncSession, application: Application) -> Sequence[InterestStatement]:
    """All statements so far, in order. Raises WrongStatus while one waits for a person."""
    rows = await session.scalars(
        select(InterestStatement).filter_by(application_id=application.id).order_by(InterestStatement.number)
    )
    earlier = rows.all()
    if any(statement.status == "flagged" for statement in earlier):
        raise WrongStatus("上一份结息单尚待核定")
    return earlier


def _line(wanted: NewStatement, place: int, loans: dict[UUID, Loan], on: date) -> StatementLine:
    line, pointer = wanted.lines[place], f"/body/lines/{place}"
    loan = loans.get(line.loan_id)
    if loan is None:
        raise Invalid("本项目没有登记这笔贷款", field=f"{pointer}/loan_id")
    if line.to_on > on:
        raise Invalid("结息期尚未结束，利息不可能已支付", field=f"{pointer}/to_on")
    if line.to_on - line.from_on > timedelta(days=400):
        raise Invalid("一个结息期不得超过400天", field=f"{pointer}/to_on")
    try:
        return StatementLine(
            BankLoan(str(loan.id), loan.drawn_on, loan.term_months, loan.tenor),
            line.from_on,
            line.to_on,
            tuple(BalanceSegment(b.from_on, b.to_on, b.balance_yuan) for b in line.balances),
            tuple(RateSegment(r.from_on, r.to_on, r.annual_rate) for r in line.rates),
            line.interest_paid_yuan,
            line.penalty_yuan,
            line.overdue_yuan,
            line.compound_yuan,
        )
    except ValueError as fault:
        raise Invalid("结息期、余额或利率的起止日期有误或重叠", field=pointer) from fault


def _refuse_repeated(wanted: NewStatement, earlier: Sequence[InterestStatement]) -> None:
    """No day of a loan is settled twice, and periods go forward. 二（四）2"""
    until: dict[UUID, date] = {}
    for statement in earlier:
        if statement.counts:
            for loan_id, end in statement.last_days().items():
                until[UUID(loan_id)] = max(end, until.get(UUID(loan_id), end))
    for place, line in sorted(enumerate(wanted.lines), key=lambda pair: pair[1].from_on):
        if line.loan_id in until and line.from_on <= until[line.loan_id]:
            raise Invalid(f"该贷款截至 {until[line.loan_id]} 的利息已核定或重复", field=f"/body/lines/{place}/from_on")
        until[line.loan_id] = line.to_on


def _settled(
    session: AsyncSession,
    application: Application,
    lines: list[StatementLine],
    loans: list[Loan],
    earlier: Sequence[InterestStatement],
) -> Outcome:
    ruleset, counted = ruleset_of(session, application), [statement for statement in earlier if statement.counts]
    policy_cap = parameter("interest_cap_yuan", application.as_of)
    project = Project(
        cap_yuan=min(application.award_yuan or Decimal(0), policy_cap),
        limit_years=int(parameter("interest_years", application.as_of)),
        construction_started_on=application.construction_started_on,
        applied_on=application.entered_on,
        approved_on=application.approved_on,
        first_drawn_on=min(loan.drawn_on for loan in loans),
    )
    so_far = taken_up(counted[-1].so_far) if counted else SoFar()
    outcome = settle_lines(lines, project, so_far, interest_settings(ruleset, today(session)), policy_cap)
    if outcome.missing:
        raise Undetermined("缺少：" + "、".join(dict.fromkeys(outcome.missing)))
    return outcome


def _row(
    session: AsyncSession, application: Application, wanted: NewStatement, outcome: Outcome, number: int
) -> InterestStatement:
    used = readings_used(ruleset_of(session, application), INTEREST)
    return InterestStatement(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        number=number,
        lines=wanted.model_dump(mode="json")["lines"],
        results=outcome.results,
        so_far=kept(outcome.so_far),
        readings={reading["key"]: reading for reading in used},
        payable_yuan=outcome.payable_yuan,
        status="flagged" if outcome.flagged else "computed",
        submitted_by=actor_of(session).subject,
        submitted_at=now(session),
    )


class Verdict(BaseModel):
    """What a person makes of lines that differ."""

    accept: bool = Field(title="是否按核定数认可")
    reason: Paragraph = Field(title="理由")


@router.post("/v1/interest-statements/{statement_id}/decide", name="decide_interest")
async def decide_interest(session: Session, actor: CityOfficer, statement_id: Key, verdict: Verdict) -> StatementOut:
    """Accept or reject a statement whose interest differs from ours beyond the tolerance. 二（四）2"""
    statement = await found(session, InterestStatement, statement_id)
    application = await locked(session, Application, statement.application_id)
    statement = await locked(session, InterestStatement, statement_id)
    statement.decide(verdict.accept, actor.subject, now(session), verdict.reason)
    identity, accepted = str(statement.id), verdict.accept
    await record_act(
        session,
        "decide_interest",
        case_of(application),
        reason=verdict.reason,
        statement_id=identity,
        accepted=accepted,
    )
    await session.flush()
    return StatementOut.model_validate(statement)
