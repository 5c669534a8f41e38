"""Areas that divide a ratio, against those of the award and of the declared facts (二（三）, 三（三）). Pure.

A ratio is worth what its denominator is worth: 10 m² leasable and 10 m² let read 100 %.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.monitoring.rules.evaluation.actuals import Actuals
from services.monitoring.rules.quarters import ComponentLetting, Remark
from shared.policy import parameter

Components = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Bounds:
    """Span in which an area is plausible, in m², and the record that says so."""

    low: Decimal
    high: Decimal
    source: str


@dataclass(frozen=True)
class AreaCheck:
    """One denominator: `agrees` is None where the award and the facts state no area to compare with."""

    pointer: str
    label: str
    stated_m2: Decimal
    known: Bounds | None

    @property
    def agrees(self) -> bool | None:
        return None if self.known is None else self.known.low <= self.stated_m2 <= self.known.high

    @property
    def sentence(self) -> str:
        """Return the comparison in Chinese."""
        stated = f"{self.label}填报 {self.stated_m2:.2f} 平方米"
        if self.known is None:
            return f"{stated}，批复和申报未载明可比面积，无法核对"
        word = "相符" if self.agrees else "不符"
        return f"{stated}，与{self.known.source}{word}（{self.known.low:.2f} 至 {self.known.high:.2f} 平方米）"


def component_areas(components: Components, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each component of the award with the areas that the declaration adds, the award's first."""
    declared = facts.get("components") or [{}] * len(components)
    known = [{name: value for name, value in part.items() if value is not None} for part in components]
    return (
        [{**told, **part} for told, part in zip(declared, known, strict=True)] if len(declared) == len(known) else known
    )


def letting_checks(
    lettings: Sequence[ComponentLetting], parts: Components, on: date, pointer: str
) -> Iterator[AreaCheck]:
    """Yield the check of each component's leasable area; components that do not exist are left to other checks."""
    for place, item in enumerate(lettings):
        if item.index < len(parts):
            part = parts[item.index]
            name = part.get("name") or f"第{item.index + 1}项"
            known = _leasable(part, on)
            yield AreaCheck(f"{pointer}/{place}/leasable_area_m2", f"{name}可出租面积", item.leasable_area_m2, known)


def evaluation_checks(actuals: Actuals, parts: Components, tax_area: str, on: date) -> list[AreaCheck]:
    """Return the checks of every denominator of an evaluation; `tax_area` is the reading of I12."""
    whole = _whole(parts, "gross_floor_area_m2", "建筑面积", on)
    checks = list(letting_checks(actuals.lettings, parts, on, "/lettings"))
    if actuals.tax is not None:
        field, label = _TAX_AREAS[tax_area]
        checks.append(
            AreaCheck(
                "/tax/area_m2", "税收计算面积", actuals.tax.area_m2, _whole(parts, field, label, on) if field else None
            )
        )
    if actuals.energy is not None:
        for year, label in (("baseline", "基准期能耗计算面积"), ("report", "报告期能耗计算面积")):
            stated = getattr(actuals.energy, year).area_m2
            checks.append(AreaCheck(f"/energy/{year}/area_m2", label, stated, whole))
    if actuals.roof.roof_projection_m2 is not None:
        limit = whole and Bounds(Decimal(0), whole.high, whole.source)
        checks.append(AreaCheck("/roof/roof_projection_m2", "屋面水平投影", actuals.roof.roof_projection_m2, limit))
    return [*checks, *_industries(actuals, on)]


def letting_remarks(lettings: Sequence[ComponentLetting], parts: Components, on: date) -> list[Remark]:
    """Return a warning for each leasable area that differs from the award, and for infrastructure that is let."""
    remarks = [
        Remark("warning", check.pointer, "leasable_area_differs", f"{check.sentence}，请核对单位和数值")
        for check in letting_checks(lettings, parts, on, "/occupancy")
        if check.agrees is False
    ]
    return remarks + [
        Remark("warning", f"/occupancy/{place}", "infrastructure_let", "配套基础设施不计入驻率，请核对组成序号")
        for place, item in enumerate(lettings)
        if item.index < len(parts) and parts[item.index]["kind"] == "infrastructure"
    ]


_TAX_AREAS: dict[str, tuple[str | None, str]] = {
    "title_gfa": ("gross_floor_area_m2", "建筑面积"),
    "leasable": ("leasable_area_m2", "可出租面积"),
    "in_use": (None, ""),
}


def _leasable(part: Mapping[str, Any], on: date) -> Bounds | None:
    """Return the span of a leasable area: that of the award, else a share of the floor area."""
    if part.get("leasable_area_m2"):
        return _around(Decimal(part["leasable_area_m2"]), "批复的可出租面积", on)
    floor = part.get("gross_floor_area_m2") or part.get("renovated_area_m2")
    if not floor:
        return None
    low = Decimal(floor) * parameter("leasable_floor_share", on)
    return Bounds(low, _around(Decimal(floor), "", on).high, "申报的建筑面积")


def _whole(parts: Components, field: str, label: str, on: date) -> Bounds | None:
    """Return the span around the sum over buildings and factories; None where one of them is not known."""
    areas = [part.get(field) for part in parts if part["kind"] in ("building", "factory")]
    if not areas or not all(areas):
        return None
    return _around(sum((Decimal(str(area)) for area in areas), Decimal(0)), f"各组成的{label}合计", on)


def _around(area: Decimal, source: str, on: date) -> Bounds:
    tolerance = parameter("area_tolerance", on)
    return Bounds(area * (1 - tolerance), area * (1 + tolerance), source)


def _industries(actuals: Actuals, on: date) -> Iterator[AreaCheck]:
    """Yield the check of the area by industry against the area moved into. 二（二）1, I26"""
    moved_in = sum((item.moved_in_area_m2 for item in actuals.lettings), Decimal(0))
    if actuals.industries and moved_in:
        total = sum((item.area_m2 for item in actuals.industries), Decimal(0))
        known = _around(moved_in, "各组成的入驻面积合计", on)
        yield AreaCheck("/industries", "业态面积合计", total, known)
