"""Chosen readings I6 to I10 of what 二（四）2 leaves open; no rule fixes one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self


@dataclass(frozen=True, slots=True)
class InterestReadings:
    """Chosen readings I6 to I10 under the policy's keys, with the day-count basis and the tolerance in yuan."""

    lpr_date: str = "each_day"
    lpr_tenor: str = "contract_else_term"
    rate_comparison: str = "per_day"
    interest_limit_scope: str = "project"
    interest_limit_start: str = "first_subsidised_day"
    interest_before_application: str = "after_construction_start"
    day_count_basis: Decimal = Decimal(360)
    bank_check_tolerance_yuan: Decimal = Decimal("1.00")

    @property
    def from_application(self) -> bool:
        """True if interest before the day of the declaration does not count (I10)."""
        return self.interest_before_application == "not_counted"

    @property
    def by_loan(self) -> bool:
        """True if the years of 二（四）2 run for each loan (I9)."""
        return self.interest_limit_scope == "loan"

    @classmethod
    def of(cls, chosen: Mapping[str, str], *, day_basis: Decimal, tolerance_yuan: Decimal) -> Self:
        """Return the readings of a rule set. Raises KeyError when one is missing."""
        return cls(
            lpr_date=chosen["lpr_date"],
            lpr_tenor=chosen["lpr_tenor"],
            rate_comparison=chosen["rate_comparison"],
            interest_limit_scope=chosen["interest_limit_scope"],
            interest_limit_start=chosen["interest_limit_start"],
            interest_before_application=chosen["interest_before_application"],
            day_count_basis=day_basis,
            bank_check_tolerance_yuan=tolerance_yuan,
        )
