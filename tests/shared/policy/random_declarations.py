"""Random declarations that cover every input, every option, both sides of every threshold and unknown facts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from shared.policy import Ruleset
from shared.policy.language import Compare, Fact, Parameter, walk
from shared.policy.ruleset import Input

UNKNOWN_SHARE = 0.05
_NEAR: dict[str, dict[str, list[Decimal]]] = {}


def declaration(draw: Random, ruleset: Ruleset, unknown: float = UNKNOWN_SHARE) -> dict[str, Any]:
    """Return random facts; about a third of the numbers are exactly on a threshold."""
    facts = _facts([item for item in ruleset.inputs.values() if not item.of], draw, ruleset, unknown)
    kinds = draw.choice(
        [["building"], ["factory"], ["building", "factory", "infrastructure"], ["building", "building"]]
    )
    if draw.random() > unknown:
        facts["components"] = [_component(kind, draw, ruleset, unknown) for kind in kinds]
    return facts


def near_passing(draw: Random, ruleset: Ruleset, bases: list[dict[str, Any]], unknown: float) -> dict[str, Any]:
    """Return a passing declaration with up to two random facts and some facts left out."""
    facts = {**draw.choice(bases)}
    random = declaration(draw, ruleset, unknown=0.0)
    for name in draw.sample(sorted(facts), k=draw.randint(0, 2)):
        if name in random:
            facts[name] = random[name]
    facts["components"] = [
        {name: value for name, value in component.items() if name == "kind" or draw.random() > unknown}
        for component in facts["components"]
    ]
    return {name: value for name, value in facts.items() if draw.random() > unknown}


def on_threshold_rows(ruleset: Ruleset) -> Iterator[tuple[str, Decimal]]:
    """Yield, for each comparison with a published number, fact name and value: the number and its neighbours."""
    for rule in ruleset.rules.values():
        for node in walk(rule.tree):
            if isinstance(node, Compare) and isinstance(node.right, Parameter):
                threshold = ruleset.values[node.right.name]
                for part in walk(node.left):
                    if isinstance(part, Fact) and threshold is not None and part.name in ruleset.inputs:
                        step = Decimal("0.0001") if threshold <= 1 else Decimal("0.01")
                        yield from ((part.name, threshold + sign * step) for sign in (-1, 0, 1))


def _component(kind: str, draw: Random, ruleset: Ruleset, unknown: float) -> dict[str, Any]:
    own = [item for item in ruleset.inputs.values() if item.of == kind and item.draw != "count"]
    return {"kind": kind, **_facts(own, draw, ruleset, unknown)}


def _facts(items: list[Input], draw: Random, ruleset: Ruleset, unknown: float) -> dict[str, Any]:
    return {item.field or item.name: _value(item, draw, ruleset) for item in items if draw.random() > unknown}


def _value(item: Input, draw: Random, ruleset: Ruleset) -> Any:
    if item.draw == "years":
        return f"{draw.randint(2011, 2017)}-03-0{draw.randint(1, 3)}"
    if item.type == "yes_no":
        return draw.random() < 0.7
    if item.type == "word":
        return draw.choice(sorted(item.options))
    if item.type == "words":
        return draw.sample([*item.options, "wholesale_market"], k=draw.randint(1, 2))
    return str(_number(item, draw, ruleset))


def _near(ruleset: Ruleset) -> dict[str, list[Decimal]]:
    """Return the threshold numbers and their neighbours per input, computed once per rule set."""
    if ruleset.hash not in _NEAR:
        numbers: dict[str, list[Decimal]] = {}
        for name, number in on_threshold_rows(ruleset):
            numbers.setdefault(name, []).append(number)
        _NEAR[ruleset.hash] = numbers
    return _NEAR[ruleset.hash]


def _number(item: Input, draw: Random, ruleset: Ruleset) -> Decimal:
    near = _near(ruleset).get(item.name)
    if near:
        return draw.choice(near)
    if item.unit == "元":
        return Decimal(draw.randint(1, 60_000_000_000)) / 100
    return Decimal(draw.randint(0, 40)) / 10 if item.unit == "%" else Decimal(draw.randint(0, 400))
