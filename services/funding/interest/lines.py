"""Settlement lines (结息单) of bank loans. Pure. 二（四）2"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Loan:
    """Bank loan of the project. `contract_tenor` is the LPR tenor in the contract, "1Y" or "5Y", if it names one."""

    id: str
    drawn_on: date
    original_term_months: int
    contract_tenor: str | None = None
    repriced_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class BalanceSegment:
    """Outstanding principal in yuan on each day from `from_on` to `to_on`, both included."""

    from_on: date
    to_on: date
    balance_yuan: Decimal


@dataclass(frozen=True, slots=True)
class RateSegment:
    """Actual annual rate as a ratio (0.0390) on each day from `from_on` to `to_on`, both included."""

    from_on: date
    to_on: date
    annual_rate: Decimal


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Settlement period, both days included, with the interest paid and the penal parts it contains, in yuan.

    Raises ValueError for a period that ends before it begins, segments that overlap or leave the period, or a negative
    figure. Days without a segment are no error: the line stays undetermined until they are known.
    """

    loan: Loan
    from_on: date
    to_on: date
    balances: tuple[BalanceSegment, ...]
    rates: tuple[RateSegment, ...]
    interest_paid_yuan: Decimal
    penalty_yuan: Decimal = ZERO
    overdue_yuan: Decimal = ZERO
    compound_yuan: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.from_on > self.to_on:
            raise ValueError(f"the period ends on {self.to_on}, before it begins on {self.from_on}")
        self._check(self.balances)
        self._check(self.rates)
        figures = [self.interest_paid_yuan, self.penalty_yuan, self.overdue_yuan, self.compound_yuan]
        figures += [segment.balance_yuan for segment in self.balances]
        figures += [segment.annual_rate for segment in self.rates]
        if min(figures) < 0:
            raise ValueError("a negative figure on a settlement line")

    @property
    def ordinary_interest_yuan(self) -> Decimal:
        """Interest paid less penalty (罚息), overdue and compound (复利) parts, which are not subsidised."""
        return max(self.interest_paid_yuan - self.penalty_yuan - self.overdue_yuan - self.compound_yuan, ZERO)

    def gaps(self) -> list[str]:
        """Return descriptions in Chinese of the days without a balance or a rate."""
        found = []
        for label, segments in (("日余额", self.balances), ("实际利率", self.rates)):
            covered = {day for segment in segments for day in _days(segment.from_on, segment.to_on)}
            open_days = [day for day in _days(self.from_on, self.to_on) if day not in covered]
            if open_days:
                found.append(f"{open_days[0]} 等 {len(open_days)} 天的{label}")
        return found

    def days(self) -> Iterator[tuple[date, Decimal, Decimal]]:
        """Yield each day with its balance and actual rate. Raises KeyError for a line with gaps."""
        balances = {day: s.balance_yuan for s in self.balances for day in _days(s.from_on, s.to_on)}
        rates = {day: s.annual_rate for s in self.rates for day in _days(s.from_on, s.to_on)}
        for day in _days(self.from_on, self.to_on):
            yield day, balances[day], rates[day]

    def _check(self, segments: Sequence[BalanceSegment | RateSegment]) -> None:
        last = self.from_on - timedelta(days=1)
        for segment in sorted(segments, key=lambda segment: segment.from_on):
            if not last < segment.from_on <= segment.to_on <= self.to_on:
                raise ValueError(f"the segment from {segment.from_on} to {segment.to_on} overlaps or leaves the period")
            last = segment.to_on


def _days(from_on: date, to_on: date) -> list[date]:
    return [from_on + timedelta(days=n) for n in range((to_on - from_on).days + 1)]
