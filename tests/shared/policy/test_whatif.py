"""Simulations of a reform: decisions that change, the budget interval, and the rules affected."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from shared.policy import clauses, resolve, simulate, touched
from shared.policy.errors import MalformedRule
from shared.policy.table import frame_of
from tests.shared.policy.worked_cases import base, decided_cases

RULESET = resolve(date(2024, 3, 1))


def library() -> pl.DataFrame:
    """Return three buildings (passing, too small, unknown other funds) and a factory."""
    small, unclear = base("building"), base("building")
    small["components"][0]["renovated_area_m2"] = "15000"
    del unclear["other_municipal_funds"]
    return frame_of([base("building"), small, unclear, base("factory")], RULESET)


def cell(cross: Any, before: str, after: str) -> dict[str, Any]:
    return next(dict(entry) for entry in cross if (entry["before"], entry["after"]) == (before, after))


def test_the_budget_is_an_interval_between_certain_and_possible() -> None:
    told = simulate(library(), RULESET)
    assert told.before["counts"] == {"eligible": 2, "ineligible": 1, "undetermined": 1}
    assert told.before["budget_yuan"] == {"certain": "60000000.00", "possible": "90000000.00"}
    assert told.after is None


def test_a_lower_floor_lets_the_small_building_in() -> None:
    told = simulate(library(), RULESET, {"building_renovated_area_m2": 10000})
    assert told.after is not None
    assert told.after["budget_yuan"] == {"certain": "90000000.00", "possible": "120000000.00"}
    assert cell(told.cross, "ineligible", "eligible")["count"] == 1
    assert cell(told.cross, "undetermined", "undetermined")["award_before_yuan"] == "30000000.00"
    assert told.touched == ("building_renovated_area",)
    assert told.hypothetical != RULESET.hash


def test_a_higher_rate_changes_amounts_and_no_decision() -> None:
    told = simulate(library(), RULESET, {"building_grant_rate": "0.15"})
    assert told.after is not None
    assert told.after["counts"] == told.before["counts"]
    assert told.after["budget_yuan"]["certain"] == "75000000.00"
    assert told.touched == ("investment_grant",)


def test_an_unpublished_number_makes_projects_undetermined() -> None:
    told = simulate(library(), RULESET, {"building_renovated_area_m2": None})
    assert cell(told.cross, "eligible", "undetermined")["count"] == 1
    assert cell(told.cross, "ineligible", "undetermined")["count"] == 1


def test_a_rule_text_and_a_reading_can_be_replaced() -> None:
    told = simulate(library(), RULESET, {"building_renovated_area": "building_count > 0", "cap_scope": "category"})
    assert cell(told.cross, "ineligible", "eligible")["count"] == 1


@pytest.mark.parametrize(
    "patch", [{"no_such_key": 1}, {"building_age": "no_such_fact"}, {"cap_scope": "no_such_option"}]
)
def test_a_patch_of_an_unknown_key_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(MalformedRule):
        simulate(library(), RULESET, patch)


def test_the_blocking_conditions_are_counted_also_where_they_block_alone() -> None:
    small = base("building") | {"title_clear": False}
    small["components"][0]["renovated_area_m2"] = "15000"
    told = simulate(frame_of([small, base("building") | {"title_clear": False}], RULESET), RULESET)
    counted = {entry["rule"]: (entry["refused"], entry["alone"]) for entry in told.before["blocking"]}
    assert counted == {"title_clear": (2, 1), "building_renovated_area": (1, 0)}


def test_an_unknown_amount_is_counted_as_unpriced_and_not_as_zero() -> None:
    unpriced = base("building")
    del unpriced["components"][0]["fixed_investment_yuan"]
    told = simulate(frame_of([base("building"), unpriced], RULESET), RULESET)
    assert (told.before["unpriced"], told.before["budget_yuan"]["certain"]) == (1, "30000000.00")


def test_interest_projects_do_not_count_in_the_grant_budget() -> None:
    told = simulate(frame_of([base("building") | {"support_mode": "interest_subsidy"}], RULESET), RULESET)
    assert told.before["counts"]["eligible"] == 1
    assert told.before["budget_yuan"]["possible"] == "0.00"


def test_only_touched_rules_can_change_a_finding() -> None:
    patched = RULESET.patched({"energy_saving_ratio": "0.2"})
    names = touched(patched, {"energy_saving_ratio"})
    assert names == ("energy_saving", "energy_saving_result")
    for case in decided_cases():
        if case.ruleset().hash == RULESET.hash:
            before, after = case.judge(RULESET), case.judge(patched)
            changed = {
                a.rule for a, b in zip(before.findings, after.findings, strict=True) if a.outcome is not b.outcome
            }
            assert changed <= set(names)


def test_every_clause_of_part_two_is_in_the_index() -> None:
    homes = {home.clause: home for home in clauses()}
    assert [clause for clause in homes if clause.startswith("二")] == [
        "二", "二（一）", "二（一）1", "二（一）2", "二（一）3", "二（二）", "二（二）1", "二（二）2", "二（二）3",
        "二（三）1", "二（三）2", "二（四）", "二（四）1", "二（四）2", "二（五）",
    ]  # fmt: skip
    assert homes["二（四）1"].amounts == ("investment_grant",)
    assert "not_completed" in homes["二（五）"].rules
