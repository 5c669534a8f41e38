"""Worked cases from YAML: a passing base, a few changes, and the decision that the notice gives."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl
import yaml

from shared.policy import Decision, Ruleset, assess, evaluate_targets, resolve
from shared.policy.ruleset import Phase
from shared.policy.table import eligible, frame_of, outcomes

FOLDER: Final = Path(__file__).parent / "cases"
ANSWERS: Final[Mapping[str, bool | None]] = {"eligible": True, "ineligible": False, "undetermined": None}
TARGETS_ON: Final = date(2025, 6, 30)


@dataclass(frozen=True)
class Case:
    """A worked case: facts, date, readings, district standards and the expected decision."""

    name: str
    facts: Mapping[str, Any]
    expect: Mapping[str, Any]
    as_of: date
    under: Mapping[str, str]
    standards: Mapping[str, str]
    phase: Phase

    def ruleset(self) -> Ruleset:
        standards = {key: Decimal(value) for key, value in self.standards.items()}
        return resolve(self.as_of, interpretations=self.under, standards=standards)

    def judge(self, ruleset: Ruleset | None = None) -> Decision:
        judged = assess if self.phase == "declare" else evaluate_targets
        return judged(self.facts, ruleset or self.ruleset())

    def judge_in_table(self, ruleset: Ruleset | None = None) -> bool | None:
        rules = ruleset or self.ruleset()
        frame = frame_of([self.facts], rules)
        asked = [rule.id for rule in rules.phase(self.phase) if rule.strength == "must"]
        found = outcomes(frame, rules, asked)
        if self.phase == "declare":
            found = eligible(frame, rules, found).to_frame()
        answer: bool | None = found.select(pl.all_horizontal(pl.all())).item()
        return answer


@cache
def cases() -> tuple[Case, ...]:
    """Return all declaration and evaluation cases of the YAML files."""
    given, more, targets = (_load(name) for name in ("eligibility", "eligibility_more", "targets"))
    declared = [_case(entry, given["base"], "declare") for entry in given["cases"] + more["cases"]]
    return tuple(declared + [_case(entry, targets["base"], "evaluate") for entry in targets["cases"]])


def decided_cases() -> list[Case]:
    """Return the cases whose date has an edition."""
    return [case for case in cases() if "error" not in case.expect]


def base(name: str) -> dict[str, Any]:
    """Return the facts of a declaration that meets every rule: building, factory or area."""
    facts: dict[str, Any] = deepcopy(_load("eligibility")["base"][name])
    return facts


@cache
def _load(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))


def _case(entry: Mapping[str, Any], bases: Mapping[str, Any], phase: Phase) -> Case:
    facts = deepcopy(bases[entry["base"]])
    for path in entry.get("unset", ()):
        holder, last = _holder_of(facts, path)
        del holder[last]
    for path, value in entry.get("set", {}).items():
        holder, last = _holder_of(facts, path)
        holder[last] = {**holder[last], **value} if isinstance(value, dict) else value
    as_of = facts.get("accepted_on", TARGETS_ON)
    return Case(entry["name"], facts, entry["expect"], as_of, entry.get("under", {}), entry.get("standards", {}), phase)


def _holder_of(facts: Any, path: str) -> tuple[Any, Any]:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        facts = facts[step]
    return facts, last
