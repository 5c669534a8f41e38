"""Outline of a decision: conclusion, clauses, rules and conditions, each with its state and whether it decides.

A branch decides if the conclusion follows from it: an unmet rule of a refusal, an open rule of an undetermined case,
every applicable rule of an eligible one; within a rule, the conditions that give its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, Literal

from shared.policy.decision import Decision, Finding
from shared.policy.explain import Trace
from shared.policy.facts import Part, Project, read
from shared.policy.language import And, Choose, Compare, Fact, Interpretation, Not, Or, Published, walk
from shared.policy.parameters import readings
from shared.policy.ruleset import Rule, Ruleset
from shared.policy.wording import describe, format_value

State = Literal["yes", "no", "open", "skipped"]
STATES: Final[dict[bool | None, State]] = {True: "yes", False: "no", None: "open"}
RULE_WORDS: Final[dict[State, str]] = {"yes": "符合", "no": "不符", "open": "待定", "skipped": "不适用"}
CONDITION_WORDS: Final[dict[State, str]] = {**RULE_WORDS, "yes": "成立", "no": "不成立"}
STRENGTHS: Final = {"must": "", "principle": "原则上须满足", "encouraged": "鼓励，不影响结论"}
ANSWERS: Final[dict[str, State]] = {"eligible": "yes", "ineligible": "no", "undetermined": "open"}
CONCLUSIONS: Final = {
    ("declare", "eligible"): "符合申报条件",
    ("declare", "ineligible"): "不符合申报条件",
    ("declare", "undetermined"): "是否符合申报条件：待定",
    ("evaluate", "eligible"): "达到改造目标",
    ("evaluate", "ineligible"): "未达到改造目标",
    ("evaluate", "undetermined"): "是否达到改造目标：待定",
}
NEEDS_REASON: Final = "符合申报条件，但须逐条说明理由"
NO_EDITION: Final = "该日期没有施行的政策版本，须先选定适用版本"


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the tree: its Chinese text and note, its state, and whether the conclusion follows from it."""

    text: str
    state: State
    decides: bool
    note: str = ""
    parts: tuple[Branch, ...] = ()
    words: Mapping[State, str] = field(default_factory=lambda: RULE_WORDS)

    @property
    def word(self) -> str:
        """Return the state in Chinese: 符合 for a rule, 成立 for a condition."""
        return self.words[self.state]


def outline(decision: Decision, ruleset: Ruleset | None) -> Branch:
    """Return the tree of a decision by its rule set; None stands for a day on which no edition is in force."""
    conclusion = NEEDS_REASON if _on_reason(decision) else CONCLUSIONS[decision.phase, decision.decision]
    state = ANSWERS[decision.decision]
    if ruleset is None:
        return Branch(conclusion, state, True, _basis(decision), (Branch(NO_EDITION, "open", True),))
    project = read(decision.facts, ruleset)
    rules = [
        (found, _rule(found, ruleset.rules[found.rule], decision, project, ruleset)) for found in decision.findings
    ]
    clauses = tuple(_clause(clause, list(group)) for clause, group in groupby(rules, lambda pair: pair[0].clause))
    return Branch(conclusion, state, True, _basis(decision), clauses)


def _on_reason(decision: Decision) -> bool:
    return decision.decision == "eligible" and bool(decision.needs_reason)


def _basis(decision: Decision) -> str:
    """Return what the conclusion rests on: document, day and rule set, clauses that stand against it, the award."""
    if not decision.doc_no:
        return f"政策基准日 {decision.as_of}"
    document = f"依据 {decision.doc_no}，政策基准日 {decision.as_of}，规则集 {decision.ruleset[:16]}"
    lists = {"未满足": decision.unmet, "待定": decision.open, "须说明理由": decision.needs_reason}
    clauses = [f"{word}：{'、'.join(named)}" for word, named in lists.items() if named]
    given = [award for award in decision.amounts.values() if award.award_yuan and decision.decision == "eligible"]
    awards = [f"{award.label} {format_value(Decimal(str(award.award_yuan)), '元')}" for award in given]
    return "；".join([document, *clauses, *awards])


def _clause(clause: str, rules: Sequence[tuple[Finding, Branch]]) -> Branch:
    counted = [branch.state for found, branch in rules if found.strength != "encouraged"]
    state: State = next((kind for kind in ("no", "open", "yes") if kind in counted), "skipped")
    branches = tuple(_skipped_together([branch for _, branch in rules]))
    return Branch(clause, state, any(branch.decides for branch in branches), "", branches)


def _skipped_together(branches: Sequence[Branch]) -> Iterator[Branch]:
    """Yield the rules of a clause, those that do not apply as one branch."""
    skipped = [branch.text for branch in branches if branch.state == "skipped"]
    yield from (branch for branch in branches if branch.state != "skipped")
    if skipped:
        yield Branch("、".join(skipped), "skipped", False)


