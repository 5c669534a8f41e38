"""Readings that change an amount: the grant, the interest subsidy, the instalments."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.eligibility.rules.dry_run import Loan as TriedLoan
from services.eligibility.rules.dry_run import interest_of
from services.eligibility.rules.investment import ComponentRecognition, ExcludedCost, recognise_components
from services.funding.interest.facts import Loan, Project, RateSegment, SettlementLine
from services.funding.rules.offers import grant_offer, proposed_return
from services.funding.rules.releases import instalments
from shared.errors import Invalid
from shared.money import round_fen
from shared.policy import grant, interpretations, parameter, resolve
from shared.policy.reference_rates import Tenor
from tests.funding.interest.projects import LOAN, PRINCIPAL, PROJECT, V2, calculated, drawn, line
from tests.rules.switches import Switch

ON = date(2024, 3, 1)
EIGHT_YEARS = TriedLoan(Decimal(100_000_000), Decimal("0.06"), Decimal(8))
COMPONENTS = [
    {"kind": kind, "fixed_investment_yuan": Decimal(yuan)}
    for kind, yuan in (("building", 600_000_000), ("factory", 200_000_000), ("factory", 200_000_000))
]
SMALL = [
    {"kind": "building", "fixed_investment_yuan": Decimal(100_000_000)},
    {"kind": "factory", "fixed_investment_yuan": Decimal(50_000_000)},
]
FACTORY = [{"kind": "factory", "declared_investment_yuan": "100000000", "assessed_investment_yuan": "80000000"}]
QUARTER = line(*V2)
MIDDLE = date(2024, 7, 31)
UNEVEN = line(
    *V2,
    rates=(RateSegment(V2[0], MIDDLE, Decimal("0.0300")), RateSegment(date(2024, 8, 1), V2[1], Decimal("0.0400"))),
    paid=str(round_fen(PRINCIPAL * (Decimal("0.0300") * 41 + Decimal("0.0400") * 51) / 360)),
)
CHEAP_BEFORE = line(date(2024, 3, 21), date(2024, 6, 20), "0.0325")
OTHER_LOAN = drawn(date(2022, 6, 21), id="L0", contract_no="示贷2022-001")
OF_OTHER_LOAN = line(date(2022, 6, 21), date(2022, 9, 20), loan_id="L0")
STARTED_EARLIER = replace(PROJECT, construction_started_on=date(2022, 1, 1))


def award(key: str, components: list[dict[str, Any]]) -> Callable[[str], Decimal | None]:
    """Return the award of components as a function of the choice."""
    return lambda option: (
        grant(components, resolve(ON, interpretations={key: option}), project_type="area_package").award
    )


def interest(
    key: str, lines: Sequence[SettlementLine] = (QUARTER,), loans: Sequence[Loan] = (LOAN,), project: Project = PROJECT
) -> Callable[[str], Decimal | None]:
    """Return the subsidy of the first of the lines as a function of the choice."""
    wanted = lines[0].id

    def of(option: str) -> Decimal | None:
        chosen: dict[str, Any] = {key: option}
        return calculated(lines, loans, project=project, **chosen).of(wanted).payable_yuan

    return of


def base_of_grant(option: str) -> tuple[Decimal | None, bool, Decimal]:
    """Return the award, whether it is provisional, and the return proposed for 24 million paid and 15 million due."""
    ruleset = resolve(ON, interpretations={"investment_base": option})
    offer = grant_offer(FACTORY, "old_factory", ruleset)
    due = proposed_return(Decimal(24_000_000), Decimal(15_000_000), ruleset)
    return offer.award_yuan, "决算" in offer.lines[-1], due


def recognition(option: str) -> str:
    """Return the recognised investment of 100 million yuan with 10 million of rent excluded, or "refused"."""
    item = ComponentRecognition(
        index=0,
        assessed_investment_yuan=Decimal(90_000_000),
        excluded=[ExcludedCost(kind="rent", amount_yuan=Decimal(10_000_000))],
        reason="剔除租金",
    )
    declared = [{"kind": "factory", "fixed_investment_yuan": "100000000"}]
    try:
        found = recognise_components(declared, [item], interpretations({"excluded_costs": option}))
    except Invalid:
        return "refused"
    return str(found[0]["assessed_investment_yuan"])


def at_tenor(months: int, contract: Tenor | None) -> Callable[[str], str]:
    """Return the LPR tenor of a loan as a function of the choice."""
    loan = replace(LOAN, original_term_months=months, tenor=contract)

    def chosen(option: str) -> str:
        reference = calculated([QUARTER], [loan], lpr_tenor=option).lines[0].segments[0].reference
        return reference.name.split()[0] if reference else ""

    return chosen


SWITCHES = (
    Switch(
        "cap_scope",
        "award of a building and two factories of 60 million yuan each",
        award("cap_scope", COMPONENTS),
        {"project": Decimal(50_000_000), "category": Decimal(100_000_000), "component": Decimal(150_000_000)},
    ),
    Switch(
        "package_rate",
        "award of a package of a building and a factory",
        award("package_rate", SMALL),
        {"by_component": Decimal(25_000_000), "dominant": Decimal(15_000_000)},
    ),
    Switch(
        "investment_base",
        "award, whether it is provisional, and the return that lower final accounts propose",
        base_of_grant,
        {
            "assessed": (Decimal(24_000_000), False, Decimal(9_000_000)),
            "declared": (Decimal(30_000_000), False, Decimal(0)),
            "final_accounts": (Decimal(24_000_000), True, Decimal(9_000_000)),
        },
    ),
    Switch(
        "excluded_costs",
        "recognised investment with rent excluded",
        recognition,
        {"exclude_purchase_rent_land": "90000000", "include_all": "refused"},
    ),
    Switch(
        "lpr_date",
        "interest subsidy of a quarter in which the LPR falls",
        interest(
            "lpr_date",
            loans=[drawn(date(2023, 6, 21), repricing_days=(date(2024, 8, 1),))],
            project=replace(PROJECT, approved_on=date(2024, 8, 1)),
        ),
        {
            "each_day": Decimal("1729444.44"),
            "period_start": Decimal("1763333.33"),
            "drawdown": Decimal("1814444.44"),
            "approval": Decimal("1712222.22"),
            "repricing": Decimal("1757777.78"),
        },
    ),
    Switch(
        "lpr_tenor",
        "tenor of a loan of six years whose contract names one year",
        at_tenor(72, "1Y"),
        {"contract_else_term": "1Y", "by_term": "5Y"},
    ),
    Switch(
        "lpr_tenor",
        "tenor of a loan of six years whose contract names none",
        at_tenor(72, None),
        {"contract_else_term": "5Y", "one_year": "1Y"},
    ),
    Switch(
        "lpr_tenor",
        "interest estimate of the dry run for a loan of eight years",
        lambda option: interest_of(EIGHT_YEARS, ON, {"lpr_tenor": option}).award_yuan,
        {"contract_else_term": "8009722.22", "one_year": "6995833.33"},
    ),
    Switch(
        "rate_comparison",
        "interest subsidy of a line with cheap and dear days",
        interest("rate_comparison", [UNEVEN, CHEAP_BEFORE]),
        {"per_day": Decimal("1632500.00"), "per_line": Decimal("1729444.44"), "whole_loan": Decimal("1816666.67")},
    ),
    Switch(
        "interest_limit_scope",
        "interest subsidy of a loan more than two years after another loan's first day",
        interest("interest_limit_scope", [QUARTER, OF_OTHER_LOAN], [LOAN, OTHER_LOAN], STARTED_EARLIER),
        {"project": Decimal(0), "loan": Decimal("1729444.44")},
    ),
    Switch(
        "interest_limit_start",
        "interest subsidy two years after the drawdown, in the quarter of the approval",
        interest(
            "interest_limit_start",
            loans=[drawn(date(2022, 9, 1))],
            project=replace(PROJECT, approved_on=date(2024, 7, 22)),
        ),
        {
            "first_subsidised_day": Decimal("1729444.44"),
            "first_drawdown": Decimal("1357222.22"),
            "approval": Decimal("1135277.78"),
        },
    ),
    Switch(
        "interest_before_application",
        "interest subsidy of the quarter in which the project is declared",
        interest("interest_before_application", project=replace(PROJECT, applied_on=date(2024, 7, 22))),
        {"after_construction_start": Decimal("1729444.44"), "not_counted": Decimal("1135277.78")},
    ),
    Switch(
        "instalments",
        "instalments of an award of 100 yuan",
        lambda option: [
            instalment.yuan for instalment in instalments(Decimal(100), option, parameter("instalment_shares", ON))
        ],
        {"single": [100], "by_progress": [60, 30, 10]},
    ),
)
