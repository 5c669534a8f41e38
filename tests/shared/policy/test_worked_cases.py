"""Worked cases of tests/cases: replay, refusals, and whether every threshold and rule has its cases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import DomainError
from shared.policy import Decision, Ruleset, record_of, replay
from shared.policy.language import Compare, Fact, Parameter, walk
from tests.shared.policy.worked_cases import Case, cases, decided_cases

EVERY = [pytest.param(case, id=f"{case.phase}: {case.name}") for case in decided_cases()]
REFUSED = [pytest.param(case, id=case.name) for case in cases() if "error" in case.expect]


@pytest.mark.parametrize("case", EVERY)
def test_a_recorded_case_replays_to_an_equal_decision(case: Case) -> None:
    decision, ruleset = case.judge(), case.ruleset()
    record = json.loads(json.dumps(record_of(decision, ruleset), ensure_ascii=False))
    assert Decision.from_json(record) == decision
    assert replay(record) == decision


@pytest.mark.parametrize("case", REFUSED)
def test_a_day_without_an_edition_is_an_error_and_not_a_refusal(case: Case) -> None:
    with pytest.raises(DomainError) as refusal:
        case.judge()
    assert refusal.value.code == case.expect["error"]


def test_every_threshold_has_a_case_below_it_on_it_and_above_it() -> None:
    missing = []
    for phase in ("declare", "evaluate"):
        own = [case for case in decided_cases() if case.phase == phase and case.ruleset().edition == "2023"]
        seen = [place for case in own for place in _places(case, case.ruleset())]
        for rule in own[0].ruleset().phase(own[0].phase):
            for node in walk(rule.tree):
                if isinstance(node, Compare) and isinstance(node.right, Parameter):
                    missing += [(rule.id, node.right.name, side) for side in (-1, 0, 1) if (node, side) not in seen]
    assert missing == []


def test_every_must_rule_has_a_case_that_refuses_and_one_that_is_open() -> None:
    outcomes: set[tuple[str, bool | None]] = set()
    for case in decided_cases():
        if case.ruleset().edition == "2023":
            outcomes |= {(found.rule, found.outcome) for found in case.judge().findings}
    must = [rule.id for rule in decided_cases()[0].ruleset().rules.values() if rule.strength == "must"]
    assert [(rule, value) for rule in must for value in (False, None) if (rule, value) not in outcomes] == []


def _places(case: Case, ruleset: Ruleset) -> list[tuple[Compare, int]]:
    """Yield for each threshold of a case whether the fact is below, on or above it."""
    from shared.policy.facts import read

    project = read(case.facts, ruleset)
    found: list[tuple[Compare, int]] = []
    for rule in ruleset.phase(case.phase):
        for part in project.asked(rule.of):
            for node in walk(rule.tree):
                if isinstance(node, Compare) and isinstance(node.right, Parameter):
                    found += _side(node, part.inputs, ruleset.values[node.right.name])
    return found


def _side(node: Compare, inputs: Any, threshold: Any) -> list[tuple[Compare, int]]:
    values = [inputs.get(part.name) for part in walk(node.left) if isinstance(part, Fact)]
    return [(node, (value > threshold) - (value < threshold)) for value in values if None not in (value, threshold)]
