"""Investment grant: worked amounts, cap, rounding, readings. 二（四）1"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.errors import DomainError
from shared.policy import assess, grant, resolve, simulate
from shared.policy.table import frame_of
from tests.shared.policy.worked_cases import base

pytestmark = pytest.mark.clause("二（四）1")

ON = date(2024, 3, 1)
RULESET = resolve(ON)


def parts(**millions: str) -> list[dict[str, str]]:
    return [{"kind": kind, "fixed_investment_yuan": f"{value}000000"} for kind, value in millions.items()]


@pytest.mark.parametrize(
    ("investment", "award"),
    [("0.04", "0.00"), ("0.05", "0.01"), ("100000000.05", "10000000.01"), ("100000000.04", "10000000.00")],
)
def test_half_a_fen_is_rounded_up_once(investment: str, award: str) -> None:
    component = {"kind": "building", "fixed_investment_yuan": investment}
    assert str(grant([component], RULESET, project_type="inefficient_building").award) == award
    facts = base("building")
    facts["components"][0] |= component
    assert simulate(frame_of([facts], RULESET), RULESET).rows["award_fen"].to_list() == [int(Decimal(award) * 100)]


def test_rounding_happens_after_the_sum() -> None:
    halves = [
        {"kind": "building", "fixed_investment_yuan": "0.05"},
        {"kind": "building", "fixed_investment_yuan": "0.05"},
    ]
    assert str(grant(halves, RULESET, project_type="inefficient_building").award) == "0.01"


def test_an_unknown_investment_gives_an_unknown_grant() -> None:
    assert grant([{"kind": "building"}, *parts(factory="10")], RULESET, project_type="area_package").award is None
    assert grant([], RULESET, project_type=None).award is None


def test_the_trial_edition_has_no_amounts_that_could_be_wrong() -> None:
    assert grant(parts(building="300"), resolve(date(2022, 3, 1)), project_type="inefficient_building").award is None


def test_each_reading_gives_its_own_amount() -> None:
    components = parts(building="360", factory="160", infrastructure="20")
    # building 36 M; factory 48 M; infrastructure 6 M
    expected = {
        ("project", "by_component"): "50000000.00",
        ("category", "by_component"): "86000000.00",
        ("component", "by_component"): "90000000.00",
        ("project", "dominant"): "50000000.00",
        ("category", "dominant"): "54000000.00",
        ("component", "dominant"): "54000000.00",
    }
    for (scope, rate), award in expected.items():
        ruleset = resolve(ON, interpretations={"cap_scope": scope, "package_rate": rate})
        assert str(grant(components, ruleset, project_type="area_package").award) == award, (scope, rate)


@pytest.mark.parametrize("rate", ["by_component", "dominant"])
def test_the_table_follows_the_readings_it_can(rate: str) -> None:
    ruleset = resolve(ON, interpretations={"package_rate": rate})
    facts = base("area")
    award = grant(facts["components"], ruleset, project_type=facts["project_type"]).award
    assert award is not None
    assert simulate(frame_of([facts], ruleset), ruleset).rows["award_fen"].to_list() == [int(award * 100)]


def test_the_table_refuses_a_cap_it_cannot_apply() -> None:
    ruleset = resolve(ON, interpretations={"cap_scope": "component"})
    with pytest.raises(DomainError) as refusal:
        simulate(frame_of([base("area")], ruleset), ruleset)
    assert refusal.value.code == "not_for_tables"


def test_a_decision_carries_the_amount_and_how_it_was_derived() -> None:
    award = assess(base("area"), RULESET).amounts["investment_grant"]
    assert award.award_yuan == "38000000.00"
    assert award.derivation[0].startswith("楼宇固定资产投资 200,000,000元 × 低效楼宇投资补助比例 10%〔2023#二（四）1")
    assert award.derivation[-1].endswith("安排 38,000,000元")


def test_no_grant_is_shown_for_a_refused_project_or_an_interest_subsidy() -> None:
    assert assess(base("building") | {"construction_status": "completed"}, RULESET).amounts == {}
    assert assess(base("building") | {"support_mode": "interest_subsidy"}, RULESET).amounts == {}
