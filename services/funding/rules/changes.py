"""Changes of an approval: permitted content, effect on conditions and amounts. Pure. 二（一）, 二（二）, 二（四）"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.funding.rules.change_codes import CHANGE_KINDS
from shared.errors import DomainError, Invalid
from shared.policy import Ruleset, assess

FIELDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "content": (("content_and_scale", "components"), ()),
    "entity": (("applicant_name",), ("successor_uscc",)),
    "site": (("address",), ()),
    "schedule": (("planned_completed_on",), ("planned_started_on",)),
}
"""Fields that a change of each kind states: those it must, and those it may."""
_STATED: Final = tuple(dict.fromkeys(name for must, may in FIELDS.values() for name in (*must, *may)))
ZERO = Decimal("0.00")


class ModeFixed(DomainError):
    """The support mode is chosen once and never changes. 二（四）"""

    status, code, title = 409, "mode_fixed", "支持方式批复后不得变更"


class ConditionLost(DomainError):
    """The change makes a condition unmet that was met. 二（一）, 二（二）"""

    status, code, title = 409, "condition_lost", "变更后不再符合支持条件"


def proposal_of(kind: str, stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a change of a kind states. Raises ModeFixed, or Invalid for a field too few or too many."""
    if kind == "mode":
        raise ModeFixed("投资补助和贷款贴息只能择一，批复后不得变更（二（四））；不再实施的请申请终止拨付")
    must, may = FIELDS[kind]
    label = CHANGE_KINDS[kind]
    for name in _STATED:
        given = stated.get(name) is not None
        if name in must and not given:
            raise Invalid(f"“{label}”变更须填写 {name}", field=f"/body/{name}")
        if name not in (*must, *may) and given:
            raise Invalid(f"“{label}”变更不填 {name}，请删去或另行申请", field=f"/body/{name}")
    return {name: stated[name] for name in (*must, *may) if stated.get(name) is not None}


def changed_components(
    components: Sequence[Mapping[str, Any]], changed: Sequence[Mapping[str, Any]], source: str, field: str
) -> list[dict[str, Any]]:
    """Return the components with changed area and, in the column `source`, changed investment in yuan.

    Raises Invalid for a position that there is not, or that is named twice.
    """
    rows = [dict(part) for part in components]
    seen: set[int] = set()
    for index, change in enumerate(changed):
        position = change["position"]
        if position > len(rows) or position in seen:
            told = f"项目共有 {len(rows)} 个组成部分，序号从 1 起，不得重复"
            raise Invalid(f"没有可变更的第 {position} 个组成部分；{told}", field=f"{field}/{index}/position")
        seen.add(position)
        rows[position - 1][source] = change["fixed_investment_yuan"]
        if change.get("renovated_area_m2") is not None:
            rows[position - 1]["renovated_area_m2"] = change["renovated_area_m2"]
    return rows


def facts_with(facts: Mapping[str, Any], changed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the facts with the area and investment of the components that a change names; the others stay."""
    parts = [dict(part) for part in facts.get("components") or ()]
    for change in changed:
        if change["position"] <= len(parts):
            parts[change["position"] - 1] |= {
                name: change[name]
                for name in ("fixed_investment_yuan", "renovated_area_m2")
                if change.get(name) is not None
            }
    return {**facts, "components": parts}


def lost_conditions(before: Mapping[str, Any], after: Mapping[str, Any], ruleset: Ruleset) -> list[str]:
    """Return the sentences of the conditions that the facts before the change met and those after it do not."""
    unmet = {finding.rule for finding in assess(before, ruleset).findings if finding.effective is False}
    return [
        finding.sentence
        for finding in assess(after, ruleset).findings
        if finding.effective is False and finding.rule not in unmet and finding.strength == "must"
    ]


def check_conditions(before: Mapping[str, Any], after: Mapping[str, Any], ruleset: Ruleset) -> None:
    """Raise ConditionLost when the change makes a met condition unmet."""
    if lost := lost_conditions(before, after, ruleset):
        raise ConditionLost(f"{'；'.join(lost)}；请退回申请单位调整方案，不再符合条件的请终止拨付并追回资金")


@dataclass(frozen=True, slots=True)
class Reduction:
    """Award after a change, what of it lapses unreleased, and what was paid beyond it; in yuan."""

    award_yuan: Decimal
    cut_yuan: Decimal
    recover_yuan: Decimal


def reduced(current_yuan: Decimal, recomputed_yuan: Decimal | None, reserved_yuan: Decimal) -> Reduction:
    """Return what a recomputed award does: it never rises, and a lower one takes first what is not released. 二（四）

    Without a recomputed award the current one stays.
    """
    award = current_yuan if recomputed_yuan is None else min(current_yuan, recomputed_yuan)
    less = current_yuan - award
    cut = min(less, reserved_yuan)
    return Reduction(award, cut, less - cut)
