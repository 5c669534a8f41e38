"""Judging a declaration by the edition that governs it, and the arithmetic of the pool. Plain functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shared.contracts.facts import ProjectFacts
from shared.errors import Invalid
from shared.policy import ENGINE, Decision, Ruleset, assess, editions, interpretations, resolve
from shared.policy.errors import NoEditionInForce

POINT = Decimal("0.01")
WHO = {"applicant": "项目单位", "district": "区发展改革委", "city": "市发展改革委"}
CRITERIA = {
    "industry": "产业导入与功能定位",
    "green": "节能绿色化水平",
    "readiness": "建设条件与进度",
    "investment": "投资合理性",
    "surroundings": "周边协同与公共服务",
}
NO_EDITION = {
    "field": "edition",
    "label": "适用的政策版本（由市发展改革委负责人选定并说明理由）",
    "who": "city",
    "clause": "二",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision as JSON, the rule set it was made by (None: no edition in force), and its summary in Chinese."""

    decision: Decision
    ruleset: Ruleset | None
    summary: str

    @property
    def record(self) -> dict[str, Any]:
        return self.decision.to_json()


def reference_day(accepted_on: date, chosen_edition: str | None) -> tuple[date, str]:
    """The day whose rules govern and its sort: acceptance, or the nearest day of the edition chosen (I16).

    Raises Invalid for an edition that does not exist.
    """
    if chosen_edition is None:
        return accepted_on, "district_acceptance"
    in_force = next((edition["in_force"] for edition in editions() if edition["id"] == chosen_edition), None)
    if in_force is None:
        raise Invalid(f"没有版本 {chosen_edition}", field="/body/edition")
    day = max(accepted_on, in_force["from"])
    return min(day, in_force.get("to", day)), "chosen_edition"


def dry_run(facts: ProjectFacts, as_of: date, readings: Mapping[str, str]) -> Judgement:
    """Judge facts that nobody has declared yet, as if accepted on `as_of` unless they say otherwise."""
    told = facts.model_dump(mode="json", exclude_none=True)
    return judge({"accepted_on": as_of.isoformat(), **told}, as_of, readings)


def judge(
    facts: Mapping[str, Any],
    as_of: date,
    readings: Mapping[str, str],
    standards: Mapping[str, Any] | None = None,
    settled: Mapping[str, bool] | None = None,
) -> Judgement:
    """Judge facts by the edition in force on a day. Without one the answer is open, never "not eligible" (I16).

    Settlements of rules that the edition does not have are left aside. Raises UnreadableFact, UnknownInterpretation.
    """
    district = facts.get("district")
    try:
        ruleset = resolve(as_of, district, readings, standards)
    except NoEditionInForce as gap:
        return Judgement(_open(facts, as_of, readings), None, f"待定：{gap.detail}")
    own = {rule: holds for rule, holds in (settled or {}).items() if rule in ruleset.rules}
    decision = assess(facts, ruleset, own)
    return Judgement(decision, ruleset, summary(decision))


def summary(decision: Decision) -> str:
    """The answer, then the clauses not met, open, or wanting a reason, for people to read."""
    parts = [("未满足", decision.unmet), ("待定", decision.open), ("须说明理由", decision.needs_reason)]
    told = [f"{word}：{'、'.join(clauses)}" for word, clauses in parts if clauses]
    return "。".join([decision.headline, *told])


def open_clauses(decision: Decision) -> tuple[str, ...]:
    """Clauses with a finding that still waits for an answer; conditions held 原则上 count, encouraged ones do not."""
    waiting = [
        found.clause for found in decision.findings if found.strength != "encouraged" and found.effective is None
    ]
    return tuple(dict.fromkeys([*decision.open, *waiting]))


def weighted_score(marks: Sequence[Mapping[str, Any]], weights: Mapping[str, Decimal]) -> Decimal:
    """Points (0 to 100) per criterion, weighted: exact until `rounded`."""
    points = {mark["criterion"]: Decimal(mark["points"]) for mark in marks}
    return sum((points[key] * weight for key, weight in weights.items()), Decimal(0)) / sum(weights.values())


def average(scores: Sequence[Decimal]) -> Decimal:
    """The mean of the reviewers' scores, rounded half up to two decimals once."""
    return rounded(sum(scores, Decimal(0)) / len(scores))


def plain(number: Decimal) -> Decimal:
    """The number without trailing zeros and without an exponent: 0.3000 is 0.3, 200.0000 is 200."""
    return Decimal(f"{number.normalize():f}")


def rounded(score: Decimal) -> Decimal:
    return score.quantize(POINT, ROUND_HALF_UP)


def _open(facts: Mapping[str, Any], as_of: date, readings: Mapping[str, str]) -> Decision:
    return Decision.from_json(
        {
            "decision": "undetermined",
            "phase": "declare",
            "as_of": as_of.isoformat(),
            "district": facts.get("district"),
            "edition": "",
            "doc_no": "",
            "ruleset": "",
            "engine": ENGINE,
            "findings": [],
            "unmet": [],
            "open": ["二"],
            "needs_reason": [],
            "missing": [NO_EDITION],
            "amounts": {},
            "facts": dict(facts),
            "settled": {},
            "interpretations": interpretations(readings),
        }
    )
