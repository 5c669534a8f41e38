"""Recognised investment per component: never above what was declared, with reasons where lower (I4, I5)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import Invalid
from shared.money import Money
from shared.text import Paragraph

CostKind = Literal["purchase", "rent", "land", "working_capital", "construction_interest", "vat", "other"]
COSTS: dict[str, str] = {
    "purchase": "购置",
    "rent": "租金",
    "land": "土地",
    "working_capital": "流动资金",
    "construction_interest": "建设期利息",
    "vat": "增值税",
    "other": "其他",
}
_CARRIED = ("kind", "name", "renovated_area_m2", "leasable_area_m2", "planned_occupancy")


class ExcludedCost(BaseModel):
    """A cost that does not count as fixed-asset investment here."""

    model_config = ConfigDict(extra="forbid")

    kind: CostKind = Field(title="费用类别")
    amount_yuan: Money = Field(title="剔除金额（元）")


class ComponentIn(BaseModel):
    """What is recognised of one component, by its place in the declaration (from 0)."""

    model_config = ConfigDict(extra="forbid")

    index: int = Field(title="组成序号", ge=0, le=199)
    assessed_investment_yuan: Money = Field(title="审定投资（元）")
    excluded: list[ExcludedCost] = Field(default_factory=list, max_length=20, title="剔除费用")
    reason: Paragraph | None = Field(None, title="核减理由")


def recognised(
    declared: Sequence[Mapping[str, Any]], wanted: Sequence[ComponentIn], readings: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The recognised components in the order declared, with what was excluded and why.

    Raises Invalid where a component is missing or twice, above its declared investment, lower without a reason, or
    against the chosen readings of I4 (investment_base) and I5 (excluded_costs).
    """
    if sorted(item.index for item in wanted) != list(range(len(declared))):
        raise Invalid(f"须对 {len(declared)} 项组成各审定一次", field="/body/components")
    places = {item.index: place for place, item in enumerate(wanted)}
    return [_one(part, wanted[places[index]], places[index], readings) for index, part in enumerate(declared)]


def _one(part: Mapping[str, Any], item: ComponentIn, place: int, readings: Mapping[str, str]) -> dict[str, Any]:
    field = f"/body/components/{place}"
    if part.get("fixed_investment_yuan") is None:
        raise Invalid("该组成未申报固定资产投资，须先补正", field=f"{field}/assessed_investment_yuan")
    declared = Decimal(part["fixed_investment_yuan"])
    _agrees(declared, item, field, readings)
    carried = {name: part[name] for name in _CARRIED if name in part}
    return {
        **carried,
        "declared_investment_yuan": str(declared),
        "assessed_investment_yuan": str(item.assessed_investment_yuan),
        "excluded": [{**cost.model_dump(mode="json"), "label": COSTS[cost.kind]} for cost in item.excluded],
        "reason": item.reason,
    }


def _agrees(declared: Decimal, item: ComponentIn, field: str, readings: Mapping[str, str]) -> None:
    excluded = sum((cost.amount_yuan for cost in item.excluded), Decimal(0))
    at = f"{field}/assessed_investment_yuan"
    if readings["excluded_costs"] == "include_all" and item.excluded:
        raise Invalid("现行口径各项费用全部计入，不作剔除", field=f"{field}/excluded")
    if readings["investment_base"] == "declared" and item.assessed_investment_yuan != declared:
        raise Invalid("现行口径以申报数为准，不作核减", field=at)
    if item.assessed_investment_yuan > declared - excluded:
        raise Invalid(f"审定投资不得高于申报数 {declared} 元扣除剔除费用 {excluded} 元之后的数额", field=at)
    if item.assessed_investment_yuan < declared and item.reason is None:
        raise Invalid("审定投资低于申报数，须说明核减理由", field=f"{field}/reason")
