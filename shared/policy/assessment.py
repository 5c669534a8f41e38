"""Evaluation of declarations, of results against targets, and replay of decision records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from shared.policy.amounts import grant
from shared.policy.decision import ENGINE, Award, Decision, Finding, Missing, Outcome
from shared.policy.editions import resolve, ruleset_from_content
from shared.policy.errors import UnknownRule, UnknownRuleset
from shared.policy.explain import Trace, unknowns
from shared.policy.facts import Part, Project, read
from shared.policy.language import Fact, Parameter
from shared.policy.ruleset import PROJECT_TYPES, Phase, Rule, Ruleset, jsonable
from shared.policy.wording import MARKS, NOT_ASKED, describe, found_and_required

Asked = tuple[Part, Trace]


def assess(facts: Mapping[str, Any], ruleset: Ruleset, settled: Mapping[str, bool] | None = None) -> Decision:
    """Evaluate a declaration against the conditions of 二 and 四（一）2; an absent fact is unknown, never false.

    `settled` holds officials' decisions on undetermined rules, by rule id. They apply only where the engine finds no
    answer; the decision keeps both. Raises UnreadableFact, UnknownRule.
    """
    return _judge(facts, ruleset, settled or {}, "declare")


def evaluate_targets(
    actuals: Mapping[str, Any], ruleset: Ruleset, settled: Mapping[str, bool] | None = None
) -> Decision:
    """Evaluate results after delivery against the targets of 二（三）, for the evaluation of 三（三）.

    Reads key_tenant_introduced, renewable_feasible, pv_roof_share, energy_saving_ratio and per component {kind,
    achieved_occupancy}. "eligible" means that every target is reached. Raises UnreadableFact, UnknownRule.
    """
    return _judge(actuals, ruleset, settled or {}, "evaluate")


def record_of(decision: Decision, ruleset: Ruleset) -> dict[str, Any]:
    """Return the decision as JSON together with its rule set, which is all that `replay` needs."""
    return {**decision.to_json(), "ruleset_content": jsonable(ruleset.content)}


def replay(record: Mapping[str, Any], rulesets: Callable[[str], Mapping[str, Any] | None] | None = None) -> Decision:
    """Evaluate the recorded facts again; the result equals the recorded decision unless the record was altered.

    The rule set comes from the record (`ruleset_content`), else from `rulesets` by hash, else from today's files.
    Raises UnknownRuleset if its hash is not the recorded one.
    """
    as_of = date.fromisoformat(record["as_of"])
    content = record.get("ruleset_content") or (rulesets(record["ruleset"]) if rulesets else None)
    if content is not None:
        ruleset = ruleset_from_content(content, as_of, record["district"])
    else:
        ruleset = resolve(as_of, record["district"], record["interpretations"])
    if ruleset.hash != record["ruleset"]:
        raise UnknownRuleset(f"规则集 {record['ruleset'][:16]} 未留存")
    return _judge(record["facts"], ruleset, record["settled"], record["phase"])


def _judge(facts: Mapping[str, Any], ruleset: Ruleset, settled: Mapping[str, bool], phase: Phase) -> Decision:
    if unknown := settled.keys() - ruleset.rules.keys():
        raise UnknownRule(f"没有规则 {'、'.join(sorted(unknown))}")
    decided = _decided(facts, ruleset, settled, phase)
    if decided.decision == "undetermined" and phase == "declare" and facts.get("project_type") is None:
        return _independent_of_type(decided, facts, ruleset, settled)
    return decided


def _independent_of_type(
    decided: Decision, facts: Mapping[str, Any], ruleset: Ruleset, settled: Mapping[str, bool]
) -> Decision:
    """Return the decision that all three project types share, if there is one; otherwise `decided`."""
    each = [_decided({**facts, "project_type": kind}, ruleset, settled, "declare") for kind in PROJECT_TYPES]
    if len({other.decision for other in each}) > 1 or each[0].decision == "undetermined":
        return decided
    unmet = tuple(dict.fromkeys(clause for other in each for clause in other.unmet))
    amounts = {} if unmet else decided.amounts
    return replace(decided, decision=each[0].decision, unmet=unmet, open=(), missing=(), amounts=amounts)


def _decided(facts: Mapping[str, Any], ruleset: Ruleset, settled: Mapping[str, bool], phase: Phase) -> Decision:
    project = read(facts, ruleset)
    asked = [
        (rule, [(part, rule.judge(part.inputs)) for part in project.asked(rule.of)]) for rule in ruleset.phase(phase)
    ]
    findings = tuple(_finding(rule, answers, settled.get(rule.id), project, ruleset) for rule, answers in asked)
    must = [found for found in findings if found.strength == "must"]
    decision = _outcome(must)
    return Decision(
        decision=decision,
        phase=phase,
        as_of=ruleset.as_of.isoformat(),
        district=ruleset.district,
        edition=ruleset.edition,
        doc_no=ruleset.doc_no,
        ruleset=ruleset.hash,
        engine=ENGINE,
        findings=findings,
        unmet=_clauses(must, False),
        open=_clauses(must, None) if decision == "undetermined" else (),
        needs_reason=_clauses([found for found in findings if found.strength == "principle"], False),
        missing=() if decision == "ineligible" else _missing(asked, findings, project, ruleset),
        amounts=_amounts(facts, ruleset) if phase == "declare" and decision != "ineligible" else {},
        facts=jsonable(facts),
        settled=dict(settled),
        interpretations=dict(ruleset.interpretations),
    )


def _outcome(must: Sequence[Finding]) -> Outcome:
    values = [found.effective for found in must]
    return "ineligible" if False in values else "undetermined" if None in values else "eligible"


def _clauses(findings: Sequence[Finding], value: bool | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.clause for found in findings if found.effective is value))


def _finding(rule: Rule, answers: Sequence[Asked], settled: bool | None, project: Project, ruleset: Ruleset) -> Finding:
    outcome = _conjunction([trace[0] for _, trace in answers])
    applies = True if rule.applies is None else _conjunction([_applies(trace) for _, trace in answers])
    value = threshold = None
    mark, wording = NOT_ASKED, "不适用"
    if applies is not False:
        deciders = [(part, _condition(rule, trace)) for part, trace in answers if trace[0] is outcome]
        mark = MARKS[outcome]
        value, threshold = found_and_required(deciders[0][1])
        wording = "；".join([_place(rule, part) + describe(condition, ruleset) for part, condition in deciders])
    return Finding(
        rule=rule.id,
        clause=rule.clause,
        label=rule.label,
        strength=rule.strength,
        outcome=outcome,
        applies=applies,
        settled=settled,
        value=value,
        threshold=threshold,
        sentence=f"{mark} {rule.clause} {rule.label}：{wording}{_settlement_note(settled)}",
        needs=() if outcome is not None else tuple(dict.fromkeys(_needed(answers, project, ruleset))),
    )


def _place(rule: Rule, part: Part) -> str:
    return f"第{part.index + 1}项 " if rule.of and part.index is not None else ""


def _settlement_note(settled: bool | None) -> str:
    return "" if settled is None else f"；人工认定：{'符合' if settled else '不符'}"


def _conjunction(values: Sequence[Any]) -> bool | None:
    return False if False in values else None if None in values else True


def _applies(trace: Trace) -> bool | None:
    """Return whether a rule applies; its tree reads "not applies or when"."""
    opposite = trace[2][0][0]
    return None if opposite is None else not opposite


def _condition(rule: Rule, trace: Trace) -> Trace:
    """Return the trace of the rule's condition, or the whole trace if it is unknown whether the rule applies."""
    return trace if rule.applies is None or _applies(trace) is None else trace[2][1]


