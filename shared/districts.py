"""The 17 reporting units: Beijing's 16 districts and the economic-technological development area.

Codes are those of GB/T 2260. The development area (经开区) has none, so its code here is `BDA`. By the notice it has
the duties of a district: its economic development bureau receives declarations, its management committee gives the
opinion (三（一）).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

BDA: Final = "BDA"
"""Code of the development area."""
CITY: Final = "110000"
"""Code of the city, for events and reports that belong to no district."""


@dataclass(frozen=True, slots=True)
class District:
    """A reporting unit; `reviewing_office` makes the first review, `opinion_body` gives the opinion (三（一）)."""

    code: str
    name: str
    reviewing_office: str
    opinion_body: str


class UnknownDistrict(ValueError):
    """No reporting unit of Beijing has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"没有代码为“{code}”的区。可用代码：{'、'.join(DISTRICTS)}")
        self.code = code


def _district(code: str, name: str) -> District:
    return District(code, name, f"{name}发展和改革委员会", f"{name}人民政府")


_ALL: Final = (
    _district("110101", "东城区"),
    _district("110102", "西城区"),
    _district("110105", "朝阳区"),
    _district("110106", "丰台区"),
    _district("110107", "石景山区"),
    _district("110108", "海淀区"),
    _district("110109", "门头沟区"),
    _district("110111", "房山区"),
    _district("110112", "通州区"),
    _district("110113", "顺义区"),
    _district("110114", "昌平区"),
    _district("110115", "大兴区"),
    _district("110116", "怀柔区"),
    _district("110117", "平谷区"),
    _district("110118", "密云区"),
    _district("110119", "延庆区"),
    District(BDA, "北京经济技术开发区", "北京经济技术开发区经济发展局", "北京经济技术开发区管理委员会"),
)

DISTRICTS: Final[Mapping[str, District]] = MappingProxyType({unit.code: unit for unit in _ALL})
"""Reporting units by code, in the order of GB/T 2260, the development area last."""


def district(code: str) -> District:
    """Return the unit with a code. Raises UnknownDistrict, whose message lists the known codes."""
    try:
        return DISTRICTS[code]
    except KeyError:
        raise UnknownDistrict(code) from None