def _rule(found: Finding, rule: Rule, decision: Decision, project: Project, ruleset: Ruleset) -> Branch:
    if found.applies is False:
        return Branch(found.label, "skipped", False)
    decides = _decides(found, decision)
    own = decides and found.effective is found.outcome
    answers = [(part, rule.judge(part.inputs)) for part in project.asked(rule.of)]
    parts = tuple(_components(rule, answers, own, found.outcome, ruleset))
    return Branch(found.label, STATES[found.effective], decides, _note(found, rule, ruleset), parts)


def _note(found: Finding, rule: Rule, ruleset: Ruleset) -> str:
    by_person = found.outcome is None and found.settled is not None
    person = f"人工认定：{RULE_WORDS[STATES[found.settled]]}" if by_person else ""
    return "；".join(filter(None, [STRENGTHS[found.strength], person, *_readings(rule, ruleset)]))


def _readings(rule: Rule, ruleset: Ruleset) -> Iterator[str]:
    """Yield the readings on which a rule depends, as chosen."""
    for name in dict.fromkeys(node.name for node in walk(rule.tree) if isinstance(node, Interpretation)):
        yield f"口径：{readings()[name].options[ruleset.interpretations[name]]}"


def _decides(found: Finding, decision: Decision) -> bool:
    """Return whether the conclusion follows from the rule.

    A refusal that holds for every project type may rest on a clause whose rule is still open. A 原则上 rule decides
    where its exception must be given a reason.
    """
    if found.strength != "must":
        return found.clause in decision.needs_reason and found.effective is False and decision.decision == "eligible"
    if decision.decision == "ineligible":
        refused = any(other.strength == "must" and other.effective is False for other in decision.findings)
        return found.effective is False or (not refused and found.clause in decision.unmet and not found.effective)
    return found.effective is {"eligible": True, "undetermined": None}[decision.decision]


def _components(
    rule: Rule, answers: Sequence[tuple[Part, Trace]], decides: bool, outcome: bool | None, ruleset: Ruleset
) -> Iterator[Branch]:
    """Yield the condition of a rule; for each component its own, if there are several."""
    for part, trace in answers:
        branch = _condition(_without_scope(rule, trace), decides and trace[0] is outcome, ruleset)
        if len(answers) == 1:
            yield branch
        else:
            yield _branch(f"第{(part.index or 0) + 1}项", trace[0], branch.decides, (branch,))


def _without_scope(rule: Rule, trace: Trace) -> Trace:
    """Return the trace of the rule's condition; the whole trace while it is unknown whether the rule applies."""
    return trace[2][1] if rule.applies is not None and trace[2][0][0] is False else trace


def _condition(trace: Trace, decides: bool, ruleset: Ruleset) -> Branch:
    trace = _as_read(trace)
    value, node, parts = trace
    match node:
        case And() | Or():
            text = "须全部成立" if isinstance(node, And) else "任一项成立即可"
            inner = [_condition(part, decides and part[0] is value, ruleset) for part in parts]
            return _branch(text, value, decides, inner)
        case Not():
            return _negated(value, _as_read(parts[0]), decides, ruleset)
        case Choose():
            taken = parts if parts[0][0] is None else (parts[0], parts[1 if parts[0][0] else 2])
            return _branch("视情形而定", value, decides, [_condition(part, decides, ruleset) for part in taken])
    return _branch(describe(trace, ruleset), value, decides)


def _negated(value: Any, inner: Trace, decides: bool, ruleset: Ruleset) -> Branch:
    if isinstance(inner[1], Fact):
        return _branch(f"{describe(inner, ruleset)}（须为否）", value, decides)
    return _branch("以下情形不成立", value, decides, [_condition(inner, decides, ruleset)])


def _branch(text: str, value: Any, decides: bool, parts: Iterable[Branch] = ()) -> Branch:
    return Branch(text, STATES[None if value is None else bool(value)], decides, "", tuple(parts), CONDITION_WORDS)


def _as_read(trace: Trace) -> Trace:
    """Return a trace without the choices that readings and publications have made: only what facts decide is left."""
    value, node, parts = trace
    match node:
        case Choose(condition=Published() | Compare(left=Interpretation())):
            return _as_read(parts[1] if parts[0][0] else parts[2])
        case And() | Or():
            open_parts = [part for part in parts if not _read_alone(part)]
            return _as_read(open_parts[0]) if len(open_parts) == 1 else (value, node, tuple(open_parts) or parts)
    return trace


def _read_alone(trace: Trace) -> bool:
    """Return whether the readings alone give the result of a condition, whatever the facts."""
    value, node, parts = trace
    match node:
        case Compare(left=Interpretation()) | Published():
            return True
        case And() | Or():
            return any(part[0] is value and _read_alone(part) for part in parts if value is isinstance(node, Or))
        case Not():
            return _read_alone(parts[0])
    return False
