"""Limits of a line: the ordinary interest paid, and the rest of the cap in the order of periods. Pure. 二（四）2"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.funding.interest.bounds import Bounds
from services.funding.interest.facts import Project
from services.funding.interest.results import BankCheck, LimitedBy, LineResult, Segment
from services.funding.interest.runs import Draft
from services.funding.interest.steps import ZERO

WAITING = "前面结息单的金额，本单的金额取决于此"


@dataclass(frozen=True, slots=True)
class Earned:
    """Line before its limits: `eligible` is the interest at the lower rate for the project's share, in yuan."""

    draft: Draft
    basis: Decimal
    eligible: Bounds
    paid_yuan: Decimal
    missing: tuple[str, ...]
    check: BankCheck | None
    segments: tuple[Segment, ...]

    @property
    def below_paid(self) -> Bounds:
        """Return the interest limited by what was paid for the project's share."""
        return self.eligible.at_most(Bounds(self.paid_yuan, self.paid_yuan))


def limited(lines: Sequence[Earned], project: Project) -> tuple[list[LineResult], Bounds]:
    """Return the results of the lines in order, and the bounds of their total.

    A line's lowest amount leaves earlier lines their highest one, and the other way round.
    """
    cap, before = project.cap_yuan, Bounds(ZERO, ZERO)
    results = []
    for line in lines:
        rest = Bounds(max(cap - before.high, ZERO), max(cap - before.low, ZERO))
        results.append(_result(line, line.below_paid.at_most(rest), project))
        before = before.plus(line.below_paid)
    return results, before.at_most(Bounds(cap, cap))


def _result(line: Earned, amount: Bounds, project: Project) -> LineResult:
    known, draft = amount.known, line.draft
    return LineResult(
        line_id=draft.line.id,
        line_version=draft.line.version,
        loan_id=draft.loan.id,
        from_on=draft.line.from_on,
        to_on=draft.line.last_on,
        day_count_basis=line.basis,
        share=draft.loan.share,
        accumulated_balance=draft.spread,
        eligible_yuan=line.eligible.low if line.eligible.known else None,
        ordinary_paid_yuan=line.paid_yuan,
        payable_yuan=amount.low if known else None,
        low_yuan=amount.low,
        high_yuan=amount.high,
        limited_by=_limit(line, amount, project) if known else None,
        missing=() if known else line.missing or (WAITING,),
        check=line.check,
        segments=line.segments,
    )


def _limit(line: Earned, amount: Bounds, project: Project) -> LimitedBy | None:
    if amount.low < line.below_paid.low:
        return "award" if project.award_yuan < project.policy_cap_yuan else "cap"
    return "interest_paid" if amount.low < line.eligible.low else None
