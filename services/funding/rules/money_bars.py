"""Comparison of the works of other municipal money with those of an application. Pure. 二（五）, I27"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from shared.normal_forms import normal_identifier, normal_place

Basis = Literal[
    "declaration", "project_code", "certificate", "building", "place_and_works", "entity", "entity_and_place"
]
BASES: Final[dict[str, str]] = {
    "declaration": "登记时指明本项目",
    "project_code": "项目代码相同",
    "certificate": "权属证号相同",
    "building": "资源台账中的楼宇（厂房）相同",
    "place_and_works": "地址和改造内容相同",
    "entity": "项目单位相同（口径 I27 按单位排除）",
    "entity_and_place": "项目单位和地址相同，改造内容是否相同待认定",
}
UNDETERMINED: Final = frozenset({"entity_and_place"})
"""Bases that prove no identity of the works: a second phase at one address is lawful."""


@dataclass(frozen=True, slots=True)
class Works:
    """Identification of works in normal form; what is not known is empty."""

    entity: str
    declaration: str = ""
    project_code: str = ""
    certificates: frozenset[str] = frozenset()
    buildings: frozenset[str] = frozenset()
    place: str = ""
    kinds: frozenset[str] = frozenset()


def works_of_money(row: Any) -> Works:
    """Return the works of an entry of the register of public money."""
    return Works(
        entity=row.applicant_uscc,
        declaration=str(row.application_id or ""),
        project_code=row.project_code or "",
        certificates=_forms([row.title_certificate_no]),
        buildings=_buildings(row.district, [row.building_id]),
        place=normal_place(row.address, row.district) or "",
        kinds=frozenset(row.works),
    )


def works_of_application(row: Any) -> Works:
    """Return the works of an application, from the project and the facts that eligibility announced."""
    parts = [part for part in row.facts.get("components") or () if isinstance(part, Mapping)]
    return Works(
        entity=row.applicant_uscc,
        declaration=str(row.id),
        project_code=row.project_code or "",
        certificates=_forms(row.project.get("certificates") or ()),
        buildings=_buildings(row.district, [part.get("resource_id") for part in parts]),
        place=normal_place(row.project.get("address"), row.district) or "",
        kinds=_kinds(row.facts, parts),
    )


def _forms(numbers: Sequence[str | None]) -> frozenset[str]:
    return frozenset(normal_identifier(number) for number in numbers if number)


def _buildings(district: str, numbers: Sequence[str | None]) -> frozenset[str]:
    """Return ids of the resource ledger with their district, which numbers them."""
    return frozenset(f"{district}|{number}" for number in _forms(numbers))


def _kinds(facts: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the kinds of works that a project may contain by its facts; an unknown fact leaves its kind in."""
    kinds = {part.get("kind") for part in parts}
    found = {"structure", "digital_infrastructure", "fit_out"} if kinds & {"building", "factory"} else set()
    if found and facts.get("green_retrofit_simultaneous") is not False:
        found.add("green_retrofit")
    return frozenset(found | ({"area_infrastructure"} if "infrastructure" in kinds else set()))


def basis_of(money: Works, project: Works, chosen: str) -> Basis | None:
    """Return the strongest ground on which money went to the works of a project, None without one (I27)."""
    same_place = bool(money.place) and money.place == project.place
    same_entity = money.entity == project.entity
    grounds: dict[Basis, bool] = {
        "declaration": bool(money.declaration) and money.declaration == project.declaration,
        "project_code": bool(money.project_code) and money.project_code == project.project_code,
        "certificate": bool(money.certificates & project.certificates),
        "building": bool(money.buildings & project.buildings),
        "place_and_works": same_place and bool(money.kinds & project.kinds),
        "entity": same_entity and chosen == "entity",
        "entity_and_place": same_entity and same_place and not (money.kinds and project.kinds),
    }
    return next((basis for basis, holds in grounds.items() if holds), None)
