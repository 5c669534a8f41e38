"""Evaluation of a delivered project: targets against results, five scored indicators, grade, problems (三（三）)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from services.monitoring.rules.areas import AreaCheck, component_areas, evaluation_checks
from services.monitoring.rules.code_lists import ENERGY_METHODS, EVALUATION_GRADES
from services.monitoring.rules.energy import BASELINE_METHODS, energy_saving
from services.monitoring.rules.evaluation.actuals import Actuals, occupancy_rate, target_facts
from services.monitoring.rules.evaluation.indicators import (
    IndicatorInputs,
    grade_of,
    score_indicators,
)
from shared.policy import Decision, Finding, Ruleset, evaluate_targets

PROPOSALS = {
    "rectify": "建议限期整改并复核；是否追回资金由主管部门决定，不自动追回",
    "partial_clawback": "建议就未达标部分提出追回意见，由主管部门决定",
}
"""Proposal for a failed evaluation or a missed target, by the reading of I33."""
REACHED, OPEN = "改造目标已实现，建议按规定完成后续手续", "改造目标尚有待定，不作已实现认定；请补齐以下情况后复核：{}"


@dataclass(frozen=True)
class ProjectState:
    """State of a project in monitoring's own records; amounts in yuan."""

    facts: Mapping[str, Any]
    components: list[dict[str, Any]]
    district: str
    kept_yuan: Decimal
    used_yuan: Decimal
    late_quarters: int
    open_diversion: bool
    best_occupancy: Mapping[int, Decimal]
    delivery_remark: str | None = None


def evaluate(actuals: Actuals, project: ProjectState, ruleset: Ruleset) -> dict[str, Any]:
    """Return the result as JSON-compatible data; targets without data stay undetermined. 二（三）, 三（三）"""
    readings, on = ruleset.interpretations, actuals.reference_on
    energy = energy_saving(actuals.energy, readings["pv_in_saving"], on) if actuals.energy else None
    occupancies = _occupancies(actuals, project, readings)
    feasible = actuals.roof.feasible if actuals.roof.feasible is not None else project.facts.get("renewable_feasible")
    ratio = energy["ratio"] if energy else None
    facts = target_facts(actuals, project.components, occupancies, feasible, ratio, dict(readings))
    decision = evaluate_targets(facts, ruleset)
    misused = actuals.funds.misused or project.open_diversion
    scored = score_indicators(
        _indicator_inputs(actuals, project, facts, occupancies, ratio, misused), on, project.district
    )
    score = sum((Decimal(head["score"]) for head in scored), Decimal(0))
    grade = "failed" if misused else grade_of(score, on)
    targets = [_target(found) for found in decision.findings if found.applies is not False]
    return {
        "score": f"{score:.2f}",
        "grade": grade,
        "grade_label": EVALUATION_GRADES[grade],
        "hard_fail": misused,
        "targets_met": _all_met(targets),
        "undetermined": [target["label"] for target in targets if target["met"] is None],
        "unscored": [head["label"] for head in scored if head["share"] is None],
        "targets": targets,
        "heads": scored,
        "energy": energy and {**energy, "ratio": None if ratio is None else f"{ratio:.6f}"},
        "occupancies": {str(place): None if value is None else f"{value:.6f}" for place, value in occupancies.items()},
        "best_occupancies": {str(place): f"{value:.6f}" for place, value in project.best_occupancy.items()},
        "funds": _funds(actuals, project),
        "areas": _areas(actuals, project, ruleset),
        "problems": _problems(actuals, project, targets, readings),
        "proposal": _proposal(grade, targets, readings),
        "headline": decision.headline,
        "sentences": [found.sentence for found in decision.findings],
        **_basis(decision, ruleset),
    }


def _basis(decision: Decision, ruleset: Ruleset) -> dict[str, Any]:
    return {
        "doc_no": ruleset.doc_no,
        "edition": ruleset.edition,
        "ruleset": ruleset.hash,
        "interpretations": dict(ruleset.interpretations),
        "missing": [item.label for item in decision.missing],
    }


def _occupancies(actuals: Actuals, project: ProjectState, readings: Mapping[str, str]) -> dict[int, Decimal | None]:
    """Return the occupancy of each building and factory (I19), the year's best where the reading of I20 says so."""
    stated = {item.index: occupancy_rate(item, readings["occupancy_meaning"]) for item in actuals.lettings}
    found: dict[int, Decimal | None] = {}
    for place, component in enumerate(project.components):
        if component["kind"] not in ("building", "factory"):
            continue
        value, best = stated.get(place), project.best_occupancy.get(place)
        if readings["target_moment"] == "any_time" and best is not None:
            value = best if value is None else max(value, best)
        found[place] = value
    return found


def _indicator_inputs(
    actuals: Actuals,
    project: ProjectState,
    facts: Mapping[str, Any],
    occupancies: Mapping[int, Decimal | None],
    ratio: Decimal | None,
    misused: bool,
) -> IndicatorInputs:
    return IndicatorInputs(
        actuals=actuals,
        key_tenant=facts["key_tenant_introduced"],
        occupancies=[(project.components[place]["kind"], value) for place, value in occupancies.items()],
        saving_ratio=ratio,
        misused=misused,
        kept_yuan=project.kept_yuan,
        used_yuan=project.used_yuan,
        late_quarters=project.late_quarters,
    )


