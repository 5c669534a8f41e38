"""Speed of the rules: one explained declaration, ten thousand rows, a million rows, beside the scan floor.

`python -m bench.policy` prints one JSON object. Times are the best of several runs in one process. Rows are random
declarations like the worked cases, with about 5 % of the cells unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from random import Random
from time import perf_counter
from typing import Any

import polars as pl

from shared.policy import Ruleset, assess, resolve, simulate
from shared.policy.facts import read
from shared.policy.table import PROJECT, frame_of, outcomes, sanitized
from tests.shared.policy.random_declarations import declaration, near_passing
from tests.shared.policy.worked_cases import base

SAMPLE = 2_000
REPEATS = 200


def fastest(act: Callable[[], object], runs: int) -> float:
    """Return the seconds of the fastest of several runs."""
    times = []
    for _ in range(runs):
        started = perf_counter()
        act()
        times.append(perf_counter() - started)
    return min(times)


def repeat(act: Callable[[], object]) -> None:
    """Run the act often enough that the clock's own cost does not show."""
    for _ in range(REPEATS):
        act()


def one_declaration(ruleset: Ruleset) -> dict[str, float]:
    """Return the microseconds to read the facts, to judge every rule with a full trace, and for the whole decision."""
    facts = base("area")
    rules = ruleset.phase("declare")
    project = read(facts, ruleset)

    def judge() -> None:
        for rule in rules:
            for part in project.asked(rule.of):
                rule.judge(part.inputs)

    acts: dict[str, Callable[[], object]] = {
        "read_facts_us": lambda: read(facts, ruleset),
        "judge_with_trace_us": judge,
        "decision_in_words_us": lambda: assess(facts, ruleset),
    }
    return {name: round(fastest(partial(repeat, act), 7) / REPEATS * 1e6, 1) for name, act in acts.items()}


def table_figures(frame: pl.DataFrame, ruleset: Ruleset, runs: int) -> dict[str, float]:
    """Return the milliseconds of the scan floor, of all rules, and of the simulation with and without a patch."""
    rules = [rule.id for rule in ruleset.phase("declare")]
    floor = fastest(lambda: frame.select(pl.all().to_physical().sum()), runs)
    judged = fastest(lambda: outcomes(frame, ruleset, rules), runs)
    figures: dict[str, float] = {
        "scan_floor_ms": floor * 1e3,
        "every_rule_ms": judged * 1e3,
        "ratio_to_floor": judged / floor,
        "simulate_ms": fastest(lambda: simulate(frame, ruleset), runs) * 1e3,
        "what_if_ms": fastest(lambda: simulate(frame, ruleset, {"building_renovated_area_m2": 10_000}), runs) * 1e3,
    }
    return {name: round(value, 2) for name, value in figures.items()}


def rows(ruleset: Ruleset, count: int) -> pl.DataFrame:
    """Return a frame of `count` projects, one row each, drawn from random declarations."""
    draw = Random(1)
    bases = [base("building"), base("factory"), base("area")]
    declared: list[dict[str, Any]] = [
        declaration(draw, ruleset) if place % 2 else near_passing(draw, ruleset, bases, 0.05) for place in range(SAMPLE)
    ]
    frame = frame_of(declared, ruleset)
    single = frame.unique(PROJECT, keep="first", maintain_order=True).drop(PROJECT)
    indices = pl.Series([draw.randrange(SAMPLE) for _ in range(count)], dtype=pl.UInt32)
    return sanitized(single[indices].rechunk(), ruleset)


def measure() -> dict[str, Any]:
    """Return microseconds for one explained declaration, and milliseconds for tables beside a scan."""
    ruleset = resolve(date(2024, 3, 1))
    return {
        "rules": len(ruleset.phase("declare")),
        "inputs": len(ruleset.inputs),
        "one_declaration": one_declaration(ruleset),
        "rows_10k": table_figures(rows(ruleset, 10_000), ruleset, 9),
        "rows_1m": table_figures(rows(ruleset, 1_000_000), ruleset, 5),
    }
