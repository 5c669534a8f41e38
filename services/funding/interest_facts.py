"""Stored loans and settlement lines as the facts that the recomputation takes. 二（四）2"""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import ruleset_of
from services.funding.interest.facts import Loan, Project, SettlementLine
from services.funding.interest.readings import InterestReadings
from services.funding.models.applications import ZERO, Application
from services.funding.models.interest_claims import InterestLine
from services.funding.models.loans import Loan as StoredLoan
from services.funding.rules.offers import interest_readings
from shared.policy import parameter
from shared.storage.session import today

_LOAN = TypeAdapter(Loan)
_LINE = TypeAdapter(SettlementLine)


def project_fact(application: Application) -> Project:
    """Return the project as the recomputation takes it; award and policy cap limit the subsidy."""
    return Project(
        award_yuan=application.award_yuan or ZERO,
        policy_cap_yuan=parameter("interest_cap_yuan", application.as_of),
        limit_years=int(parameter("interest_years", application.as_of)),
        construction_started_on=application.construction_started_on,
        applied_on=application.declared_on,
        approved_on=application.approved_on,
    )


def loan_fact(loan: StoredLoan) -> Loan:
    """Return a contract as the recomputation takes it; its moves of principal are numbered in their order."""
    key = str(loan.id)
    return _LOAN.validate_python(
        {
            "id": key,
            "bank": loan.bank,
            "contract_no": loan.contract_no,
            "principal_yuan": loan.principal_yuan,
            "rate_type": loan.rate_type,
            "original_term_months": loan.term_months,
            "drawdowns": _numbered(f"{key}/d", loan.drawdowns),
            "annual_rate": loan.annual_rate if loan.rate_type == "fixed" else None,
            "spread_bp": loan.spread_bp,
            "tenor": loan.tenor,
            "repricing_days": loan.repriced_on,
            "day_count_basis": loan.day_count_basis,
            "extensions": _numbered(f"{key}/e", loan.extensions),
            "repayments": _numbered(f"{key}/r", loan.repayments),
            "share": loan.share,
            "settlement_day": loan.settlement_day,
        }
    )


def _numbered(prefix: str, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of a contract with their ids, without what was left empty."""
    return [
        {"id": f"{prefix}{number}", **{name: value for name, value in part.items() if value is not None}}
        for number, part in enumerate(parts, 1)
    ]


def line_fact(line_id: str, number: int, facts: Mapping[str, Any]) -> SettlementLine:
    """Return a line from its stored JSON. Raises ValueError for a period or segment that ends before it begins."""
    return _LINE.validate_python({**facts, "id": line_id, "version": number})


def stored_line(line: InterestLine) -> SettlementLine:
    """Return a stored version of a line."""
    return line_fact(str(line.line_id), line.number, line.facts)


def readings_of(session: AsyncSession, application: Application) -> InterestReadings:
    """Return the readings I6 to I10 of the application's rule set."""
    return interest_readings(ruleset_of(session, application), today(session))
