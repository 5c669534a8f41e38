"""An unknown fact is not false: it never makes a project eligible, and supplying it never reverses a decision."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from random import Random
from typing import Any

import pytest

from shared.errors import DomainError
from shared.policy import assess, resolve
from tests.shared.policy.random_declarations import declaration, near_passing
from tests.shared.policy.worked_cases import base

RULESET = resolve(date(2024, 3, 1))
MUST = {rule.id for rule in RULESET.phase("declare") if rule.strength == "must"}


def without_each(facts: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each fact's path and the facts without it, components' facts included."""
    for name in facts:
        yield name, {key: value for key, value in facts.items() if key != name}
    for place, component in enumerate(facts.get("components", ())):
        for name in component.keys() - {"kind"}:
            changed = deepcopy(facts)
            del changed["components"][place][name]
            yield f"components.{place}.{name}", changed


@pytest.mark.parametrize("kind", ["building", "factory", "area"])
def test_removing_a_fact_never_makes_a_project_eligible(kind: str) -> None:
    for name, facts in without_each(base(kind)):
        spoiled = [facts | {"other_municipal_funds": True}, facts | {"construction_status": "completed"}]
        for worse in spoiled if name not in ("other_municipal_funds", "construction_status") else []:
            assert assess(worse, RULESET).decision == "ineligible", name


@pytest.mark.parametrize("kind", ["building", "factory", "area"])
def test_a_removed_fact_is_reported_as_missing(kind: str) -> None:
    for name, facts in without_each(base(kind)):
        decision = assess(facts, RULESET)
        assert decision.decision in ("eligible", "undetermined"), name
        if decision.decision == "undetermined" and name != "project_type":
            assert any(item.field == name for item in decision.missing), (name, decision.missing)


@pytest.mark.parametrize("seed", range(4))
def test_supplying_a_missing_fact_never_reverses_a_decision(seed: int) -> None:
    draw = Random(seed)
    for _ in range(150):
        full = declaration(draw, RULESET, unknown=0.0)
        if draw.random() < 0.5:
            full = near_passing(draw, RULESET, [base("building"), base("factory"), base("area")], 0.0)
        part = {name: value for name, value in full.items() if draw.random() > 0.2}
        if "components" in part:
            part["components"] = [
                {name: value for name, value in component.items() if name == "kind" or draw.random() > 0.2}
                for component in full["components"]
            ]
        before, after = assess(part, RULESET), assess(full, RULESET)
        assert before.decision in ("undetermined", after.decision)
        for found in before.findings:
            assert found.outcome in (None, after.finding(found.rule).outcome), found.rule


def test_no_facts_are_undetermined_and_every_must_rule_reports_what_is_missing() -> None:
    decision = assess({}, RULESET)
    assert decision.decision == "undetermined"
    assert {item.who for item in decision.missing} == {"applicant", "district", "city"}
    assert "heat_pump_heating" not in {item.field for item in decision.missing}


def test_an_ineligible_declaration_has_nothing_missing() -> None:
    decision = assess({"construction_status": "completed"}, RULESET)
    assert (decision.decision, decision.missing) == ("ineligible", ())


@pytest.mark.clause("四（一）2")
def test_an_unpublished_criterion_is_missing_from_the_district() -> None:
    facts = base("building")
    facts["components"][0] |= {"wholly_vacant": False, "district_tax_per_m2_yuan": "300", "function_mismatch": False}
    asked = {(item.field, item.who) for item in assess(facts, RULESET).missing}
    assert asked == {("p.low_occupancy", "district"), ("components.0.district_says_low_occupancy", "district")}


def test_an_official_settles_an_undetermined_rule() -> None:
    facts = base("factory")
    facts["components"][0]["end_cause"] = "other"
    decision = assess(facts, RULESET, {"production_ended": True})
    finding = decision.finding("production_ended")
    assert (decision.decision, finding.outcome, finding.settled) == ("eligible", None, True)
    assert assess(facts, RULESET, {"production_ended": False}).unmet == ("二（一）2",)


def test_a_settlement_does_not_overrule_the_engine() -> None:
    facts = base("building") | {"other_municipal_funds": True}
    decision = assess(facts, RULESET, {"no_other_municipal_funds": True})
    assert decision.decision == "ineligible"
    assert decision.finding("no_other_municipal_funds").settled is True


def test_settling_an_unknown_rule_is_refused() -> None:
    with pytest.raises(DomainError) as refusal:
        assess(base("building"), RULESET, {"no_such_rule": True})
    assert refusal.value.code == "unknown_rule"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pv_roof_share", "a lot"), ("pv_roof_share", float("nan")), ("pv_roof_share", True), ("title_clear", "yes"),
        ("project_type", "palace"), ("industries", "modern_services"), ("accepted_on", "soon"),
        ("components", [{"kind": "garden"}]),
    ],
)  # fmt: skip
def test_an_unreadable_fact_is_refused_rather_than_taken_as_unknown(name: str, value: Any) -> None:
    with pytest.raises(DomainError) as refusal:
        assess(base("building") | {name: value}, RULESET)
    assert refusal.value.code == "unreadable_fact"
