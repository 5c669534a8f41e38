"""Every mutation of a rule text or number fails a worked case: strictness, connectives, negation, lists, numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.policy import Ruleset, resolve, ruleset_from_content
from shared.policy.errors import MalformedRule
from tests.shared.policy.worked_cases import Case, decided_cases

ON = date(2024, 3, 1)
EDITIONS = {"2021": date(2022, 3, 1), "2023": ON}
STEP_OF_SHARE, STEP_OF_AREA = Decimal("0.0001"), Decimal("0.01")
SLIPS = [
    (r">=", ">"), (r"(?<![<>=])>(?!=)", ">="), (r"<(?!=)", "<="), (r"==", "!="), (r"!=", "=="),
    (r"\band\b", "or"), (r"\bor\b", "and"), (r"\bnot (?=[a-z(])", ""), (r"\bwithin\(", "meets("),
    (r"\bmeets\(", "within("), (r"(?<=\()'[a-z_]+', ", ""), (r", '[a-z_]+'(?=\))", ""),
]  # fmt: skip
WITHOUT_NUMBER = {("2021", "building_renovated_area", "when"), ("2021", "factory_renovated_area", "when")}
"""Conditions that stay open whatever they say: the trial edition's numbers are not known."""


def mutants() -> Iterator[tuple[str, str, str, str]]:
    """Yield edition, rule, text key and mutated text, one mutation at a time."""
    for edition, on in EDITIONS.items():
        for rule, entry in resolve(on).content["rules"].items():
            if entry.get("strength") == "encouraged":
                continue
            for which in ("when", "applies"):
                if (edition, rule, which) not in WITHOUT_NUMBER:
                    text = " ".join(entry.get(which, "").split())
                    yield from ((edition, rule, which, mutated) for mutated in slips_in(text))


def slips_in(text: str) -> Iterator[str]:
    for pattern, slip in SLIPS:
        for found in re.finditer(pattern, text):
            yield f"{text[: found.start()]}{slip}{text[found.end() :]}"


def nudged_numbers() -> list[tuple[str, Decimal]]:
    """Return each published number one smallest step higher and lower."""
    nudged = []
    for key, value in resolve(ON).values.items():
        if isinstance(value, Decimal) and not key.endswith(("rate", "cap_yuan")):
            step = Decimal(1) if key == "building_age_years" else STEP_OF_SHARE if value <= 1 else STEP_OF_AREA
            nudged += [(key, value + step), (key, value - step)]
    return nudged


def changed(ruleset: Ruleset, rule: str, which: str, text: str) -> Ruleset:
    content = json.loads(json.dumps(ruleset.content))
    content["rules"][rule][which] = text
    return ruleset_from_content(content, ruleset.as_of, ruleset.district)


def fails(case: Case, ruleset: Ruleset) -> bool:
    decision = case.judge(ruleset)
    told: dict[str, Any] = {name: list(getattr(decision, name)) for name in ("unmet", "open", "needs_reason")}
    told |= {"decision": decision.decision, "rules": case.expect.get("rules", {})}
    told["rules"] = {rule: decision.finding(rule).outcome for rule in told["rules"]}
    return any(told[name] != value for name, value in case.expect.items())


@pytest.mark.parametrize(("edition", "rule", "which", "text"), list(mutants()))
def test_a_mutated_rule_text_fails_a_case(edition: str, rule: str, which: str, text: str) -> None:
    try:
        red = any(fails(case, changed(case.ruleset(), rule, which, text)) for case in _cases_of(edition, rule))
    except MalformedRule:
        return
    assert red, f"no worked case notices {rule}.{which} = {text}"


@pytest.mark.parametrize(("key", "value"), nudged_numbers())
def test_a_changed_number_fails_a_case(key: str, value: Decimal) -> None:
    own = [case for case in decided_cases() if case.ruleset().edition == "2023"]
    assert any(fails(case, case.ruleset().patched({key: value})) for case in own)


def _cases_of(edition: str, rule: str) -> list[Case]:
    phase = resolve(EDITIONS[edition]).rules[rule].phase
    return [case for case in decided_cases() if case.ruleset().edition == edition and case.phase == phase]
