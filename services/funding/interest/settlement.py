"""Settlement of the lines of one bank statement, and its stored form. Pure. 二（四）2"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.funding.interest.calculation import Settlement, settle
from services.funding.interest.days import LoanTotals, Project, ProjectTotals
from services.funding.interest.explanation import explain
from services.funding.interest.lines import StatementLine
from services.funding.interest.readings import InterestReadings
from services.funding.rules.offers import lpr_published_on
from shared.policy import lpr


@dataclass(frozen=True, slots=True)
class Outcome:
    """Settled lines in order, with the payable sum in yuan, missing facts, and a flag for an officer's decision."""

    results: list[dict[str, Any]]
    payable_yuan: Decimal
    missing: list[str]
    flagged: bool
    totals: ProjectTotals


def settle_lines(
    lines: Sequence[StatementLine],
    project: Project,
    totals: ProjectTotals,
    readings: InterestReadings,
    policy_cap_yuan: Decimal,
) -> Outcome:
    """Settle the lines, given the totals of earlier statements; the award and the cap are named as separate limits."""
    results: list[dict[str, Any]] = []
    missing: list[str] = []
    payable, flagged = Decimal("0.00"), False
    for line in sorted(lines, key=lambda line: (line.from_on, line.to_on, line.loan.id)):
        settled = settle(line, project, totals, lpr, readings, published_on=lpr_published_on)
        totals = settled.totals
        missing += settled.missing
        payable += settled.payable_yuan or Decimal(0)
        flagged = flagged or (settled.check is not None and not settled.check.within_tolerance)
        results.append(_result(settled, project.cap_yuan < policy_cap_yuan))
    return Outcome(results, payable, missing, flagged, totals)


def _result(settled: Settlement, bound_by_award: bool) -> dict[str, Any]:
    limited_by = "award" if settled.limited_by == "cap" and bound_by_award else settled.limited_by
    sentences = explain(settled)
    if limited_by == "award":
        sentences = [sentence.replace("单个项目贴息上限", "批复金额") for sentence in sentences]
    check = settled.check
    return {
        "loan_id": settled.line.loan.id,
        "from_on": settled.line.from_on.isoformat(),
        "to_on": settled.line.to_on.isoformat(),
        "eligible_yuan": _text(settled.eligible_yuan),
        "payable_yuan": _text(settled.payable_yuan),
        "limited_by": limited_by,
        "bank_interest_yuan": _text(check.stated_yuan if check else None),
        "recomputed_interest_yuan": _text(check.recomputed_yuan if check else None),
        "difference_yuan": _text(check.difference_yuan if check else None),
        "within_tolerance": check.within_tolerance if check else None,
        "explanation": sentences,
        "clause": "二（四）2",
    }


def _text(yuan: Decimal | None) -> str | None:
    return None if yuan is None else str(yuan)


def dump_totals(totals: ProjectTotals) -> dict[str, Any]:
    """Return the totals as JSON with exact decimals."""
    loans = {
        key: {
            "first_on": loan.first_on.isoformat(),
            "at_actual": str(loan.at_actual),
            "at_reference": str(loan.at_reference),
            "counted": str(loan.counted),
        }
        for key, loan in totals.loans.items()
    }
    return {"subsidised_yuan": str(totals.subsidised_yuan), "loans": loans}


def load_totals(stored: Mapping[str, Any]) -> ProjectTotals:
    """Return the totals from the JSON of `dump_totals`."""
    loans = {
        key: LoanTotals(
            date.fromisoformat(loan["first_on"]),
            Decimal(loan["at_actual"]),
            Decimal(loan["at_reference"]),
            Decimal(loan["counted"]),
        )
        for key, loan in stored["loans"].items()
    }
    return ProjectTotals(Decimal(stored["subsidised_yuan"]), loans)
