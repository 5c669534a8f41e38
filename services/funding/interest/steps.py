"""Figures that change from day to day, as steps, and the days on which a period is cut. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.funding.interest.facts import DAY, ZERO, Loan, SettlementLine


@dataclass(frozen=True, slots=True)
class Steps:
    """Value in force from each of `days` on; None where it is unknown."""

    days: tuple[date, ...]
    values: tuple[Decimal | None, ...]

    def at(self, on: date) -> Decimal | None:
        """Return the value on a day, None where it is unknown."""
        place = bisect_right(self.days, on) - 1
        return self.values[place] if place >= 0 else None


def stated_balances(line: SettlementLine) -> Steps:
    """Return the daily balances that a line states."""
    return _steps((part.from_on, part.to_on, part.balance_yuan) for part in line.balances)


def stated_rates(line: SettlementLine) -> Steps:
    """Return the actual rates that a line states."""
    return _steps((part.from_on, part.to_on, part.annual_rate) for part in line.rates)


def recorded_balances(loan: Loan) -> Steps:
    """Return the balance that drawdowns and repayments leave on each day, at least zero."""
    changes: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
    for drawdown in loan.drawdowns:
        changes[drawdown.on] += drawdown.amount_yuan
    for repayment in loan.repayments:
        changes[repayment.on] -= repayment.amount_yuan
    days, balances, balance = [date.min], [ZERO], ZERO
    for on in sorted(changes):
        balance += changes[on]
        days.append(on)
        balances.append(max(balance, ZERO))
    return Steps(tuple(days), tuple(balances))


def accumulated(steps: Steps, from_on: date, to_on: date) -> Decimal:
    """Return the sum of the daily values of a period (积数), both ends included; unknown days count as zero."""
    return sum(
        ((steps.at(first) or ZERO) * ((last - first).days + 1) for first, last in pieces(from_on, to_on, steps.days)),
        ZERO,
    )


def pieces(from_on: date, to_on: date, cuts: Iterable[date | None]) -> Iterator[tuple[date, date]]:
    """Yield first and last day of each part of a period that is cut before each of `cuts`."""
    starts = sorted({from_on, *(cut for cut in cuts if cut is not None and from_on < cut <= to_on)})
    for place, start in enumerate(starts):
        yield start, starts[place + 1] - DAY if place + 1 < len(starts) else to_on


def _steps(segments: Iterable[tuple[date, date, Decimal]]) -> Steps:
    steps: dict[date, Decimal | None] = {}
    for from_on, to_on, value in sorted(segments):
        steps[from_on] = value
        steps[to_on + DAY] = None
    changes = [pair for pair, before in zip(steps.items(), [None, *steps.values()], strict=False) if pair[1] != before]
    return Steps(tuple(on for on, _ in changes), tuple(value for _, value in changes))
