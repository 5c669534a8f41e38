"""Projects of the story. Real ones have only outcomes that harm no reputation; every amount is simulated."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deploy.demo.personas import Persona, applicant
from deploy.demo.sample.generate import make_uscc

MET: dict[str, Any] = {
    "planning_conforms": True,
    "title_clear": True,
    "industry_positioning": True,
    "admission_standard": True,
    "operating_mechanism": True,
    "industries": ["digital_real_integration", "modern_services"],
    "green_retrofit_simultaneous": True,
    "renewable_feasible": True,
    "renewable_planned": True,
    "green_materials": True,
    "surroundings_coordinated": True,
    "key_tenant_planned": True,
    "pv_roof_share": "0.42",
    "energy_saving_ratio": "0.18",
    "construction_status": "under_construction",
    "other_municipal_funds": False,
    "support_mode": "investment_grant",
}


def building(area: str, invested: str, **changes: Any) -> dict[str, Any]:
    """Return a vacant office building of 2008 that meets every condition, with these changes."""
    part = {"kind": "building", "name": "主楼", "stock_use": "office_building", "completed_on": "2008-06-30",
            "wholly_vacant": True, "planned_occupancy": "0.85"}  # fmt: skip
    return {**part, "renovated_area_m2": area, "fixed_investment_yuan": invested, **changes}


def factory(area: str, invested: str, **changes: Any) -> dict[str, Any]:
    """Return a plant whose production moved away, with these changes."""
    part = {"kind": "factory", "name": "主厂房", "stock_use": "industrial_plant", "production_ended": True,
            "end_cause": "relocation", "planned_occupancy": "0.75"}  # fmt: skip
    return {**part, "renovated_area_m2": area, "fixed_investment_yuan": invested, **changes}


@dataclass(frozen=True)
class Case:
    """Project of the story with its facts and expected refusal."""

    key: str
    number: int
    name: str
    district: str
    project_type: str
    components: tuple[dict[str, Any], ...]
    changes: dict[str, Any] = field(default_factory=dict)
    real_facts: tuple[str, ...] = ()
    in_library: bool = True
    refused_clause: str | None = None

    @property
    def owner(self) -> Persona:
        """Applicant for the fictional company that declares the project."""
        uscc = make_uscc(f"91{self.district if self.district != 'BDA' else '110302'}", f"XN9{self.number:05d}")
        return applicant(uscc, f"示例更新{self.number}号有限公司")

    @property
    def code(self) -> str:
        return f"2401-{self.district if self.district != 'BDA' else '110302'}-04-01-{900_000 + self.number}"

    @property
    def address(self) -> str:
        return f"北京市示例大街{self.number}号"

    def facts(self) -> dict[str, Any]:
        return MET | {"project_type": self.project_type, "components": list(self.components)} | self.changes

    def simulated(self) -> list[str]:
        """Return the names of the simulated facts: all but those named as real."""
        if not self.real_facts:
            return ["*"]
        own = [name for name in self.facts() if name != "components"]
        parts = [f"components.{n}.{name}" for n, part in enumerate(self.components) for name in part]
        stated = ["project_code", "address", "applicant_name", "applicant_uscc", *own, *parts]
        return [name for name in stated if name not in self.real_facts]


TENANTS = [
    {"name": "示例金融科技公司", "industry_code": "6510", "area_m2": "3000.00", "share": "0.05", "stage": "contracted"},
    {"name": "示例研发公司", "industry_code": "7320", "area_m2": "1200.00", "share": "0.02", "stage": "intended"},
]
"""Firms of the demonstration, whose industries are in the sample rows of the list (lists.py)."""
CAP = Case(
    "cap", 1, "北京金融科技中心（世纪天乐大厦改造）", "110102", "inefficient_building",
    (building("62000.00", "600000000.00"),), {"tenants": TENANTS},
    real_facts=("project_type", "components.0.wholly_vacant"),
)  # fmt: skip
INTEREST = Case(
    "interest", 2, "新华1949文化金融与创新产业园二期", "110102", "old_factory",
    (factory("18000.00", "120000000.00"),), {"support_mode": "interest_subsidy"},
    ("project_type", "components.0.renovated_area_m2"),
)  # fmt: skip
PACKAGE = Case(
    "package", 3, "张家湾设计小镇片区统筹", "110112", "area_package",
    (
        building("21500.00", "200000000.00", stock_use="commercial_facility", completed_on="2001-05-01"),
        factory("4200.00", "40000000.00", stock_use="warehouse", end_cause="function_adjustment"),
        {"kind": "infrastructure", "name": "道路与绿化", "fixed_investment_yuan": "20000000.00"},
    ),
    {"single_entity": True, "contiguous": True}, ("project_type",),
)  # fmt: skip
LINE = Case(
    "line", 4, "示例面积在线上厂房", "110108", "old_factory", (factory("3000.00", "60000000.00"),),
    refused_clause="二（一）2",
)  # fmt: skip
COMPLETED = Case(
    "completed", 5, "示例已完工园区", "110105", "old_factory", (factory("8000.00", "90000000.00"),),
    {"construction_status": "completed"}, refused_clause="二（五）",
)  # fmt: skip
MUNICIPAL = Case(
    "municipal", 6, "示例另获市级资金楼宇", "110106", "inefficient_building", (building("30000.00", "180000000.00"),),
    {"other_municipal_funds": True}, refused_clause="二（五）",
)  # fmt: skip
RETAIL = Case(
    "retail", 7, "示例纯零售商场", "110114", "inefficient_building",
    (building("26000.00", "150000000.00", stock_use="commercial_facility"),), {"industries": ["retail"]},
    refused_clause="二（二）1",
)  # fmt: skip
SETTLED = Case(
    "settled", 8, "大红门数智产业大厦", "110106", "inefficient_building",
    (building("70000.00", "400000000.00", wholly_vacant=False, occupancy="0.35", function_mismatch=False,
              district_tax_per_m2_yuan="320.00"),), real_facts=("project_type",),
)  # fmt: skip
DIVERTED = Case(
    "diverted", 9, "示例挪用资金厂房", "110107", "old_factory", (factory("9000.00", "100000000.00"),), in_library=False
)
MISSED = Case(
    "missed", 10, "示例入驻未达标楼宇", "BDA", "inefficient_building", (building("24000.00", "260000000.00"),)
)
CASES = (CAP, INTEREST, PACKAGE, LINE, COMPLETED, MUNICIPAL, RETAIL, SETTLED, DIVERTED, MISSED)
FORWARDED = tuple(case for case in CASES if case is not COMPLETED)
REFUSED_BY_CITY = (LINE, MUNICIPAL, RETAIL)
POOLED = tuple(case for case in FORWARDED if case not in REFUSED_BY_CITY)
FUNDED = (CAP, INTEREST, PACKAGE, DIVERTED, MISSED)
OPENING = date(2024, 4, 1)
