"""The notice as dated data, and the three-valued engine that reads it.

`resolve` the rule set of a day, `assess` a declaration by it, `evaluate_targets` after delivery, `replay` a record.
`shared.policy.table` and `shared.policy.whatif` do the same for whole tables and are imported only where polars is wanted.
"""

from shared.policy.amounts import Grant, grant
from shared.policy.assessment import assess, evaluate_targets, record_of, replay
from shared.policy.decision import ENGINE, Award, Decision, Finding, Missing
from shared.policy.editions import edition_on, editions, resolve, stored
from shared.policy.parameters import Reading, interpretations, lpr, lpr_series, parameter, readings
from shared.policy.ruleset import Ruleset, touched

__all__ = [
    "ENGINE",
    "Award",
    "Decision",
    "Finding",
    "Grant",
    "Missing",
    "Reading",
    "Ruleset",
    "assess",
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
    "stored",
    "touched",
]