def _target(found: Finding) -> dict[str, Any]:
    met = found.effective
    return {
        "rule": found.rule,
        "clause": found.clause,
        "label": found.label,
        "target": "是" if found.threshold is None else f"不低于 {percent(found.threshold)}",
        "actual": _actual(found),
        "met": met,
        "gap": _gap(found) if met is False else "",
        "sentence": found.sentence,
    }


def _actual(found: Finding) -> str:
    if found.value in (None, "") or found.effective is None:
        return "待定"
    return {"True": "是", "False": "否", "true": "是", "false": "否"}.get(str(found.value)) or percent(str(found.value))


def _gap(found: Finding) -> str:
    try:
        return f"差 {percent(str(Decimal(str(found.threshold)) - Decimal(str(found.value))), '个百分点')}"
    except InvalidOperation:
        return "未实现"


def percent(text: str, unit: str = "%") -> str:
    """Return a share as a percentage, truncated so that a value just below a target never reads as reaching it."""
    try:
        share = Decimal(text) * 100
    except InvalidOperation:
        return text
    return f"{share.quantize(Decimal('0.0001'), ROUND_DOWN).normalize():f}{unit}"


def _all_met(targets: list[dict[str, Any]]) -> bool | None:
    """Return False where one is missed, None where one is open or there is none to judge."""
    values = [target["met"] for target in targets] or [None]
    return False if False in values else None if None in values else True


def area_checks(actuals: Actuals, project: ProjectState, ruleset: Ruleset) -> list[AreaCheck]:
    """Return the checks of every denominator against the award and the declared facts."""
    parts = component_areas(project.components, project.facts)
    return evaluation_checks(actuals, parts, ruleset.interpretations["tax_area"], actuals.reference_on)


def _areas(actuals: Actuals, project: ProjectState, ruleset: Ruleset) -> list[dict[str, Any]]:
    reasons = {item.field: item.reason for item in actuals.area_reasons}
    return [
        {
            "field": check.pointer,
            "sentence": check.sentence,
            "agrees": check.agrees,
            "reason": reasons.get(check.pointer),
        }
        for check in area_checks(actuals, project, ruleset)
    ]


def _funds(actuals: Actuals, project: ProjectState) -> dict[str, Any]:
    return {
        "kept_yuan": f"{project.kept_yuan:.2f}",
        "used_yuan": f"{project.used_yuan:.2f}",
        "unspent_yuan": f"{max(project.kept_yuan - project.used_yuan, Decimal(0)):.2f}",
        "late_quarters": project.late_quarters,
        "open_diversion": project.open_diversion,
        **actuals.funds.model_dump(mode="json"),
    }


def _problems(
    actuals: Actuals, project: ProjectState, targets: list[dict[str, Any]], readings: Mapping[str, str]
) -> list[str]:
    problems = [
        f"{target['clause']} {target['label']}未达到，{target['gap']}" for target in targets if target["met"] is False
    ]
    problems += [f"{target['clause']} {target['label']}待定" for target in targets if target["met"] is None]
    if actuals.funds.misused or project.open_diversion:
        problems.append("四（一）1 补助资金存在挪用")
    if not actuals.funds.ledger_matches:
        problems.append("四（一）1 补助资金账实不符")
    if project.late_quarters:
        problems.append(f"四（一）2 季度台账逾期 {project.late_quarters} 次")
    if project.delivery_remark:
        problems.append(f"二（三）1 {project.delivery_remark}")
    return problems + _baseline_problem(actuals, project, readings) + list(actuals.problems)


def _baseline_problem(actuals: Actuals, project: ProjectState, readings: Mapping[str, str]) -> list[str]:
    """Return a problem if a vacant building's baseline uses a method that the reading of I25 does not allow."""
    vacant = any(component.get("wholly_vacant") for component in project.facts.get("components") or ())
    allowed = BASELINE_METHODS[readings["vacant_baseline"]]
    if not vacant or actuals.energy is None or actuals.energy.baseline.method in allowed:
        return []
    words = "、".join(ENERGY_METHODS[method] for method in allowed)
    used = ENERGY_METHODS[actuals.energy.baseline.method]
    return [f"二（三）2 空置楼宇能耗基线采用{used}，与口径（{words}）不一致"]


def _proposal(grade: str, targets: list[dict[str, Any]], readings: Mapping[str, str]) -> str:
    """Return the advice; a target without data is never taken for one that is met, and it is named."""
    waiting = [target["label"] for target in targets if target["met"] is None]
    missed = any(target["met"] is False for target in targets) or (grade == "failed" and not waiting)
    advice = [PROPOSALS[readings["evaluation_failed"]]] if missed else []
    advice += [OPEN.format("、".join(waiting))] if waiting else []
    return "；".join(advice or [REACHED])
