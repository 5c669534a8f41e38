"""Fields of the annual plan (政府投资条例 art. 16): construction period, content and scale. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from shared.contracts.library import LABELS

PlanChangeKind = Literal["amend", "cancel"]
PLAN_CHANGE_KINDS: Final[dict[str, str]] = {"amend": "调整", "cancel": "撤销"}
PlanChangeStatus = Literal["drafted", "issued", "withdrawn"]
PLAN_CHANGE_STATUSES: Final[dict[str, str]] = {"drafted": "编制中", "issued": "已下达", "withdrawn": "已撤回"}
ItemAction = Literal["change", "remove"]
ITEM_ACTIONS: Final[dict[str, str]] = {"change": "变更内容", "remove": "调出计划"}


def construction_period(starts_on: date, ends_on: date) -> str:
    """Return the construction period in words, by months."""
    return f"{starts_on.year}年{starts_on.month}月至{ends_on.year}年{ends_on.month}月"


def content_and_scale(components: Sequence[Mapping[str, Any]]) -> str | None:
    """Return content and scale from the assessed components; None when a renovated area is unknown."""
    if not components or any(part.get("renovated_area_m2") is None for part in components):
        return None
    parts = (
        f"{LABELS[part['kind']]}{part.get('name') or ''}改造{part['renovated_area_m2']}平方米" for part in components
    )
    return "；".join(parts)


def total_investment(components: Sequence[Mapping[str, Any]]) -> Decimal:
    """Return the assessed fixed investment of all components, in yuan."""
    return sum((Decimal(part["assessed_investment_yuan"]) for part in components), Decimal(0))
