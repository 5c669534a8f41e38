"""Facts of an interest subsidy: project, loans with drawdowns and repayments, settlement lines. Pure. 二（四）2

Every fact has an id and a version: a correction is a new version. A fact holds what its paper says, contradictions
included; `checks` finds them and a person decides. Only what no paper can say (an end before its beginning) raises.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from services.funding.interest.steps import DAY, ZERO, Steps, running_total, segmented
from shared.dates import window
from shared.policy.reference_rates import Tenor

EndDay = Literal["included", "excluded"]
RateType = Literal["fixed", "floating"]
DayBasis = Literal[360, 365]


@dataclass(frozen=True, slots=True)
class Project:
    """Facts of the project. `award_yuan` and `policy_cap_yuan` limit the subsidy, the lower one decides.

    Interest after `construction_until` (end of the approved construction period) and after `accounts_completed_on`
    (completion accounts, or delivery without them) is not subsidised; None: not limited so.
    """

    award_yuan: Decimal
    policy_cap_yuan: Decimal
    limit_years: int
    construction_started_on: date | None
    applied_on: date | None = None
    approved_on: date | None = None
    construction_until: date | None = None
    accounts_completed_on: date | None = None

    @property
    def cap_yuan(self) -> Decimal:
        """Return the highest subsidy of the project in yuan."""
        return min(self.award_yuan, self.policy_cap_yuan)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Principal drawn under a contract; it bears interest from `on`."""

    id: str
    on: date
    amount_yuan: Decimal
    voucher_no: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Repayment:
    """Principal repaid; it bears no interest from `on`."""

    id: str
    on: date
    amount_yuan: Decimal
    voucher_no: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Extension:
    """Registered extension of a loan (展期), both days included.

    Its interest is subsidised only when the city has `recognised` the extension.
    """

    id: str
    from_on: date
    to_on: date
    recognised: bool = False
    version: int = 1

    def __post_init__(self) -> None:
        _expect_order(self.from_on, self.to_on)


@dataclass(frozen=True)
class Loan:
    """Bank loan contract. Rates are ratios (0.0390); `spread_bp` is over the LPR of `tenor`, in basis points.

    A fixed contract states `annual_rate`; a floating one `spread_bp`, and it reprices on `repricing_days`. `share` is
    the part of the loan used for the project (0 to 1). `day_count_basis` None: the policy's basis.
    """

    id: str
    bank: str
    contract_no: str
    principal_yuan: Decimal
    rate_type: RateType
    original_term_months: int
    drawdowns: tuple[Drawdown, ...]
    annual_rate: Decimal | None = None
    spread_bp: Decimal | None = None
    tenor: Tenor | None = None
    repricing_days: tuple[date, ...] = ()
    day_count_basis: DayBasis | None = None
    extensions: tuple[Extension, ...] = ()
    repayments: tuple[Repayment, ...] = ()
    share: Decimal = Decimal(1)
    settlement_day: int | None = 20
    """Day of the month on which the bank settles interest; None: the contract fixes none."""
    currency: str = "CNY"
    version: int = 1

    @cached_property
    def first_drawn_on(self) -> date | None:
        """Return the day of the first drawdown; None while nothing is drawn."""
        return min((drawdown.on for drawdown in self.drawdowns), default=None)

    @cached_property
    def matures_on(self) -> date | None:
        """Return the last day of the original term, counted from the first drawdown."""
        first = self.first_drawn_on
        return first and window(first, months=self.original_term_months)

    @property
    def movements(self) -> tuple[Drawdown | Repayment, ...]:
        """Return drawdowns and repayments."""
        return *self.drawdowns, *self.repayments

    @cached_property
    def recorded_balances(self) -> Steps:
        """Return the balance that drawdowns and repayments leave on each day, at least zero."""
        changes = [(drawdown.on, drawdown.amount_yuan) for drawdown in self.drawdowns]
        return running_total([*changes, *((repayment.on, -repayment.amount_yuan) for repayment in self.repayments)])

    @cached_property
    def drawn_yuan(self) -> Decimal:
        """Return all that was drawn, in yuan."""
        return sum((drawdown.amount_yuan for drawdown in self.drawdowns), ZERO)


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
class InterestPayment:
    """Interest paid for a line on one day, in yuan, with the penal parts that it contains."""

    paid_on: date
    paid_yuan: Decimal
    voucher_no: str = ""
    penalty_yuan: Decimal = ZERO
    overdue_yuan: Decimal = ZERO
    compound_yuan: Decimal = ZERO

    @property
    def penal_yuan(self) -> Decimal:
        """Return penalty (罚息), overdue interest and compound interest (复利), none of which is subsidised."""
        return self.penalty_yuan + self.overdue_yuan + self.compound_yuan


