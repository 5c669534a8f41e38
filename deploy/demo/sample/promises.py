"""Declared facts of an invented project: money, dates, permits, industries, the conditions of 二（二） and 二（三）."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Final

from deploy.demo.sample.buildings import AS_OF, Row
from deploy.demo.sample.draws import chance, day_between, hundredths, pick, weighted, whole
from shared.districts import DISTRICTS

_INDUSTRIES: Final = (
    "strategic_emerging",
    "high_precision",
    "modern_services",
    "manufacturing_services_integration",
    "digital_real_integration",
)
_PERMITS: Final = ("project_filing", "land_use_consent", "planning_permit", "fire_review", "construction_permit")
_PERMITS_OF: Final = {"proposed": 0, "designed": 1, "approved": 3, "ready": 5}
_STARTS: Final = {
    "not_ready": (date(2025, 1, 2), date(2026, 6, 30)),
    "ready_to_start": (date(2024, 4, 1), date(2024, 12, 31)),
    "under_construction": (date(2023, 4, 1), date(2024, 2, 29)),
    "completed": (date(2021, 3, 1), date(2022, 6, 30)),
}
_FINISHES: Final = {
    "not_ready": (date(2026, 9, 1), date(2028, 6, 30)),
    "ready_to_start": (date(2025, 3, 1), date(2026, 12, 31)),
    "under_construction": (date(2024, 6, 1), date(2025, 9, 30)),
    "completed": (date(2022, 9, 1), AS_OF),
}
_SAVINGS: Final = ((15, 25), (18, 25), (22, 22), (30, 12), (14, 5), (10, 4))
_ROOF_SHARES: Final = ((40, 30), (45, 24), (55, 18), (70, 10), (39, 4), (25, 6))


def programme(rng: Random, district: str, investment_fen: int, construction: str) -> Row:
    """Return financing, dates and progress of a project."""
    maturity = pick(rng, ("proposed", "designed", "approved")) if construction == "not_ready" else "ready"
    entered = day_between(rng, date(2023, 10, 9), date(2024, 3, 15)).isoformat()
    return _funding(rng, investment_fen) | {
        "operation_mode": weighted(rng, (("own", 55), ("joint", 20), ("lease", 25))),
        "industries": [_INDUSTRIES[whole(rng, 0, 2)], _INDUSTRIES[whole(rng, 3, 4)]][: whole(rng, 1, 2)],
        "key_tenants": [f"示例重点企业{whole(rng, 1, 60)}号"] if chance(rng, 85) else [],
        "starts_on": day_between(rng, *_STARTS[construction]).isoformat(),
        "completes_on": day_between(rng, *_FINISHES[construction]).isoformat(),
        "construction_status": construction,
        "permits": list(_PERMITS[: _PERMITS_OF[maturity]]),
        "maturity": maturity,
        "priority": whole(rng, 1, 5),
        "entered_on": entered,
        "left_on": None,
        "leave_reason": None,
        "signed_off_by": DISTRICTS[district].reviewing_office,
        "signed_off_on": entered,
    }


def _funding(rng: Random, investment_fen: int) -> Row:
    """Return a financing mix that sums to the investment to the fen; a project with interest subsidy has a loan."""
    support = weighted(rng, (("investment_grant", 72), ("interest_subsidy", 28)))
    loan = investment_fen * (whole(rng, 40, 65) if support == "interest_subsidy" else whole(rng, 0, 50)) // 100
    other = investment_fen * whole(rng, 0, 10) // 100
    return {
        "own_funds_yuan": hundredths(investment_fen - loan - other),
        "bank_loan_yuan": hundredths(loan),
        "other_funds_yuan": hundredths(other),
        "loan_bank": f"示例银行{whole(rng, 1, 6)}" if loan else None,
        "support_mode": support,
    }


def conditions(rng: Random, project_type: str) -> Row:
    """Return the facts about the conditions and targets of 二（二） and 二（三）."""
    area_package, renewable = project_type == "area_package", chance(rng, 78)
    return {
        "planning_conforms": chance(rng, 97),
        "title_clear": chance(rng, 95),
        "industry_positioning": chance(rng, 97),
        "admission_standard": chance(rng, 94),
        "operating_mechanism": chance(rng, 94),
        "green_retrofit_simultaneous": chance(rng, 96),
        "renewable_feasible": renewable,
        "renewable_planned": renewable and chance(rng, 96),
        "green_materials": chance(rng, 96),
        "surroundings_coordinated": chance(rng, 95),
        "pv_roof_share": hundredths(weighted(rng, _ROOF_SHARES) if renewable else 0),
        "energy_saving_ratio": hundredths(weighted(rng, _SAVINGS)),
        "other_municipal_funds": chance(rng, 5),
        "single_entity": chance(rng, 94) if area_package else None,
        "contiguous": chance(rng, 95) if area_package else None,
    }
