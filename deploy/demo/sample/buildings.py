"""Invented buildings and plants: location, owner, size, use and judgement."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any, Final

from deploy.demo.sample.draws import chance, day_between, hundredths, in_hundredths, pick, weighted, whole
from deploy.demo.sample.entities import Applicant
from shared.districts import DISTRICTS

AS_OF: Final = date(2024, 3, 31)
"""The last day of the quarter the sample describes."""

BUILDINGS: Final = ("office_building", "commercial_facility")
_CENTRES: Final = {
    "110101": (116_416, 39_928), "110102": (116_366, 39_912), "110105": (116_487, 39_948), "110106": (116_287, 39_858),
    "110107": (116_223, 39_906), "110108": (116_298, 39_960), "110109": (116_102, 39_940), "110111": (116_143, 39_748),
    "110112": (116_657, 39_910), "110113": (116_654, 40_130), "110114": (116_231, 40_221), "110115": (116_341, 39_727),
    "110116": (116_632, 40_316), "110117": (117_121, 40_141), "110118": (116_843, 40_377), "110119": (115_975, 40_457),
    "BDA": (116_507, 39_795),
}  # fmt: skip
USES: Final = {
    "office_building": ("普通办公", "零散办公", "空置待租"),
    "commercial_facility": ("服装批发", "小商品零售", "餐饮零售", "空置待租"),
    "industrial_plant": ("机械加工", "印刷包装", "家具制造", "停产闲置"),
    "warehouse": ("普通仓储", "建材堆放", "停用闲置"),
    "industrial_heritage": ("停产闲置", "临时展览", "零散出租"),
}
_CAUSES: Final = ("relocation", "industry_transition", "function_adjustment", "positioning_mismatch")
_TITLES: Final = (("ownership_certificate", 84), ("land_certificate_only", 10), ("unregistered", 6))
_TEN_YEARS: Final = (date(2014, 3, 31), date(2014, 4, 1))
"""Ten years old on the day of the sample, and a day short of it."""
_LOW_TAX: Final = (19_999, 20_000)
"""Fen per square metre and year: a fen under the line of 二（一）1, and on it."""

Row = dict[str, Any]


def place(rng: Random, district: str) -> Row:
    longitude, latitude = _CENTRES[district]
    return {
        "street": f"示例街道{whole(rng, 1, 12)}",
        "address": f"示例路{whole(rng, 1, 399)}号",
        "longitude_deg": _degrees(longitude * 1000 + whole(rng, -30_000, 30_000)),
        "latitude_deg": _degrees(latitude * 1000 + whole(rng, -22_000, 22_000)),
    }


def _degrees(millionths: int) -> str:
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06d}"


def parties(rng: Random, owners: list[Applicant], mark: str) -> Row:
    owner, operator = pick(rng, owners), pick(rng, owners)
    collective = owner["kind"] == "village_collective"
    title = "collective" if collective else weighted(rng, _TITLES)
    return {
        "owner_name": owner["name"],
        "owner_uscc": owner["uscc"],
        "operator_name": operator["name"],
        "operator_uscc": operator["uscc"],
        "title_kind": title,
        "title_certificate_no": None if title == "unregistered" else f"示例证字第{mark}号",
        "title_disputed": chance(rng, 4),
        "land_use": "集体建设用地" if collective else pick(rng, ("工业用地", "商业用地", "仓储用地", "综合用地")),
    }


def structure(rng: Random, kind: str, area: int) -> Row:
    building = kind in BUILDINGS
    first, last = (date(1986, 1, 1), date(2018, 12, 31)) if building else (date(1953, 1, 1), date(2012, 12, 31))
    completed = pick(rng, _TEN_YEARS) if chance(rng, 3) else day_between(rng, first, last)
    year_only = chance(rng, 30)
    return {
        "land_area_m2": hundredths(area * whole(rng, 40, 150) // 100),
        "completed_on": None if year_only else completed.isoformat(),
        "completed_year": completed.year,
        "completion_proof": "archive" if year_only else pick(rng, ("completion_acceptance", "title_certificate")),
        "storeys_above": whole(rng, 4, 26) if building else whole(rng, 1, 5),
        "storeys_below": whole(rng, 1, 3) if building else 0,
        "gross_floor_area_m2": hundredths(area),
    }


def operation(rng: Random, kind: str, area: int) -> Row:
    leasable = area * whole(rng, 62, 92) // 100
    let = 0 if chance(rng, 25) else whole(rng, 5, 96)
    usual = whole(rng, 0, 4_000) if let == 0 else whole(rng, 2_000, 120_000)
    tax = area * (pick(rng, _LOW_TAX) if chance(rng, 3) else usual) // 100
    return {
        "leasable_area_m2": hundredths(leasable),
        "vacant_area_m2": hundredths(leasable - leasable * let // 100),
        "occupancy": hundredths(let),
        "tax_year": AS_OF.year - 1,
        "annual_district_tax_yuan": hundredths(tax),
        "annual_total_tax_yuan": hundredths(tax * whole(rng, 20, 40) // 10),
        "current_business": "空置" if let == 0 else pick(rng, USES[kind][:2]),
        "annual_energy_use_tce": hundredths(area * whole(rng, 2, 34) // 1000),
    }


def standing(rng: Random, row: Row, status: str) -> Row:
    building = row["kind"] in BUILDINGS
    ended = None if building else chance(rng, 86)
    certified = status not in ("stock", "planned") or chance(rng, 60)
    return {
        "inefficiency_grounds": _grounds(rng, row) if building and certified else [],
        "production_ended": ended,
        "end_cause": pick(rng, _CAUSES) if ended else None,
        "criterion_version": "示例标准2023" if certified else None,
        "certified_by": DISTRICTS[row["district"]].reviewing_office if certified else None,
        "certified_on": day_between(rng, date(2023, 10, 9), date(2024, 3, 15)).isoformat() if certified else None,
        "heritage_status": "industrial_heritage" if row["kind"] == "industrial_heritage" else "none",
        "safety_grade": weighted(rng, (("A", 30), ("B", 50), ("C", 17), ("D", 3))),
        "willing_to_renovate": chance(rng, 70) or status not in ("stock", "planned"),
        "planned_type": ("inefficient_building" if building else "old_factory") if status != "stock" else None,
        "status": status,
        "change_reason": {"withdrawn": "业主不再改造", "completed": "改造完工"}.get(status),
    }


def _grounds(rng: Random, row: Row) -> list[str]:
    occupancy, area = in_hundredths(row["occupancy"]), in_hundredths(row["gross_floor_area_m2"])
    tests = (
        ("wholly_vacant", occupancy == 0),
        ("low_occupancy", 0 < occupancy < 50),
        ("low_district_tax", in_hundredths(row["annual_district_tax_yuan"]) * 100 < area * 20_000),
        ("function_mismatch", chance(rng, 22)),
    )
    return [ground for ground, holds in tests if holds]
