"""Scope of a review, and the writing of remarks. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.funding.interest.facts import Loan, SettlementLine
from services.funding.interest.readings import InterestReadings
from services.funding.interest.results import Remark
from shared.policy.reference_rates import ReferenceRates


@dataclass(frozen=True, slots=True)
class Scope:
    """Register of reference rates, readings, and the day of the review."""

    rates: ReferenceRates
    readings: InterestReadings
    on: date


def remark(code: str, about: SettlementLine | Loan, sentence: str, **figures: object) -> Remark:
    """Return a remark on a line or on a loan, its figures as text."""
    shown = {name: _shown(figure) for name, figure in figures.items()}
    if isinstance(about, Loan):
        return Remark(code, about.id, None, sentence, shown)
    return Remark(code, about.loan_id, about.id, sentence, shown)


def yuan(amount: Decimal) -> str:
    """Return an amount as it is printed."""
    return f"{amount:,.2f} 元"


def percent(rate: Decimal) -> str:
    """Return a ratio as a percentage without trailing zeros."""
    return f"{(rate * 100).normalize():f}%"


def _shown(figure: object) -> str:
    return figure.isoformat() if isinstance(figure, date) else str(figure)
