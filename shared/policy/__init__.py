"""The notice as dated data, and the three-valued engine that evaluates it.

`resolve` returns the rule set of a date, `assess` evaluates a declaration, `evaluate_targets` the results after
delivery, and `replay` a decision record again. `simulate` evaluates whole tables; polars is imported only by
`simulate` and `shared.policy.table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.policy.amounts import Grant, grant
from shared.policy.assessment import assess, evaluate_targets, record_of, replay
from shared.policy.clauses import ClauseHome, clauses
from shared.policy.completion import CompletionStep, checks_completion
from shared.policy.decision import ENGINE, Award, Decision, Finding, Missing
from shared.policy.editions import edition_on, editions, resolve, ruleset_from_content
from shared.policy.parameters import Reading, interpretations, lpr, lpr_series, parameter, readings
from shared.policy.ruleset import Ruleset, touched

if TYPE_CHECKING:
    import polars as pl

    from shared.policy.whatif import Simulation


def simulate(frame: pl.DataFrame, ruleset: Ruleset, patch: Mapping[str, Any] | None = None) -> Simulation:
    """Evaluate every project of a frame and, with a patch, evaluate it again under the patched rules."""
    from shared.policy.whatif import simulate as run

    return run(frame, ruleset, patch)


__all__ = [
    "ENGINE",
    "Award",
    "ClauseHome",
    "CompletionStep",
    "Decision",
    "Finding",
    "Grant",
    "Missing",
    "Reading",
    "Ruleset",
    "assess",
    "checks_completion",
    "clauses",
    "edition_on",
    "editions",
    "evaluate_targets",
    "grant",
    "interpretations",
    "lpr",
    "lpr_series",
    "parameter",
    "readings",
    "record_of",
    "replay",
    "resolve",
    "ruleset_from_content",
    "simulate",
    "touched",
]
