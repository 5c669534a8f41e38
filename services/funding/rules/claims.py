"""Claims for interest subsidy: periods, stages of review, what is due. Pure. 二（四）2"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Final

from services.funding.interest.due import due
from services.funding.interest.results import Calculation
from shared.dates import window

ZERO: Final = Decimal("0.00")
_PARTS: Final = {"Q1": (1, 3), "Q2": (4, 3), "Q3": (7, 3), "Q4": (10, 3), "H1": (1, 6), "H2": (7, 6)}
"""First month and number of months of each part of a year."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Review of a claim in one status: who works on it, and the status after it passes."""

    roles: tuple[str, ...]
    passed: str


STAGES: Final[Mapping[str, Stage]] = {
    "filed": Stage(("district_officer",), "checked"),
    "checked": Stage(("city_officer",), "verified"),
    "verified": Stage(("city_officer", "city_supervisor"), "decided"),
}
"""Stages by status, in their order."""


def claim_period(named: str) -> tuple[date, date]:
    """Return the days of a quarter ("2024Q3") or half-year ("2024H2")."""
    month, months = _PARTS[named[4:]]
    first = date(int(named[:4]), month, 1)
    return first, window(first, months=months)


def period_name(from_on: date, to_on: date) -> str | None:
    """Return the name of a quarter or half-year; None for the period of a statement of an earlier version."""
    names = (f"{from_on.year}{part}" for part in _PARTS)
    return next((name for name in names if claim_period(name) == (from_on, to_on)), None)


@dataclass(frozen=True, slots=True)
class Balance:
    """Balance after a recomputation, in yuan: `due_yuan` is negative where too much was decided.

    `decided_yuan` is what claims were decided at, less what came back. `payable_yuan` is the part of what is due that
    the award still covers. `kind` is claim, nothing, offset or clawback.
    """

    total_yuan: Decimal
    decided_yuan: Decimal
    due_yuan: Decimal
    payable_yuan: Decimal
    kind: str

    @property
    def excess_yuan(self) -> Decimal:
        """Return what was decided beyond the calculation."""
        return max(-self.due_yuan, ZERO)


def balance(calculation: Calculation, decided: Decimal, unclaimed: Decimal, limit: Decimal, *, final: bool) -> Balance:
    """Return what a calculation without missing facts leaves after `decided` yuan of earlier claims. 二（四）2

    `unclaimed` is the award that no decided claim has used; `limit` the most that is set off against the next claim,
    and `final` says that no claim follows.
    """
    now = due(calculation, {"": decided}, offset_limit_yuan=limit, final=final)
    signed = now.amount_yuan if now.kind in ("claim", "nothing") else -now.amount_yuan
    payable = min(max(signed, ZERO), max(unclaimed, ZERO))
    return Balance(calculation.low_yuan, decided, signed, payable, now.kind)


def remark_key(line_id: str, code: str, sentence: str) -> str:
    """Return what identifies a remark: other figures in its sentence make another one."""
    return sha256(f"{line_id} {code} {sentence}".encode()).hexdigest()[:32]
