"""Dry run of a project: its assessment and an estimate of both kinds of support (二, 二（四）). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.eligibility.rules.reviews import Judgement, judge
from shared.contracts.facts import ProjectFacts
from shared.errors import DomainError
from shared.money import round_fen
from shared.policy import Ruleset, grant, lpr, parameter
from shared.policy.errors import BeyondKnownSeries, ParameterNotPublished

INTEREST_CLAUSE = "二（四）2"
LONG_TERM_YEARS = 5
_UNKNOWN = (BeyondKnownSeries, ParameterNotPublished)


@dataclass(frozen=True, slots=True)
class Loan:
    """A planned bank loan: `rate` is the annual rate as a ratio, `years` the original term."""

    principal_yuan: Decimal
    rate: Decimal
    years: Decimal


@dataclass(frozen=True, slots=True)
class Support:
    """Estimate of one kind of support: yuan before and after the cap, None where unknown, with its derivation."""

    clause: str
    label: str
    uncapped_yuan: str | None
    award_yuan: str | None
    derivation: tuple[str, ...]


def grant_of(components: Sequence[Mapping[str, Any]], ruleset: Ruleset) -> Support | None:
    """Return the investment grant, whichever mode is requested; None where the edition has none. 二（四）1"""
    amount = ruleset.amounts.get("investment_grant")
    if amount is None:
        return None
    award = grant(components, ruleset).as_award(amount)
    return Support(award.clause, award.label, award.uncapped_yuan, award.award_yuan, award.derivation)


def interest_of(loan: Loan | None, on: date, lpr_tenor: str = "by_term") -> Support:
    """Return the estimated interest subsidy: full principal at the lower of LPR and contract rate, capped. 二（四）2

    `lpr_tenor` is the reading of I7. The paid subsidy follows bank statements day by day and may differ.
    """
    try:
        cap, max_years = parameter("interest_cap_yuan", on), parameter("interest_years", on)
        if loan is None:
            return _interest(
                None, None, (f"填报贷款本金、利率和期限后可估算；上限 {cap:,f} 元，不超过 {max_years} 年",)
            )
        quoted = lpr(on, "1Y" if lpr_tenor == "one_year" or loan.years <= LONG_TERM_YEARS else "5Y")
    except _UNKNOWN as unknown:
        return _interest(None, None, (_explanation(unknown),))
    years, rate = min(loan.years, max_years), min(loan.rate, quoted)
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


def _explanation(unknown: DomainError) -> str:
    return unknown.detail or unknown.title


def dry_run(facts: ProjectFacts, as_of: date, readings: Mapping[str, str]) -> Judgement:
    """Assess undeclared facts as if accepted on `as_of`, unless they state an acceptance date."""
    stated = facts.model_dump(mode="json", exclude_none=True)
    return judge({"accepted_on": as_of.isoformat(), **stated}, as_of, readings)
