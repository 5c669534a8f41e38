"""Worked cases of tests/cases: a passing base, a few changes, and the decision that the notice gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

import polars as pl

from shared.policy import Decision, Ruleset, assess, evaluate_targets, resolve
from shared.policy.ruleset import Phase
from shared.policy.table import eligible, frame_of, outcomes
from tests.cases.form import Row, base, rows_of

__all__ = ["ANSWERS", "Case", "base", "case_of", "cases", "decided_cases"]
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
    """Return all declaration and evaluation cases."""
    return tuple(case_of(row) for row in rows_of("declaration", "targets"))


def decided_cases() -> list[Case]:
    """Return the cases whose date has an edition."""
    return [case for case in cases() if "error" not in case.expect]


def case_of(row: Row) -> Case:
    """Return the case of a row that is put to the rules of a declaration or to the targets."""
    facts = row.facts(row.where)
    phase: Phase = "declare" if row.where == "declaration" else "evaluate"
    under, standards = row.given.get("under", {}), row.given.get("standards", {})
    return Case(row.title, facts, row.expect, facts.get("accepted_on", TARGETS_ON), under, standards, phase)
