"""Bank statements as sent in, settled day by day, and kept so that the next one goes on from there. Pure. 二（四）2"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.funding.interest.calculation import Settlement, settle
from services.funding.interest.days import LoanSoFar, Project, Settings, SoFar
from services.funding.interest.explained import explain
from services.funding.interest.lines import StatementLine
from services.funding.rules.support import lpr_published_on
from shared.policy import lpr


@dataclass(frozen=True, slots=True)
class Outcome:
    """Lines settled in order: what each gives, what may be paid, what is missing, and whether a person must look."""

    results: list[dict[str, Any]]
    payable_yuan: Decimal
    missing: list[str]
    flagged: bool
    so_far: SoFar


def settle_lines(
    lines: Sequence[StatementLine], project: Project, so_far: SoFar, settings: Settings, policy_cap_yuan: Decimal
) -> Outcome:
    """Settle the lines after what earlier statements used up. A bound of the award is named apart from the cap's."""
    results: list[dict[str, Any]] = []
    missing: list[str] = []
    payable, flagged = Decimal("0.00"), False
    for line in sorted(lines, key=lambda line: (line.from_on, line.to_on, line.loan.id)):
        settled = settle(line, project, so_far, lpr, settings, published_on=lpr_published_on)
        so_far = settled.so_far
        missing += settled.missing
        payable += settled.payable_yuan or Decimal(0)
        flagged = flagged or (settled.check is not None and not settled.check.within_tolerance)
        results.append(_result(settled, project.cap_yuan < policy_cap_yuan))
    return Outcome(results, payable, missing, flagged, so_far)


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


def kept(so_far: SoFar) -> dict[str, Any]:
    """What was used up, as JSON with exact decimals."""
    loans = {
        key: {
            "first_on": loan.first_on.isoformat(),
            "at_actual": str(loan.at_actual),
            "at_reference": str(loan.at_reference),
            "counted": str(loan.counted),
        }
        for key, loan in so_far.loans.items()
    }
    return {"subsidised_yuan": str(so_far.subsidised_yuan), "loans": loans}


def taken_up(written: Mapping[str, Any]) -> SoFar:
    """The reverse of `kept`."""
    loans = {
        key: LoanSoFar(
            date.fromisoformat(loan["first_on"]),
            Decimal(loan["at_actual"]),
            Decimal(loan["at_reference"]),
            Decimal(loan["counted"]),
        )
        for key, loan in written["loans"].items()
    }
    return SoFar(Decimal(written["subsidised_yuan"]), loans)