def _needed(answers: Sequence[Asked], project: Project, ruleset: Ruleset) -> Iterator[str]:
    for part, trace in answers:
        for node in unknowns(trace):
            yield from _paths(node, part, project, ruleset)


def _paths(node: Fact | Parameter, part: Part, project: Project, ruleset: Ruleset) -> tuple[str, ...]:
    if isinstance(node, Parameter):
        return (f"p.{node.name}",)
    return project.paths(ruleset.inputs[node.name], part)


def _missing(
    asked: Sequence[tuple[Rule, Sequence[Asked]]], findings: Sequence[Finding], project: Project, ruleset: Ruleset
) -> tuple[Missing, ...]:
    """Return the unknown facts and parameters of the open rules that are not `encouraged`, in the notice's order."""
    found: dict[str, Missing] = {}
    for (rule, answers), finding in zip(asked, findings, strict=True):
        if rule.strength == "encouraged" or finding.effective is not None:
            continue
        for part, trace in answers:
            for node in unknowns(trace):
                for path in _paths(node, part, project, ruleset):
                    found.setdefault(path, _asked_for(node, path, rule.clause, ruleset))
    return tuple(found.values())


def _asked_for(node: Fact | Parameter, path: str, clause: str, ruleset: Ruleset) -> Missing:
    if isinstance(node, Parameter):
        dated = ruleset.parameters[node.name]
        return Missing(path, dated.label, dated.publisher, clause)
    item = ruleset.inputs[node.name]
    return Missing(path, "项目组成" if path == "components" else item.label, item.asks, clause)


def _amounts(facts: Mapping[str, Any], ruleset: Ruleset) -> dict[str, Award]:
    amount = ruleset.amounts.get("investment_grant")
    if amount is None or facts.get("support_mode") not in (None, amount.mode):
        return {}
    components, project_type = facts.get("components") or (), facts.get("project_type")
    return {amount.id: grant(components, ruleset, project_type=project_type).as_award(amount)}
