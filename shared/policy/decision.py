"""The record of a judgement: frozen, JSON-able both ways, and complete enough to be made again (replay)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, Self

from shared.policy.ruleset import Phase, Strength

ENGINE: Final = "1"
"""Raised whenever the same rule set and the same facts could be answered differently or in other words."""

Outcome = Literal["eligible", "ineligible", "undetermined"]


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact or number that would settle an open rule, and who can give it: applicant, district or city."""

    field: str
    label: str
    who: str
    clause: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found. `outcome` is the machine's alone; `settled` what a person decided where it found nothing."""

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
        """The machine's finding where it has one, else the person's."""
        return self.settled if self.outcome is None else self.outcome


@dataclass(frozen=True, slots=True)
class Award:
    """A support amount in yuan text, before and after the cap, with its derivation line by line. 二（四）1"""

    clause: str
    label: str
    uncapped_yuan: str | None
    award_yuan: str | None
    derivation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement of a declaration (二（一）–（五）, 四（一）2) or of results against targets (二（三）).

    At evaluation "eligible" reads: every target is reached. `unmet`, `open` and `needs_reason` are clause ids.
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
    def headline(self) -> str:
        """The answer in one line, as it stands above the findings."""
        question = "符合申报条件" if self.phase == "declare" else "达到改造目标"
        answer = {"eligible": "是", "ineligible": "否", "undetermined": "待定"}[self.decision]
        asked = "　还需提供：" + "、".join(dict.fromkeys(item.label for item in self.missing)) if self.missing else ""
        return f"依据 {self.doc_no}（规则集 {self.ruleset[:16]}）：{question} = {answer}{asked}"

    def finding(self, rule: str) -> Finding:
        """The finding of one rule. Raises KeyError for a rule that was not asked."""
        return {found.rule: found for found in self.findings}[rule]

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, text and booleans; from_json gives an equal Decision."""
        listed: dict[str, Any] = _listed(asdict(self))
        return listed

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read a Decision back; keys that are not its own (such as a stored rule set) are left aside."""
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
