"""Settlement of bank interest statements (结息单) and their storage. 二（四）2"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import new_row_columns, ruleset_of
from services.funding.interest.days import Project, ProjectTotals
from services.funding.interest.lines import StatementLine
from services.funding.interest.settlement import Outcome, dump_totals, load_totals, settle_lines
from services.funding.models.applications import Application
from services.funding.models.interest_statements import InterestStatement
from services.funding.models.loans import Loan
from services.funding.rules.offers import INTEREST, interest_readings, readings_used
from shared.errors import DomainError, Invalid, WrongStatus
from shared.policy import parameter
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now, today


class InterestUndetermined(DomainError):
    """A fact is missing: the subsidy is unknown, not zero. 二（四）2"""

    status, code, title = 409, "interest_undetermined", "结息暂不能核定"


def expect_interest_subsidy(application: Application) -> None:
    """Raise WrongStatus unless the application is approved as interest subsidy and still open. 二（四）"""
    application.expect("approved", "planned", "releasing")
    if application.mode != INTEREST:
        raise WrongStatus("本项目批复为投资补助，不得再贴息（二（四）），无须提交结息单")


async def earlier_statements(session: AsyncSession, application: Application) -> Sequence[InterestStatement]:
    """Return all statements so far by number. Raises WrongStatus while one is flagged."""
    rows = await session.scalars(
        select(InterestStatement).filter_by(application_id=application.id).order_by(InterestStatement.number)
    )
    earlier = rows.all()
    for statement in earlier:
        if statement.status == "flagged":
            raise WrongStatus(
                f"第{statement.number}份结息单尚待核定，请市级人员先作出认可或驳回的决定",
                statement_id=str(statement.id),
            )
    return earlier


async def settle_statement(
    session: AsyncSession,
    application: Application,
    lines: Sequence[StatementLine],
    sent: list[dict[str, Any]],
    loans: Sequence[Loan],
    earlier: Sequence[InterestStatement],
) -> InterestStatement:
    """Settle the lines after the earlier statements and store the result; `sent` is stored as received. 二（四）2"""
    _refuse_settled_days(lines, earlier)
    outcome = _settled(session, application, lines, loans, [statement for statement in earlier if statement.counts])
    statement = _row(session, application, sent, outcome, len(earlier) + 1)
    session.add(statement)
    detail = {"statement_id": str(statement.id), "payable_yuan": str(statement.payable_yuan)}
    await record_act(
        session, "submit_interest", case_of(application), duty="submit_statement", status=statement.status, **detail
    )
    await session.flush()
    return statement


def _refuse_settled_days(lines: Sequence[StatementLine], earlier: Sequence[InterestStatement]) -> None:
    """Raise Invalid for a line that begins on or before the last settled day of its loan. 二（四）2"""
    until: dict[str, date] = {}
    for statement in earlier:
        if statement.counts:
            for loan_id, end in statement.last_days().items():
                until[loan_id] = max(end, until.get(loan_id, end))
    for place, line in sorted(enumerate(lines), key=lambda pair: pair[1].from_on):
        last = until.get(line.loan.id)
        if last is not None and line.from_on <= last:
            raise Invalid(
                f"该贷款截至 {last} 的利息已核定或在本结息单中重复，结息期须从次日或以后起",
                field=f"/body/lines/{place}/from_on",
            )
        until[line.loan.id] = line.to_on


def _settled(
    session: AsyncSession,
    application: Application,
    lines: Sequence[StatementLine],
    loans: Sequence[Loan],
    counted: Sequence[InterestStatement],
) -> Outcome:
    ruleset = ruleset_of(session, application)
    policy_cap = parameter("interest_cap_yuan", application.as_of)
    project = Project(
        cap_yuan=min(application.award_yuan or Decimal(0), policy_cap),
        limit_years=int(parameter("interest_years", application.as_of)),
        construction_started_on=application.construction_started_on,
        applied_on=application.declared_on,
        approved_on=application.approved_on,
        first_drawn_on=min(loan.drawn_on for loan in loans),
    )
    totals = load_totals(counted[-1].so_far) if counted else ProjectTotals()
    outcome = settle_lines(lines, project, totals, interest_readings(ruleset, today(session)), policy_cap)
    if outcome.missing:
        missing = "、".join(dict.fromkeys(outcome.missing))
        raise InterestUndetermined(f"缺少：{missing}；请补齐后重新提交结息单", field="/body/lines")
    return outcome


def _row(
    session: AsyncSession, application: Application, sent: list[dict[str, Any]], outcome: Outcome, number: int
) -> InterestStatement:
    used = readings_used(ruleset_of(session, application), INTEREST)
    return InterestStatement(
        number=number,
        lines=sent,
        results=outcome.results,
        so_far=dump_totals(outcome.totals),
        readings={reading["key"]: reading for reading in used},
        payable_yuan=outcome.payable_yuan,
        status="flagged" if outcome.flagged else "computed",
        submitted_by=actor_of(session).subject,
        submitted_at=now(session),
        **new_row_columns(session, application),
    )
