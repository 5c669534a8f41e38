"""Recognised investment per component: at most the declared amount, with a reason where lower (I4, I5). Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.rules.code_lists import COST_KINDS, CostKind
from shared.errors import Invalid
from shared.money import Money
from shared.text import Paragraph

_CARRIED = ("kind", "name", "renovated_area_m2", "leasable_area_m2", "planned_occupancy")


class ExcludedCost(BaseModel):
    """A cost excluded from fixed-asset investment."""

    model_config = ConfigDict(extra="forbid")

    kind: CostKind = Field(title="费用类别")
    amount_yuan: Money = Field(title="剔除金额（元）")


class ComponentRecognition(BaseModel):
    """Recognised investment of one component, identified by its position in the declaration, from 0."""

    model_config = ConfigDict(extra="forbid")

    index: int = Field(title="组成序号", ge=0, le=199)
    assessed_investment_yuan: Money = Field(title="审定投资（元）")
    excluded: list[ExcludedCost] = Field(default_factory=list, max_length=20, title="剔除费用")
    reason: Paragraph | None = Field(None, title="核减理由")


def recognise_components(
    declared: Sequence[Mapping[str, Any]], components: Sequence[ComponentRecognition], readings: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the recognised components in the declared order, with excluded costs and reasons.

    Raises Invalid where a component is missing or repeated, above its declared investment, lower without a reason, or
    against the chosen readings of I4 (investment_base) and I5 (excluded_costs).
    """
    if sorted(item.index for item in components) != list(range(len(declared))):
        raise Invalid(
            f"须对 {len(declared)} 项组成（序号 0 至 {len(declared) - 1}）各审定一次", field="/body/components"
        )
    positions = {item.index: position for position, item in enumerate(components)}
    return [
        _recognised_component(part, components[positions[index]], f"/body/components/{positions[index]}", readings)
        for index, part in enumerate(declared)
    ]


def _recognised_component(
    part: Mapping[str, Any], item: ComponentRecognition, field: str, readings: Mapping[str, str]
) -> dict[str, Any]:
    if part.get("fixed_investment_yuan") is None:
        raise Invalid("该组成未申报固定资产投资，请先退回项目单位补正", field=f"{field}/assessed_investment_yuan")
    declared = Decimal(part["fixed_investment_yuan"])
    _check_amount(declared, item, field, readings)
    carried = {name: part[name] for name in _CARRIED if name in part}
    return {
        **carried,
        "declared_investment_yuan": str(declared),
        "assessed_investment_yuan": str(item.assessed_investment_yuan),
        "excluded": [{**cost.model_dump(mode="json"), "label": COST_KINDS[cost.kind]} for cost in item.excluded],
        "reason": item.reason,
    }


def _check_amount(declared: Decimal, item: ComponentRecognition, field: str, readings: Mapping[str, str]) -> None:
    excluded = sum((cost.amount_yuan for cost in item.excluded), Decimal(0))
    at = f"{field}/assessed_investment_yuan"
    if readings["excluded_costs"] == "include_all" and item.excluded:
        raise Invalid("按现行口径各项费用全部计入，excluded 应为空", field=f"{field}/excluded")
    if readings["investment_base"] == "declared" and item.assessed_investment_yuan != declared:
        raise Invalid(f"按现行口径以申报数为准，请填 {declared}", field=at)
    if item.assessed_investment_yuan > declared - excluded:
        limit = declared - excluded
        raise Invalid(f"审定投资不得高于 {limit} 元（申报 {declared} 元减剔除费用 {excluded} 元）", field=at)
    if item.assessed_investment_yuan < declared and item.reason is None:
        raise Invalid("审定投资低于申报数，须填写核减理由", field=f"{field}/reason")
