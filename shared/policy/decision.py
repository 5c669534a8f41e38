"""Decision records: immutable, convertible to and from JSON, complete enough for a replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, Self

from shared.policy.ruleset import Phase, Strength

ENGINE: Final = "2"
"""Engine version; a new one when the same rule set and facts may give another result or wording."""

Outcome = Literal["eligible", "ineligible", "undetermined"]
Answer = Literal["eligible", "eligible_with_reason", "ineligible", "undetermined"]
ANSWERS: Final[Mapping[Answer, str]] = {
    "eligible": "符合",
    "eligible_with_reason": "符合，须说明理由",
    "ineligible": "不符合",
    "undetermined": "待定",
}
"""The four answers at a glance, in Chinese."""
TARGETS: Final[Mapping[Answer, str]] = {"eligible": "是", "ineligible": "否", "undetermined": "待定"}


@dataclass(frozen=True, slots=True)
class Missing:
    """An unknown fact or parameter of an open rule, and `who` can supply it: applicant, district or city."""

    field: str
    label: str
    who: str
    clause: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one rule. `outcome` is the engine's; `settled` is an official's where the engine found none."""

    rule: str
    clause: str
    label: str
    strength: Strength
    outcome: bool | None
    applies: bool | None
    settled: bool | None
    value: str | None
    threshold: str | None
    sentence: str
    needs: tuple[str, ...] = ()

    @property
    def effective(self) -> bool | None:
        """The engine's outcome if it has one, otherwise the official's settlement."""
        return self.settled if self.outcome is None else self.outcome


@dataclass(frozen=True, slots=True)
class Award:
    """A support amount before and after the cap, in yuan as text, with its derivation line by line. 二（四）1

    `excluded_yuan` is the investment that earns nothing (I3), None if all of it counts.
    """

    clause: str
    label: str
    uncapped_yuan: str | None
    award_yuan: str | None
    derivation: tuple[str, ...]
    excluded_yuan: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision on a declaration (二（一）–（五）, 四（一）2) or on results against targets (二（三）).

    At evaluation "eligible" means that every target is reached. `unmet`, `open` and `needs_reason` are clause ids.
    """

    decision: Outcome
    phase: Phase
    as_of: str
    district: str | None
    edition: str
    doc_no: str
    ruleset: str
    engine: str
    findings: tuple[Finding, ...]
    unmet: tuple[str, ...]
    open: tuple[str, ...]
    needs_reason: tuple[str, ...]
    missing: tuple[Missing, ...]
    amounts: Mapping[str, Award]
    facts: Mapping[str, Any]
    settled: Mapping[str, bool]
    interpretations: Mapping[str, str] = field(default_factory=dict)

    @property
    def answer(self) -> Answer:
        """The decision with what 原则上 leaves to a person: one of the four answers.

        "eligible_with_reason" where a 原则上 condition is not met, "undetermined" where it is not known whether one is.
        """
        if self.decision != "eligible":
            return self.decision
        if any(found.strength == "principle" and found.effective is None for found in self.findings):
            return "undetermined"
        return "eligible_with_reason" if self.needs_reason else "eligible"

    @property
    def answer_label(self) -> str:
        """The answer in Chinese."""
        return ANSWERS[self.answer]

    @property
    def headline(self) -> str:
        """The decision in one Chinese line, shown above the findings."""
        question = "申报条件" if self.phase == "declare" else "达到改造目标"
        answer = self.answer_label if self.phase == "declare" else TARGETS[self.decision]
        asked = "　还需提供：" + "、".join(dict.fromkeys(item.label for item in self.missing)) if self.missing else ""
        return f"依据 {self.doc_no}（规则集 {self.ruleset[:16]}）：{question} = {answer}{asked}"

    def finding(self, rule: str) -> Finding:
        """Return the finding of a rule. Raises KeyError for a rule that was not evaluated."""
        return {found.rule: found for found in self.findings}[rule]

    def to_json(self) -> dict[str, Any]:
        """Return the decision as dicts, lists, text and booleans; `from_json` restores an equal Decision."""
        listed: dict[str, Any] = _listed(asdict(self))
        return listed

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Restore a Decision; other keys, such as a stored rule set, are ignored."""
        own = {item.name: record[item.name] for item in fields(cls)}
        own["findings"] = tuple(Finding(**{**found, "needs": tuple(found["needs"])}) for found in own["findings"])
        own["missing"] = tuple(Missing(**item) for item in own["missing"])
        own["amounts"] = {
            key: Award(**{**award, "derivation": tuple(award["derivation"])}) for key, award in own["amounts"].items()
        }
        for name in ("unmet", "open", "needs_reason"):
            own[name] = tuple(own[name])
        return cls(**own)


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, tuple | list) else value
