"""Rows of the reserve library, drawn over the resource ledger: a project renovates one or several resources."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from deploy.demo.sample import real
from deploy.demo.sample.buildings import AS_OF, BUILDINGS, Row
from deploy.demo.sample.draws import chance, hundredths, in_hundredths, pick, weighted, whole
from deploy.demo.sample.entities import Applicant, applicants_of, region_of
from deploy.demo.sample.ledger import invented_fields, resource_rows
from deploy.demo.sample.promises import conditions, programme
from shared.deadlines import quarter_of

_CONSTRUCTION: Final = (("ready_to_start", 65), ("not_ready", 35))
_OCCUPANCIES: Final = ((80, 22), (70, 18), (85, 20), (90, 18), (95, 6), (79, 3), (69, 3), (65, 4))
_UNKNOWABLE: Final = (
    "other_municipal_funds", "renewable_feasible", "pv_roof_share", "energy_saving_ratio", "operating_mechanism",
    "surroundings_coordinated", "construction_status", "industry_positioning", "green_materials",
)  # fmt: skip
_NOT_DOUBTED: Final = (
    "planning_conforms",
    "title_clear",
    "industry_positioning",
    "admission_standard",
    "operating_mechanism",
)
"""Assumed for a real project: an invented doubt could be read as a finding about it."""
_JUST_OVER: Final = 1
"""A hundredth of a square metre: 超过 is strict, so the line itself fails and this passes."""


def library_rows(seed: int, district: str) -> list[Row]:
    """Return the reserve library of a district: its real projects, then invented ones over the rest of the ledger."""
    rng = Random(f"{seed}/{district}/library")
    resources = resource_rows(seed, district)
    published = real.projects_of(district)
    entities = applicants_of(seed, district)
    known = [_real(rng, entities, row, project) for row, project in zip(resources, published, strict=False)]
    groups = enumerate(_groups(rng, resources[len(published) :]), start=1)
    return known + [_invented(rng, entities, group, number) for number, group in groups]


def _groups(rng: Random, resources: list[Row]) -> Iterator[list[Row]]:
    """Return the resources of each project; some neighbours in the ledger with one status form an area package."""
    waiting: list[Row] = []
    for row in resources:
        if row["status"] in ("stock", "planned"):
            continue
        if waiting and (row["status"] != waiting[0]["status"] or len(waiting) == 4 or not chance(rng, 22)):
            yield waiting
            waiting = []
        waiting.append(row)
    if waiting:
        yield waiting


def _invented(rng: Random, entities: list[Applicant], group: list[Row], number: int) -> Row:
    district = group[0]["district"]
    status = group[0]["status"]
    construction = weighted(rng, _CONSTRUCTION) if status in ("in_library", "withdrawn") else status
    project_type = "area_package" if len(group) > 1 else group[0]["planned_type"]
    row = _row(rng, entities, group, f"{number:04d}", project_type, construction)
    row["project_code"] = f"2401-{region_of(district)}-04-01-9{number:05d}" if row["maturity"] != "proposed" else None
    if status == "withdrawn":
        row |= {"left_on": AS_OF.isoformat(), "leave_reason": "业主不再改造"}
    for field in _UNKNOWABLE:
        if chance(rng, 4):
            row[field] = None
    return row | {"simulated": ["*"]}


def _real(rng: Random, entities: list[Applicant], resource: Row, project: Row) -> Row:
    """Return a row about a real project; facts that were not published are drawn and named in ``simulated``."""
    mark, area = f"REAL{project['no']:02d}", project["renovated_area_m2"]
    row = _row(rng, entities, [resource], mark, project["project_type"], project["construction_status"], area)
    facts = {"project_name": project["name"], "source": project["source_stated"], "source_urls": project["source_urls"]}
    row |= facts | dict.fromkeys(_NOT_DOUBTED, True) | {"other_municipal_funds": False}
    simulated = invented_fields(row, {*facts, "district", "components"})
    for index, component in enumerate(row["components"]):
        stated = {"renovated_area_m2"} if area and index == 0 else set()
        simulated += [f"components.{index}.{field}" for field in invented_fields(component, stated)]
    return row | {"simulated": simulated}


def _row(
    rng: Random,
    entities: list[Applicant],
    group: list[Row],
    mark: str,
    project_type: str,
    construction: str,
    area: str | None = None,
) -> Row:
    district = group[0]["district"]
    components = [_component(rng, resource, area) for resource in group]
    if project_type == "area_package":
        components.append(_infrastructure(rng))
    entity = pick(rng, entities)
    row = {
        "external_id": f"{district}-P-{mark}",
        "district": district,
        "quarter": quarter_of(AS_OF),
        "source": "模拟数据",
        "source_urls": [],
        "library_no": f"储备-{district}-{mark}",
        "project_name": f"{group[0]['name']}{'等片区统筹' if len(group) > 1 else ''}改造项目",
        "project_code": None,
        "project_type": project_type,
        "resource_external_ids": [resource["external_id"] for resource in group],
        "entity_name": entity["name"],
        "entity_uscc": entity["uscc"],
        "components": components,
    }
    investment = sum(in_hundredths(component["fixed_investment_yuan"]) for component in components)
    return row | programme(rng, district, investment, construction) | conditions(rng, project_type)


def _component(rng: Random, resource: Row, stated_area: str | None) -> Row:
    building = resource["kind"] in BUILDINGS
    drawn = _renovated_area(rng, in_hundredths(resource["gross_floor_area_m2"]), 2_000_000 if building else 300_000)
    area = in_hundredths(stated_area) if stated_area else drawn
    yuan_per_m2 = whole(rng, 2_500, 11_000) if building else whole(rng, 2_000, 8_000)
    return {
        "kind": "building" if building else "factory",
        "resource_external_id": resource["external_id"],
        "stock_use": resource["kind"],
        "renovated_area_m2": hundredths(area),
        "fixed_investment_yuan": hundredths(area * yuan_per_m2),
        "planned_occupancy": hundredths(weighted(rng, _OCCUPANCIES)),
    }


def _renovated_area(rng: Random, floor_area: int, line: int) -> int:
    """Return most of the building's area; sometimes the policy's threshold, or 0.01 m² above it."""
    if floor_area > line and chance(rng, 4):
        return line + whole(rng, 0, _JUST_OVER)
    return floor_area * whole(rng, 55, 100) // 100


def _infrastructure(rng: Random) -> Row:
    return {
        "kind": "infrastructure",
        "resource_external_id": None,
        "stock_use": None,
        "renovated_area_m2": None,
        "fixed_investment_yuan": hundredths(whole(rng, 3_000_000, 80_000_000) * 100),
        "planned_occupancy": None,
    }
