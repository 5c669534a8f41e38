"""The JDM export: an independent engine loads it and answers as the evaluator does."""

import json
from datetime import date
from random import Random
from typing import Any

import pytest
import zen

from shared.policy import Ruleset, assess, evaluate_targets, resolve
from shared.policy.decision_model import decision_model, model_input
from tests.cases.form import base
from tests.shared.policy.random_declarations import declaration, near_passing
from tests.shared.policy.worked_cases import Case, decided_cases

DAYS = [date(2024, 3, 1), date(2022, 3, 1)]


def answer(ruleset: Ruleset, facts: dict[str, Any], phase: Any = "declare") -> dict[str, Any]:
    model = zen.ZenEngine().create_decision(json.dumps(decision_model(ruleset, phase)))
    result: dict[str, Any] = model.evaluate(model_input(facts, ruleset))["result"]
    return result


def of_a_known_type() -> list[Case]:
    """Return the cases whose project type is known: the model does not try every type, as its limits say."""
    return [case for case in decided_cases() if case.phase == "evaluate" or case.facts.get("project_type")]


@pytest.mark.parametrize("case", of_a_known_type(), ids=lambda case: case.name)
def test_worked_cases_are_answered_alike(case: Case) -> None:
    ruleset = case.ruleset()
    judged = (assess if case.phase == "declare" else evaluate_targets)(case.facts, ruleset)
    found = answer(ruleset, dict(case.facts), case.phase)
    assert found["decision"] == judged.decision
    assert found["needs_reason"] is bool(judged.needs_reason)


@pytest.mark.parametrize("day", DAYS)
def test_random_declarations_are_answered_alike_rule_by_rule(day: date) -> None:
    draw, ruleset = Random(11), resolve(day)
    model = zen.ZenEngine().create_decision(json.dumps(decision_model(ruleset)))
    bases = [base(kind) for kind in ("building", "factory", "area")]
    for number in range(300):
        facts = near_passing(draw, ruleset, bases, 0.03) if number % 3 else declaration(draw, ruleset)
        trace = model.evaluate(model_input(facts, ruleset), {"trace": True})["trace"]
        said = {
            key: value for name in trace if name.startswith("clause-") for key, value in trace[name]["output"].items()
        }
        for found in assess(facts, ruleset).findings:
            assert said[found.rule] == {True: 1, False: 0, None: 0.5}[found.outcome], (found.rule, facts)


def test_the_document_says_what_it_cannot_express() -> None:
    model = decision_model(resolve(DAYS[0]))
    told = next(node for node in model["nodes"] if node["id"] == "conclusion")["content"]["expressions"][-1]
    assert told["key"] == "limits"
    assert all(limit in told["value"] for limit in model["metadata"]["limits"])
    assert {node["type"] for node in model["nodes"]} == {"inputNode", "expressionNode", "outputNode"}
    ends = {edge[side] for edge in model["edges"] for side in ("sourceId", "targetId")}
    assert ends == {node["id"] for node in model["nodes"]}
