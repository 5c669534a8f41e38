"""Assessment of a declaration by the edition in force, and conclusion of its review (二, 二（五）, 四（一）2). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.errors import Invalid, WrongStatus
from shared.policy import ENGINE, Decision, Ruleset, assess, editions, interpretations, resolve
from shared.policy.errors import NoEditionInForce
from shared.policy.industries import tenant_facts

LIBRARY_CLAUSE = "四（一）2"
NO_EDITION = {
    "field": "edition",
    "label": "适用的政策版本（由市发展改革委负责人选定并说明理由）",
    "who": "city",
    "clause": "二",
}


class NotMet(WrongStatus):
    """Refusal of a pass: a condition is not met."""

    code, title = "conditions_not_met", "存在未满足的条件"


class StillOpen(WrongStatus):
    """Refusal of a pass: a finding waits for facts or for a settlement."""

    code, title = "findings_open", "存在待定事项"


class NotReceived(WrongStatus):
    """Refusal of a pass: the city has not received the declaration, or the project is completed. 二（五）"""

    code, title = "not_received", "市级尚未接收或项目已完工"


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Fields of a review that its conclusion depends on."""

    received_on: date | None
    construction_status: str | None
    library_exception_reason: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision, its rule set (None where no edition is in force) and its Chinese summary."""

    decision: Decision
    ruleset: Ruleset | None
    summary: str

    @property
    def record(self) -> dict[str, Any]:
        return self.decision.to_json()


def decided_on(today: date, chosen: str) -> date | None:
    """Return the day of the decision if the reading of I16 lets it select the edition, else None."""
    return today if chosen == "approval" else None


def reference_day(accepted_on: date, chosen_edition: str | None, decided_on: date | None = None) -> tuple[date, str]:
    """Return the date whose rules govern and its basis: acceptance, decision, or the chosen edition's nearest (I16).

    Raises Invalid for an edition that does not exist.
    """
    if chosen_edition is None and decided_on is not None:
        return decided_on, "approval"
    if chosen_edition is None:
        return accepted_on, "district_acceptance"
    in_force = next((edition["in_force"] for edition in editions() if edition["id"] == chosen_edition), None)
    if in_force is None:
        known = "、".join(edition["id"] for edition in editions())
        raise Invalid(f"没有版本 {chosen_edition}，可选版本：{known}", field="/body/edition")
    day = max(accepted_on, in_force["from"])
    return min(day, in_force.get("to", day)), "chosen_edition"


def judge(
    facts: Mapping[str, Any],
    as_of: date,
    readings: Mapping[str, str],
    standards: Mapping[str, Any] | None = None,
    settled: Mapping[str, bool] | None = None,
) -> Judgement:
    """Assess facts by the edition in force on a date. Without an edition the answer is undetermined (I16).

    Settlements of rules outside the edition are ignored. Raises UnreadableFact, UnknownInterpretation.
    """
    district = facts.get("district")
    facts = {**facts, **tenant_facts(facts, as_of)}
    try:
        ruleset = resolve(as_of, district, readings, standards)
    except NoEditionInForce as gap:
        return Judgement(_open(facts, as_of, readings), None, f"待定：{gap.detail}")
    own = {rule: holds for rule, holds in (settled or {}).items() if rule in ruleset.rules}
    decision = assess(facts, ruleset, own)
    return Judgement(decision, ruleset, summary(decision))


def summary(decision: Decision) -> str:
    """Return a Chinese sentence: the answer, then the clauses not met, open or in need of a reason."""
    parts = [("未满足", decision.unmet), ("待定", decision.open), ("须说明理由", decision.needs_reason)]
    lists = [f"{word}：{'、'.join(clauses)}" for word, clauses in parts if clauses]
    return "。".join([decision.headline, *lists])


def open_clauses(decision: Decision) -> tuple[str, ...]:
    """Return the clauses with an unanswered finding; 原则上 conditions count, encouraged ones do not."""
    waiting = [
        found.clause for found in decision.findings if found.strength != "encouraged" and found.effective is None
    ]
    return tuple(dict.fromkeys([*decision.open, *waiting]))


def check_pass(state: ReviewState, decision: Decision, given: Mapping[str, str]) -> dict[str, str]:
    """Return the reasons for exceptions from 原则上 conditions, by clause, where the review may pass.

    Raises NotMet, StillOpen, NotReceived, Invalid.
    """
    if decision.unmet:
        detail = f"未满足：{'、'.join(decision.unmet)}；请按不通过结论办理，或退回补正后重新判定"
        raise NotMet(detail, clauses=list(decision.unmet))
    if waiting := open_clauses(decision):
        detail = f"待定：{'、'.join(waiting)}；请先补充材料或逐项人工认定，再作结论"
        raise StillOpen(detail, clauses=list(waiting))
    if state.received_on is None or state.construction_status in (None, "completed"):
        raise NotReceived(_receipt_problem(state))
    return _exceptions(state, decision, given)


def check_rejection(decision: Decision, clauses: Sequence[str]) -> None:
    """Raise Invalid unless a rejection names clauses that the findings show as not met."""
    known = tuple(dict.fromkeys([*decision.unmet, *decision.needs_reason]))
    options = "、".join(known) or "无（没有未满足的条款，不能作不通过结论）"
    if not clauses:
        raise Invalid(f"不通过须列明未满足的条款，可选：{options}", field="/body/clauses")
    if unknown := [clause for clause in clauses if clause not in known]:
        detail = f"判定结果未显示以下条款不满足：{'、'.join(unknown)}；可选：{options}"
        raise Invalid(detail, field="/body/clauses")


def _exceptions(state: ReviewState, decision: Decision, given: Mapping[str, str]) -> dict[str, str]:
    forwarded = {LIBRARY_CLAUSE: state.library_exception_reason} if state.library_exception_reason else {}
    reasons: dict[str, str] = {**forwarded, **given}
    if missing := [clause for clause in decision.needs_reason if clause not in reasons]:
        raise Invalid(
            f"原则性条款未满足，须在 exceptions 中逐条说明例外理由：{'、'.join(missing)}", field="/body/exceptions"
        )
    return {clause: reasons[clause] for clause in decision.needs_reason}


def _receipt_problem(state: ReviewState) -> str:
    if state.construction_status == "completed":
        return "市级接收时认定项目已完工，已完工项目不再予以支持，请按不通过结论办理"
    return "市发展改革委尚未接收该申报，请先办理接收"


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
