"""Segments of a line as they are shown, and the recomputation of the bank's interest. Pure. 二（四）2"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Literal

from services.funding.interest.readings import InterestReadings
from services.funding.interest.results import BankCheck, Segment
from services.funding.interest.runs import Draft, Run
from services.funding.interest.steps import ZERO
from shared.money import round_fen


def segments(draft: Draft, runs: Sequence[Run], basis: Decimal) -> Iterator[Segment]:
    """Yield the runs with equal figures as one segment each."""
    for _, alike in groupby(runs, key=_figures):
        together = list(alike)
        first, days = together[0], sum(run.days for run in together)
        yield Segment(
            from_on=first.from_on,
            to_on=together[-1].to_on,
            days=days,
            balance_yuan=first.balance,
            actual_rate=first.rate,
            reference=first.reference,
            lower=_lower(first),
            amount_yuan=_amount(first, days, basis),
            excluded=first.excluded,
            before_approval=first.before_approval,
        )


def bank_check(draft: Draft, runs: Sequence[Run], basis: Decimal, readings: InterestReadings) -> BankCheck | None:
    """Return the bank's ordinary interest beside balances times actual rates; None while those are unknown."""
    recomputed = _at_actual_rates(draft, runs)
    if recomputed is None:
        return None
    line = draft.line
    stated = line.stated_interest_yuan
    if stated is None:
        stated = line.paid_yuan - line.penal_yuan
    rounded = round_fen(recomputed / basis)
    difference = stated - rounded
    return BankCheck(rounded, stated, difference, abs(difference) <= readings.bank_check_tolerance_yuan)


def _at_actual_rates(draft: Draft, runs: Sequence[Run]) -> Decimal | None:
    if any(run.rate is None for run in runs):
        return None
    if draft.spread is not None:
        rates = {run.rate for run in runs if run.rate is not None}
        return draft.spread * rates.pop() if len(rates) == 1 else None
    if any(run.balance is None for run in runs):
        return None
    return sum(((run.balance or ZERO) * (run.rate or ZERO) * run.days for run in runs), ZERO)


def _figures(run: Run) -> tuple[object, ...]:
    return run.balance, run.rate, run.reference, run.excluded, run.before_approval


def _amount(run: Run, days: int, basis: Decimal) -> Decimal | None:
    if run.excluded is not None:
        return ZERO
    if run.balance is None or run.rate is None or run.reference is None:
        return None
    return run.balance * min(run.rate, run.reference.rate) * days / basis


def _lower(run: Run) -> Literal["actual", "reference", "equal"] | None:
    if run.rate is None or run.reference is None:
        return None
    if run.rate == run.reference.rate:
        return "equal"
    return "actual" if run.rate < run.reference.rate else "reference"
