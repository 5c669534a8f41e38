"""The kinds of dated figures, with their labels and the columns of their CSV files."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figures: its code and label, what a key names, and the columns of its own CSV form, if it has one."""

    code: str
    label: str
    key_label: str
    columns: tuple[str, ...] = ()
    removable: bool = False
    """True if the only figure of a key may be struck."""
    sourced: bool = False
    """True if a batch needs its document with number, day and file."""


COMMON_COLUMNS: Final = ("key", "valid_from", "value", "unverified", "struck", "source", "ref", "quote", "note")
"""Columns of the CSV form of every kind; key, valid_from and value are required."""
_ALL = (
    Kind("lpr", "贷款市场报价利率（LPR）", "期限", ("publish_date", "lpr_1y_pct", "lpr_5y_pct", "verification"), True),
    Kind("parameter", "政策参数", "参数"),
    Kind("industry", "支持产业门类", "门类表"),
    Kind("factor", "能耗和碳排放因子", "因子"),
    Kind("interpretation", "口径", "口径"),
    Kind("calendar", "节假日和调休", "年份", ("day", "rest"), True),
    Kind("edition", "通知版本", "版本"),
    Kind("industry_class", "行业与支持产业门类对照表", "行业代码", ("code", "valid_from", "fields"), True, True),
    Kind(
        "industry_restriction",
        "新增产业的禁止和限制目录",
        "行业代码",
        ("code", "valid_from", "level", "districts", "text"),
        True,
        True,
    ),
)
KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.code: kind for kind in _ALL})
VALUES: Final = ("parameter", "industry", "factor")
"""Kinds whose figures are the values of parameters."""
