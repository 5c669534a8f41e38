"""Bounds of the interest of a line, exact where every fact is known. Pure. 二（四）2

Amounts are in yuan times days: the day-count basis divides once, at the end.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.funding.interest.runs import Draft, Run

ZERO = Decimal(0)
ANY_RATE = Decimal(1)
"""Highest annual rate that a paper may state, where none does."""


class Bounds(NamedTuple):
    """Lowest and highest value of an amount; equal where it is known."""

    low: Decimal = ZERO
    high: Decimal = ZERO

    def plus(self, other: "Bounds") -> "Bounds":
        """Return the bounds of a sum."""
        return Bounds(self.low + other.low, self.high + other.high)

    @property
    def known(self) -> bool:
        """Return whether the amount is known."""
        return self.low == self.high

    def at_most(self, other: "Bounds") -> "Bounds":
        """Return the bounds of the lower of two amounts."""
        return Bounds(min(self.low, other.low), min(self.high, other.high))

    def mapped(self, change: Callable[[Decimal], Decimal]) -> "Bounds":
        """Return both bounds changed."""
        return Bounds(change(self.low), change(self.high))


def actual_rate(run: Run) -> Bounds:
    """Return the bounds of the actual rate."""
    return Bounds(ZERO, ANY_RATE) if run.rate is None else Bounds(run.rate, run.rate)


def reference_rate(run: Run) -> Bounds:
    """Return the bounds of the reference rate."""
    return Bounds(ZERO, ANY_RATE) if run.reference is None else Bounds(run.reference.rate, run.reference.rate)


def lower_rate(run: Run) -> Bounds:
    """Return the bounds of the lower rate."""
    return actual_rate(run).at_most(reference_rate(run))


def interest(draft: Draft, runs: Sequence[Run], rate: Callable[[Run], Bounds]) -> Bounds:
    """Return the interest of the counted days at a rate, times the day-count basis."""
    counted = [(run, _counted(run, rate)) for run in runs]
    if draft.spread is not None:
        capacity = _capacity(draft, draft.spread, runs)
        low = _filled(draft.spread, sorted((bounds.low, run.days) for run, bounds in counted), capacity)
        high = _filled(draft.spread, sorted(((b.high, run.days) for run, b in counted), reverse=True), capacity)
        return Bounds(low, high)
    highest = max(draft.loan.principal_yuan, draft.loan.drawn_yuan)
    low = sum((bounds.low * (run.balance or ZERO) * run.days for run, bounds in counted), ZERO)
    high = sum((b.high * (highest if run.balance is None else run.balance) * run.days for run, b in counted), ZERO)
    return Bounds(low, high)


def _counted(run: Run, rate: Callable[[Run], Bounds]) -> Bounds:
    if run.excluded is not None:
        return Bounds()
    bounds = rate(run)
    return bounds if run.certain else Bounds(ZERO, bounds.high)


def _capacity(draft: Draft, spread: Decimal, runs: Sequence[Run]) -> Decimal:
    """Return the highest balance that a day of the line may have; without a limit if the 积数 exceeds the contract."""
    highest = max(draft.loan.principal_yuan, draft.loan.drawn_yuan)
    return highest if spread <= highest * sum(run.days for run in runs) else spread


def _filled(spread: Decimal, places: Iterable[tuple[Decimal, int]], capacity: Decimal) -> Decimal:
    """Return the sum of the rates times what of a 积数 lies on each place, filled in their order."""
    total = ZERO
    for rate, days in places:
        part = min(spread, capacity * days)
        total += rate * part
        spread -= part
    return total
