"""Dry run of a project: its assessment and an estimate of both kinds of support (二, 二（四）). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.eligibility.rules.reviews import Judgement, judge
from shared.contracts.facts import ProjectFacts
from shared.errors import DomainError
from shared.policy import Ruleset, grant, interpretations, parameter
from shared.policy.errors import ParameterNotPublished
from shared.policy.interest_estimate import Estimate, EstimateTerms, PlannedLoan, estimate
from shared.policy.reference_rates import registered_rates

INTEREST_CLAUSE = "二（四）2"


@dataclass(frozen=True, slots=True)
class Loan:
    """A planned bank loan: `rate` is the annual rate as a ratio, `years` the original term."""

    principal_yuan: Decimal
    rate: Decimal
    years: Decimal


@dataclass(frozen=True, slots=True)
class Support:
    """Estimate of one kind of support: yuan before and after the cap, None where unknown, with its derivation.

    An interest subsidy has its value at the day of the estimate, and the month (its first day) that reaches the cap.
    """

    clause: str
    label: str
    uncapped_yuan: str | None
    award_yuan: str | None
    derivation: tuple[str, ...]
    present_value_yuan: str | None = None
    cap_reached_in: date | None = None
    excluded_yuan: str | None = None


def grant_of(facts: Mapping[str, Any], ruleset: Ruleset) -> Support | None:
    """Return the investment grant, whichever mode is requested; None where the edition has none. 二（四）1"""
    amount = ruleset.amounts.get("investment_grant")
    if amount is None:
        return None
    components, project_type = facts.get("components", ()), facts.get("project_type")
    award = grant(components, ruleset, project_type=project_type).as_award(amount)
    amounts = (award.uncapped_yuan, award.award_yuan)
    return Support(award.clause, award.label, *amounts, award.derivation, excluded_yuan=award.excluded_yuan)


def interest_of(loan: Loan | None, on: date, chosen: Mapping[str, str] | None = None) -> Support:
    """Return the estimated interest subsidy of a loan that is drawn on the day of the estimate. 二（四）2

    `chosen` are readings other than the defaults. Comparison and approval estimate by the same function.
    """
    try:
        terms = EstimateTerms(
            cap_yuan=parameter("interest_cap_yuan", on),
            years=int(parameter("interest_years", on)),
            on=on,
            readings=interpretations(chosen),
            day_basis=parameter("interest_day_basis", on),
            started_on=on,
            declared_on=on,
        )
    except ParameterNotPublished as unknown:
        return _interest(None, (_explanation(unknown),))
    if loan is None:
        wanted = f"填报贷款本金、利率和期限后可估算；上限 {terms.cap_yuan:,f} 元，不超过 {terms.years} 年"
        return _interest(None, (wanted,))
    planned = PlannedLoan("拟贷款", loan.principal_yuan, loan.rate, int(loan.years * 12), None, on)
    estimated = estimate([planned], terms, registered_rates())
    return _interest(estimated, estimated.lines or estimated.missing)


def _interest(estimated: Estimate | None, lines: tuple[str, ...]) -> Support:
    if estimated is None:
        return Support(INTEREST_CLAUSE, "贷款贴息（估算）", None, None, lines)
    amounts = (estimated.uncapped_yuan, estimated.award_yuan, estimated.present_value_yuan)
    before, after, present = (None if yuan is None else f"{yuan:.2f}" for yuan in amounts)
    return Support(INTEREST_CLAUSE, "贷款贴息（估算）", before, after, lines, present, estimated.cap_reached_in)


def _explanation(unknown: DomainError) -> str:
    return unknown.detail or unknown.title


def dry_run(facts: ProjectFacts, as_of: date, readings: Mapping[str, str]) -> Judgement:
    """Assess undeclared facts as if accepted on `as_of`, unless they state an acceptance date."""
    stated = facts.model_dump(mode="json", exclude_none=True)
    return judge({"accepted_on": as_of.isoformat(), **stated}, as_of, readings)
