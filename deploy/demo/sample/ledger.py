"""Rows of the resource ledger: invented buildings and plants, and real ones with their published facts."""

from __future__ import annotations

from random import Random
from typing import Final

from deploy.demo.sample import real
from deploy.demo.sample.buildings import AS_OF, BUILDINGS, USES, Row, operation, parties, place, standing, structure
from deploy.demo.sample.draws import chance, in_hundredths, pick, weighted, whole
from deploy.demo.sample.entities import CORE, RESOURCES, Applicant, applicants_of
from shared.deadlines import quarter_of
from shared.districts import DISTRICTS

_CORE_KINDS: Final = (
    ("office_building", 45),
    ("commercial_facility", 30),
    ("industrial_plant", 13),
    ("warehouse", 7),
    ("industrial_heritage", 5),
)
_OUTER_KINDS: Final = (
    ("office_building", 16),
    ("commercial_facility", 16),
    ("industrial_plant", 46),
    ("warehouse", 18),
    ("industrial_heritage", 4),
)
_STATUSES: Final = (
    ("stock", 43),
    ("planned", 21),
    ("in_library", 20),
    ("under_construction", 11),
    ("completed", 3),
    ("withdrawn", 2),
)
_FLOOR_AREAS: Final = (((600_000, 2_000_000), 35), ((2_000_000, 5_000_000), 42), ((5_000_000, 12_000_000), 23))
_PLANT_AREAS: Final = (
    ((100_000, 300_000), 22),
    ((300_000, 1_500_000), 46),
    ((1_500_000, 8_000_000), 28),
    ((8_000_000, 20_000_000), 4),
)
_NAMES: Final = {
    "office_building": "商务楼", "commercial_facility": "商场", "industrial_plant": "厂房", "warehouse": "仓库",
    "industrial_heritage": "老厂区",
}  # fmt: skip
_PUBLISHED: Final = ("name", "former_use", "gross_floor_area_m2", "land_area_m2")
_NOT_OURS_TO_SAY: Final = ("title_disputed", "safety_grade", "heritage_status")
"""Left unknown for a real building: an invented value could be read as a finding about it."""
_UNKNOWABLE: Final = (
    "operator_name", "operator_uscc", "title_disputed", "annual_district_tax_yuan", "annual_total_tax_yuan",
    "occupancy", "vacant_area_m2", "annual_energy_use_tce", "safety_grade", "heritage_status", "willing_to_renovate",
    "completion_proof",
)  # fmt: skip


def resource_rows(seed: int, district: str) -> list[Row]:
    """Return the resource ledger of a district: the real projects' buildings, then invented ones up to its number."""
    rng = Random(f"{seed}/{district}/resources")
    owners = applicants_of(seed, district)
    known = [_real(rng, owners, project) for project in real.projects_of(district)]
    return known + [_invented(rng, owners, number) for number in range(1, RESOURCES[district] - len(known) + 1)]


def _invented(rng: Random, owners: list[Applicant], number: int) -> Row:
    district = owners[0]["district"]
    kind = weighted(rng, _CORE_KINDS if district in CORE else _OUTER_KINDS)
    row = _row(rng, owners, f"{number:04d}", kind, _floor_area(rng, kind), weighted(rng, _STATUSES))
    for field in _UNKNOWABLE:
        if chance(rng, 4):
            row[field] = None
    return row | {"simulated": ["*"]}


def _real(rng: Random, owners: list[Applicant], project: Row) -> Row:
    """Return a row about a real building; facts that were not published are drawn and named in ``simulated``."""
    stated = project["gross_floor_area_m2"]
    least = in_hundredths(project["renovated_area_m2"] or "0")
    area = in_hundredths(stated) if stated else max(_floor_area(rng, project["kind"]), least)
    status = "in_library" if project["construction_status"] == "ready_to_start" else project["construction_status"]
    row = _row(rng, owners, f"REAL{project['no']:02d}", project["kind"], area, status)
    facts = {field: project[field] for field in _PUBLISHED if project[field]}
    facts |= {"source": project["source_stated"], "source_urls": project["source_urls"]}
    if project["occupancy"]:
        facts |= {"occupancy": project["occupancy"], "vacant_area_m2": None, "inefficiency_grounds": []}
    row |= facts
    row |= dict.fromkeys(_NOT_OURS_TO_SAY)
    row["former_use"] = project["former_use"]
    return row | {"simulated": invented_fields(row, {*facts, "district"})}


def invented_fields(row: Row, facts: set[str]) -> list[str]:
    """Return the fields of a row that have a value and were not published, in order."""
    return [field for field, value in row.items() if field not in facts and value not in (None, [], "")]


def _floor_area(rng: Random, kind: str) -> int:
    low, high = weighted(rng, _FLOOR_AREAS if kind in BUILDINGS else _PLANT_AREAS)
    return whole(rng, low, high)


def _row(rng: Random, owners: list[Applicant], mark: str, kind: str, area: int, status: str) -> Row:
    district = owners[0]["district"]
    row = {
        "external_id": f"{district}-R-{mark}",
        "district": district,
        "quarter": quarter_of(AS_OF),
        "source": "模拟数据",
        "source_urls": [],
        "ledger_no": f"台账-{district}-{mark}",
        "name": f"示例{DISTRICTS[district].name}{mark}号{_NAMES[kind]}",
        "kind": kind,
        "former_use": pick(rng, USES[kind]),
    }
    row |= place(rng, district) | parties(rng, owners, mark) | structure(rng, kind, area)
    row |= operation(rng, kind, area)
    return row | standing(rng, row, status)
