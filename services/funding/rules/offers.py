"""Offers of both support modes: investment grant and interest subsidy, with derivation. Pure. 二（四）"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from services.funding.interest.readings import InterestReadings
from shared.policy import Ruleset, grant, parameter, readings
from shared.policy.errors import ParameterNotPublished
from shared.policy.interest_estimate import EstimateTerms, PlannedLoan, estimate
from shared.policy.reference_rates import registered_rates

GRANT, INTEREST = "investment_grant", "interest_subsidy"
CLAUSES = {GRANT: "二（四）1", INTEREST: "二（四）2"}
READINGS = {
    GRANT: ("cap_scope", "package_rate", "standalone_infrastructure", "investment_base", "excluded_costs"),
    INTEREST: (
        "lpr_date",
        "lpr_tenor",
        "rate_comparison",
        "interest_limit_scope",
        "interest_limit_start",
        "interest_before_application",
    ),
}
BASES = {"declared": "declared_investment_yuan"}


@dataclass(frozen=True, slots=True)
class Offer:
    """Amounts of one support mode in yuan, None while a fact is `missing`; `cap_yuan` limits the award.

    An interest subsidy has its value at the day of the offer, and the month (its first day) that reaches the cap.
    """

    mode: str
    clause: str
    base_yuan: Decimal | None
    uncapped_yuan: Decimal | None
    award_yuan: Decimal | None
    cap_yuan: Decimal | None
    lines: list[str]
    missing: list[str] = field(default_factory=list)
    readings: list[dict[str, str]] = field(default_factory=list)
    present_value_yuan: Decimal | None = None
    cap_reached_in: date | None = None


@dataclass(frozen=True, slots=True)
class SubsidyDays:
    """Days of a case that an interest offer depends on: start of construction, declaration, the day of the offer."""

    started_on: date | None
    declared_on: date | None
    today: date


def readings_used(ruleset: Ruleset, mode: str) -> list[dict[str, str]]:
    """Return the readings that an amount rests on, with id, key, chosen option and its text."""
    shown = []
    for key in READINGS[mode]:
        reading, option = readings()[key], ruleset.interpretations[key]
        shown.append({"id": reading.id, "key": key, "option": option, "text": reading.options[option]})
    return shown


def recognised_investment(components: Sequence[Mapping[str, Any]], ruleset: Ruleset) -> list[dict[str, Any]]:
    """Return kind and recognised investment of each component: assessed or, under that reading, declared (I4)."""
    source = BASES.get(ruleset.interpretations["investment_base"], "assessed_investment_yuan")
    return [{"kind": part["kind"], "fixed_investment_yuan": part[source]} for part in components]


def grant_offer(
    components: Sequence[Mapping[str, Any]], project_type: str | None, ruleset: Ruleset, *, final: bool = False
) -> Offer:
    """Return the offer of a grant on the recognised investment, or on that of the `final` accounts. 二（四）1

    The base leaves out what earns nothing: infrastructure outside an area package (I3).
    """
    parts = recognised_investment(components, ruleset)
    result, limit = grant(parts, ruleset, project_type=project_type), ruleset.values.get("grant_cap_yuan")
    base = sum((Decimal(part["fixed_investment_yuan"]) for part in parts), Decimal("0.00")) - (result.excluded or 0)
    missing = [] if result.award is not None else ["补助比例、上限或投资额"]
    cap = _ledger_cap(parts, ruleset, limit)
    lines, used = [*result.lines, *([] if final else _base_note(ruleset))], readings_used(ruleset, GRANT)
    return Offer(GRANT, CLAUSES[GRANT], base, result.uncapped, result.award, cap, lines, missing, used)


def _base_note(ruleset: Ruleset) -> list[str]:
    """Return the note that the amount is provisional, under the reading of I4 that follows the final accounts."""
    if ruleset.interpretations["investment_base"] != "final_accounts":
        return []
    return ["投资基数暂按入库评估审定数，竣工决算后以决算数为准"]


def proposed_return(net_paid_yuan: Decimal, recomputed_yuan: Decimal, ruleset: Ruleset) -> Decimal:
    """Return what was paid beyond the grant by the final accounts; nothing where the declared base stands (I4)."""
    if ruleset.interpretations["investment_base"] == "declared":
        return Decimal("0.00")
    return max(net_paid_yuan - recomputed_yuan, Decimal("0.00"))


def _ledger_cap(parts: Sequence[Mapping[str, Any]], ruleset: Ruleset, limit: Decimal | None) -> Decimal | None:
    """Return the highest award of the case in yuan: one cap, or one for each group that has its own (I1)."""
    scope = ruleset.interpretations["cap_scope"]
    kinds = {part["kind"] == "building" for part in parts}
    groups = {"project": 1, "category": len(kinds)}.get(scope, len(parts))
    return None if limit is None else limit * groups


def interest_readings(ruleset: Ruleset, on: date) -> InterestReadings:
    """Return the readings and parameters of the daily interest calculation (I6 to I10)."""
    return InterestReadings.of(
        ruleset.interpretations,
        day_basis=parameter("interest_day_basis", on),
        tolerance_yuan=parameter("interest_check_tolerance_yuan", on),
    )


def interest_offer(loans: Sequence[PlannedLoan], days: SubsidyDays, ruleset: Ruleset) -> Offer:
    """Return the offer of an interest subsidy at the LPR known today: an estimate, not a payment. 二（四）2"""
    used = readings_used(ruleset, INTEREST)
    if not loans:
        return Offer(INTEREST, CLAUSES[INTEREST], None, None, None, None, [], ["贷款合同或贷款计划"], used)
    try:
        terms = EstimateTerms(
            cap_yuan=parameter("interest_cap_yuan", ruleset.as_of),
            years=int(parameter("interest_years", ruleset.as_of)),
            on=days.today,
            readings=ruleset.interpretations,
            day_basis=parameter("interest_day_basis", days.today),
            started_on=days.started_on,
            declared_on=days.declared_on,
        )
    except ParameterNotPublished as unknown:
        return Offer(INTEREST, CLAUSES[INTEREST], None, None, None, None, [], [unknown.detail], used)
    estimated = estimate(loans, terms, registered_rates())
    return Offer(
        mode=INTEREST,
        clause=CLAUSES[INTEREST],
        base_yuan=estimated.base_yuan,
        uncapped_yuan=estimated.uncapped_yuan,
        award_yuan=estimated.award_yuan,
        cap_yuan=terms.cap_yuan,
        lines=list(estimated.lines),
        missing=list(estimated.missing),
        readings=used,
        present_value_yuan=estimated.present_value_yuan,
        cap_reached_in=estimated.cap_reached_in,
    )
