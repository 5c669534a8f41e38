"""Both kinds of support for a project side by side, as far as they can be told before application (二（四）). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shared.errors import DomainError
from shared.money import round_fen
from shared.policy import Ruleset, grant, lpr, parameter
from shared.policy.errors import BeyondKnownSeries, ParameterNotPublished

INTEREST_CLAUSE = "二（四）2"
LONG_TERM_YEARS = 5
_UNKNOWN = (BeyondKnownSeries, ParameterNotPublished)


@dataclass(frozen=True, slots=True)
class Loan:
    """A bank loan as planned: `rate` a year as a ratio, `years` its original term."""

    principal_yuan: Decimal
    rate: Decimal
    years: Decimal


@dataclass(frozen=True, slots=True)
class Support:
    """One kind of support: yuan before and after the cap where they can be told, derived line by line."""

    clause: str
    label: str
    uncapped_yuan: str | None
    award_yuan: str | None
    derivation: tuple[str, ...]


def grant_of(components: Sequence[Mapping[str, Any]], ruleset: Ruleset) -> Support | None:
    """The investment grant, whichever mode is asked for; None where the edition has none. 二（四）1"""
    amount = ruleset.amounts.get("investment_grant")
    if amount is None:
        return None
    award = grant(components, ruleset).as_award(amount)
    return Support(award.clause, award.label, award.uncapped_yuan, award.award_yuan, award.derivation)


def interest_of(loan: Loan | None, on: date) -> Support:
    """The interest subsidy estimated: full principal at the lower of LPR and own rate, within years and cap. 二（四）2

    The subsidy itself follows bank statements day by day; this is what a plan can tell.
    """
    try:
        cap, most_years = parameter("interest_cap_yuan", on), parameter("interest_years", on)
        if loan is None:
            return _interest(
                None, None, (f"填报贷款本金、利率和期限后可估算；上限 {cap:,f} 元，不超过 {most_years} 年",)
            )
        quoted = lpr(on, "1Y" if loan.years <= LONG_TERM_YEARS else "5Y")
    except _UNKNOWN as unknown:
        return _interest(None, None, (_told(unknown),))
    years, rate = min(loan.years, most_years), min(loan.rate, quoted)
    uncapped = round_fen(loan.principal_yuan * rate * years)
    line = (
        f"本金 {loan.principal_yuan:,f} 元 × 年利率 {rate * 100:f}%（LPR {quoted * 100:f}% 与合同利率 "
        f"{loan.rate * 100:f}% 取低）× {years} 年 = {uncapped:,f} 元"
    )
    note = f"按全额本金估算；实际按银行结息单逐日计算，上限 {cap:,f} 元"
    return _interest(uncapped, min(uncapped, cap), (line, note))


def _interest(uncapped: Decimal | None, award: Decimal | None, lines: tuple[str, ...]) -> Support:
    before, after = (None if yuan is None else f"{yuan:.2f}" for yuan in (uncapped, award))
    return Support(INTEREST_CLAUSE, "贷款贴息（估算）", before, after, lines)


def _told(unknown: DomainError) -> str:
    return unknown.detail or unknown.title
