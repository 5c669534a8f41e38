"""The explaining evaluator and the table evaluator agree on random rows, on every threshold and on amounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

import polars as pl
import pytest

from shared.policy import Ruleset, assess, resolve, simulate
from shared.policy.facts import read
from shared.policy.table import PROJECT, eligible, frame_of, outcomes
from tests.shared.policy.random_declarations import declaration, near_passing, on_threshold_rows
from tests.shared.policy.worked_cases import ANSWERS, base

ON = date(2024, 3, 1)
READINGS: list[dict[str, str]] = [
    {},
    {"building_grounds": "use_and_mismatch", "package_occupancy": "weighted", "industry_test": "any_tenant"},
    {"package_buildings": "scale_only", "standalone_infrastructure": "allowed", "reserve_library_missing": "block"},
]
RULESETS = [
    *(resolve(ON, interpretations=readings) for readings in READINGS),
    resolve(ON, standards={"low_occupancy": Decimal("0.5")}),
    resolve(date(2022, 3, 1)),
]


@pytest.mark.parametrize("ruleset", RULESETS, ids=lambda ruleset: f"{ruleset.edition}-{ruleset.hash[:6]}")
@pytest.mark.parametrize("seed", [1, 2])
def test_random_declarations_get_the_same_findings_from_both(ruleset: Ruleset, seed: int) -> None:
    draw = Random(seed)
    wild = [declaration(draw, ruleset) for _ in range(300)]
    close = [near_passing(draw, ruleset, [base("building"), base("factory"), base("area")], 0.04) for _ in range(300)]
    declared = [_known_to(ruleset, facts) for facts in wild + close]
    frame = frame_of(declared, ruleset)
    rules = [rule.id for rule in ruleset.phase("declare")]
    found = outcomes(frame, ruleset, rules)
    decisions = [assess(facts, ruleset) for facts in declared]
    explained = pl.DataFrame({rule: [decision.finding(rule).outcome for decision in decisions] for rule in rules})
    assert found.equals(explained.cast(pl.Boolean))
    assert eligible(frame, ruleset, found).to_list() == [ANSWERS[decision.decision] for decision in decisions]


def test_rows_on_every_threshold_get_the_same_findings_from_both() -> None:
    ruleset = RULESETS[3]
    rows = [(name, value) for name, value in on_threshold_rows(ruleset)]
    assert len(rows) >= 30
    plain = read(base("area"), ruleset).inputs
    inputs: list[dict[str, Any]] = [
        {**plain, "building_wholly_vacant": False, "building_function_mismatch": False, name: value}
        for name, value in rows
    ]
    frame = pl.DataFrame([_floats(row) for row in inputs], infer_schema_length=None)
    for rule in ruleset.rules.values():
        table = outcomes(_with_all_inputs(frame, ruleset), ruleset, [rule.id])[rule.id].to_list()
        assert table == [rule.judge(row)[0] for row in inputs], rule.id


def test_a_choice_between_two_facts_follows_its_condition_and_where_they_agree_needs_none() -> None:
    text = "single_entity if heat_pump_heating else contiguous"
    combinations = list(product((True, False, None), repeat=3))
    declared = [
        base("building") | dict(zip(("heat_pump_heating", "single_entity", "contiguous"), values, strict=True))
        for values in combinations
    ]
    ruleset = RULESETS[0]
    rows = simulate(frame_of(declared, ruleset), ruleset, {"title_clear": text}).rows
    expected = [
        then if condition or then is otherwise else otherwise if condition is False else None
        for condition, then, otherwise in combinations
    ]
    assert rows["eligible_after"].to_list() == expected
    assert rows["eligible"].to_list() == [True] * len(combinations)


def test_a_choice_between_two_numbers_follows_its_condition() -> None:
    text = "(building_count if heat_pump_heating else factory_count) > 0"
    declared = [base("building") | {"heat_pump_heating": answer} for answer in (True, False, None)]
    rows = simulate(frame_of(declared, RULESETS[0]), RULESETS[0], {"title_clear": text}).rows
    assert rows["eligible_after"].to_list() == [True, False, None]


def test_awards_are_equal_to_the_fen() -> None:
    draw = Random(3)
    ruleset = RULESETS[0]
    declared = [declaration(draw, ruleset, unknown=0.02) for _ in range(400)]
    for facts in declared:
        facts["support_mode"] = "investment_grant"
    table = simulate(frame_of(declared, ruleset), ruleset).rows["award_fen"].to_list()
    assert table == [_award_fen(facts, ruleset) for facts in declared]


def test_not_a_number_is_unknown_and_never_above_a_threshold() -> None:
    ruleset = RULESETS[0]
    frame = frame_of([base("building")] * 3, ruleset)
    for strange in (float("nan"), float("inf"), None):
        changed = frame.with_columns(building_renovated_area_m2=pl.lit(strange, pl.Float64))
        assert simulate(changed, ruleset).rows["eligible"].to_list() == [None] * 3


def test_columns_left_out_of_a_frame_are_unknown() -> None:
    ruleset = RULESETS[0]
    frame = frame_of([base("factory")], ruleset)
    assert simulate(frame, ruleset).rows["eligible"].to_list() == [True]
    assert simulate(frame.drop("other_municipal_funds"), ruleset).rows["eligible"].to_list() == [None]


def test_a_project_of_several_buildings_is_one_project() -> None:
    ruleset = RULESETS[0]
    double = base("building")
    double["components"] = [double["components"][0], {**double["components"][0], "completed_on": date(2020, 1, 1)}]
    frame = frame_of([base("building"), double, base("factory")], ruleset)
    assert frame.height == 4
    assert PROJECT in frame.columns
    assert simulate(frame, ruleset).rows["eligible"].to_list() == [True, False, True]


def _known_to(ruleset: Ruleset, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts without a project type that the edition does not have."""
    options = ruleset.inputs["project_type"].options
    return {key: value for key, value in facts.items() if key != "project_type" or value in options}


def _award_fen(facts: Mapping[str, Any], ruleset: Ruleset) -> int | None:
    from shared.policy import grant

    award = grant(facts.get("components") or (), ruleset, project_type=facts.get("project_type")).award
    return None if award is None else int(award * 100)


def _floats(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if name != "industries"
    }


def _with_all_inputs(frame: pl.DataFrame, ruleset: Ruleset) -> pl.DataFrame:
    from shared.policy.table import sanitized

    return sanitized(frame.with_columns(industries=pl.lit(16, pl.Int64)), ruleset)