@dataclass(frozen=True, slots=True)
class Refund:
    """Ordinary interest of a line that the bank gave back, in yuan, not negative."""

    on: date
    amount_yuan: Decimal
    voucher_no: str = ""


@dataclass(frozen=True)
class SettlementLine:
    """Line of a bank's settlement (结息单) for one loan and period.

    `end_day` states whether the bank counts interest for `to_on`. The principal is stated as daily `balances`, as
    `accumulated_balance` (积数: sum of the daily balances), or not at all: then drawdowns and repayments say it.
    `stated_interest_yuan` is the ordinary interest charged; None: as much as was paid. Raises ValueError for a period
    that ends before it begins, segments that overlap or leave it, or a negative figure.
    """

    id: str
    loan_id: str
    from_on: date
    to_on: date
    rates: tuple[RateSegment, ...]
    payments: tuple[InterestPayment, ...]
    balances: tuple[BalanceSegment, ...] = ()
    accumulated_balance: Decimal | None = None
    end_day: EndDay = "included"
    stated_interest_yuan: Decimal | None = None
    refunds: tuple[Refund, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        _expect_order(self.from_on, self.last_on)
        self._expect_apart((part.from_on, part.to_on) for part in self.balances)
        self._expect_apart((part.from_on, part.to_on) for part in self.rates)
        figures = [self.accumulated_balance or ZERO, self.stated_interest_yuan or ZERO]
        figures += [part.balance_yuan for part in self.balances]
        figures += [part.annual_rate for part in self.rates]
        figures += [refund.amount_yuan for refund in self.refunds]
        figures += [min(payment.paid_yuan, payment.penal_yuan) for payment in self.payments]
        if min(figures) < 0:
            raise ValueError("a negative figure on a settlement line")

    def _expect_apart(self, spans: Iterable[tuple[date, date]]) -> None:
        last = self.from_on - DAY
        for from_on, to_on in sorted(spans):
            if not last < from_on <= to_on <= self.last_on:
                raise ValueError(f"the segment from {from_on} to {to_on} overlaps or leaves the period")
            last = to_on

    @cached_property
    def last_on(self) -> date:
        """Return the last day that bears interest."""
        return self.to_on if self.end_day == "included" else self.to_on - DAY

    @cached_property
    def stated_balances(self) -> Steps:
        """Return the daily balances that the line states."""
        return segmented((part.from_on, part.to_on, part.balance_yuan) for part in self.balances)

    @cached_property
    def stated_rates(self) -> Steps:
        """Return the actual rates that the line states."""
        return segmented((part.from_on, part.to_on, part.annual_rate) for part in self.rates)

    @property
    def paid_yuan(self) -> Decimal:
        """Return all interest paid, penal parts included."""
        return sum((payment.paid_yuan for payment in self.payments), ZERO)

    @property
    def penal_yuan(self) -> Decimal:
        """Return the penal parts of what was paid."""
        return sum((payment.penal_yuan for payment in self.payments), ZERO)

    @property
    def refunded_yuan(self) -> Decimal:
        """Return what the bank gave back."""
        return sum((refund.amount_yuan for refund in self.refunds), ZERO)

    @cached_property
    def ordinary_paid_yuan(self) -> Decimal:
        """Return the ordinary interest really paid: less penal parts and refunds, at least zero."""
        return max(self.paid_yuan - self.penal_yuan - self.refunded_yuan, ZERO)

    @property
    def days(self) -> int:
        """Return the number of days that bear interest."""
        return (self.last_on - self.from_on).days + 1


def uncovered(line: SettlementLine, segments: Sequence[BalanceSegment | RateSegment]) -> Iterator[tuple[date, date]]:
    """Yield the days of a line without a segment, as first and last day of each gap."""
    open_from = line.from_on
    for segment in sorted(segments, key=lambda segment: segment.from_on):
        if segment.from_on > line.last_on:
            break
        if open_from < segment.from_on:
            yield open_from, segment.from_on - DAY
        open_from = max(open_from, segment.to_on + DAY)
    if open_from <= line.last_on:
        yield open_from, line.last_on


def _expect_order(from_on: date, to_on: date) -> None:
    if from_on > to_on:
        raise ValueError(f"the period ends on {to_on}, before it begins on {from_on}")
