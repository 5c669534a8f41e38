"""Targets of a project after delivery, from its facts and the parameters in force (二（三）)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from shared.policy import parameter
from shared.policy.errors import ParameterNotPublished

KIND_LABELS = {"building": "低效楼宇", "factory": "老旧厂房", "infrastructure": "配套基础设施"}


def targets_of(facts: Mapping[str, Any], as_of: date, district: str) -> list[dict[str, Any]]:
    """Return one row per target: clause, label, target (a share, None where unpublished) and the promised value."""
    components = facts.get("components") or []
    rows = [
        _occupancy(place, component, as_of, district)
        for place, component in enumerate(components)
        if component["kind"] in ("building", "factory")
    ]
    rows.append(
        _row("二（三）1", "引入区级以上重大产业项目和重点企业", None, facts.get("key_tenant_planned"), "key_tenant")
    )
    if facts.get("renewable_feasible") is not False:
        rows.append(_green("pv_roof_share", "光伏占全部屋面水平投影比例", facts, as_of, district))
    rows.append(_green("energy_saving_ratio", "综合节能率", facts, as_of, district))
    return rows


def _occupancy(place: int, component: Mapping[str, Any], as_of: date, district: str) -> dict[str, Any]:
    kind = component["kind"]
    name = component.get("name") or f"第{place + 1}项"
    target = published_parameter(f"{kind}_occupancy", as_of, district)
    row = _row(
        "二（三）1", f"{KIND_LABELS[kind]}入驻率（{name}）", target, component.get("planned_occupancy"), "occupancy"
    )
    return {**row, "component": place}


def _green(key: str, label: str, facts: Mapping[str, Any], as_of: date, district: str) -> dict[str, Any]:
    return _row("二（三）2", label, published_parameter(key, as_of, district), facts.get(key), key)


def _row(clause: str, label: str, target: Decimal | None, promised: Any, key: str) -> dict[str, Any]:
    return {"key": key, "clause": clause, "label": label, "target": target, "promised": promised}


def published_parameter(key: str, on: date, district: str) -> Decimal | None:
    """Return a parameter in force on a date; None where it is not published."""
    try:
        value: Decimal = parameter(key, on, district)
    except ParameterNotPublished:
        return None
    return value
