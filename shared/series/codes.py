"""Codes of the dated figures with their Chinese labels; every service serves them."""

from collections.abc import Mapping
from typing import Final, Literal

from shared.series.kinds import KINDS

KindCode = Literal[
    "lpr",
    "parameter",
    "industry",
    "factor",
    "interpretation",
    "calendar",
    "edition",
    "industry_class",
    "industry_restriction",
]
Status = Literal["proposed", "confirmed", "returned", "withdrawn"]
Origin = Literal["package", "entered", "imported"]
ChangeCode = Literal["new", "corrected", "struck", "same"]

CODE_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "figure_kind": {code: kind.label for code, kind in KINDS.items()},
    "figure_batch_status": {
        "proposed": "待确认",
        "confirmed": "已确认",
        "returned": "已退回",
        "withdrawn": "已撤回",
    },
    "figure_origin": {"package": "随软件发布", "entered": "逐项登记", "imported": "文件导入"},
    "figure_change": {"new": "新增", "corrected": "更正", "struck": "撤销", "same": "无变化"},
}
"""Code lists of the dated figures by name."""
