"""Invented applicants. Every name begins with 示例, and no registrar has issued their organisation codes."""

from __future__ import annotations

from random import Random
from typing import Final, TypedDict

from deploy.demo.sample.draws import chance, pick
from shared.districts import DISTRICTS
from shared.identifiers import organisation_check_character, uscc_check_character

RESOURCES: Final = {
    "110101": 90,
    "110102": 90,
    "110105": 190,
    "110106": 140,
    "110107": 80,
    "110108": 180,
    "110109": 45,
    "110111": 75,
    "110112": 110,
    "110113": 90,
    "110114": 95,
    "110115": 100,
    "110116": 50,
    "110117": 40,
    "110118": 40,
    "110119": 30,
    "BDA": 90,
}
"""Rows of the resource ledger per district: 1,535 in all."""

CORE: Final = frozenset({"110101", "110102", "110105", "110106", "110107", "110108"})
"""Districts where office and commercial buildings outnumber plants."""

_BDA_REGION: Final = "110302"
_WORDS: Final = ("甲木", "乙禾", "丙川", "丁石", "戊田", "己林", "庚泉", "辛原", "壬岭", "癸湖")
_TRADES: Final = ("产业运营", "园区发展", "商业管理", "城市更新", "置业", "实业", "科技园", "资产管理")


class Applicant(TypedDict):
    """Fictional legal person; ``kind`` is company or village_collective."""

    uscc: str
    name: str
    kind: str
    district: str
    simulated: list[str]


def make_uscc(prefix: str, body: str) -> str:
    """Return a credit code from its first 8 characters and an 8-character organisation code, with both check digits."""
    first_17 = prefix + body + organisation_check_character(body)
    return first_17 + uscc_check_character(first_17)


def region_of(district: str) -> str:
    """Return the six digits of a district in credit and project codes."""
    return _BDA_REGION if district == "BDA" else district


def applicants_of(seed: int, district: str) -> list[Applicant]:
    """Return a district's fictional applicants: one for about eight resources, village collectives outside the core."""
    rng = Random(f"{seed}/{district}/applicants")
    return [_applicant(rng, district, number) for number in range(1, RESOURCES[district] // 8 + 3)]


def _applicant(rng: Random, district: str, number: int) -> Applicant:
    village = chance(rng, 5 if district in CORE else 25)
    # XN (虚拟): codes that are issued begin with a digit or with M.
    code = f"XN{list(DISTRICTS).index(district):02d}{number:04d}"
    area, word = DISTRICTS[district].name, pick(rng, _WORDS)
    return {
        "uscc": make_uscc(("N2" if village else "91") + region_of(district), code),
        "name": f"示例{area}{word}村第{number}股份经济合作社"
        if village
        else f"示例{area}{word}{number}号{pick(rng, _TRADES)}有限公司",
        "kind": "village_collective" if village else "company",
        "district": district,
        "simulated": ["*"],
    }
