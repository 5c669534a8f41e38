"""Kinds of works of the notice (二（一）), and what other programmes pay besides."""

from typing import Final, Literal

WorksKind = Literal[
    "structure",
    "green_retrofit",
    "digital_infrastructure",
    "fit_out",
    "area_infrastructure",
    "equipment",
    "operation",
]
WORKS: Final[dict[str, str]] = {
    "structure": "结构加固",
    "green_retrofit": "绿色低碳改造",
    "digital_infrastructure": "数字基础设施",
    "fit_out": "内外部装修",
    "area_infrastructure": "片区基础设施",
    "equipment": "设备购置",
    "operation": "运营",
}
"""Chinese names of the kinds. Equipment and operation are no works of the notice."""
