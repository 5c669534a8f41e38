"""Codes of answers about interest, payments and totals, with their Chinese labels. Pure."""

from collections.abc import Mapping
from typing import Final

DUE_KINDS: Final[dict[str, str]] = {
    "claim": "计入本次申请",
    "nothing": "无差额",
    "offset": "在以后的申请中抵扣",
    "clawback": "提请追回",
}
END_DAYS: Final[dict[str, str]] = {"included": "算头又算尾", "excluded": "算头不算尾"}
ORDER_FORMATS: Final[dict[str, str]] = {"csv": "CSV 文件", "xlsx": "电子表格"}
RECEIPT_VERDICTS: Final[dict[str, str]] = {
    "matched": "已勾对",
    "open": "已登记、有差异待处理",
    "unchanged": "此前已登记",
}
MONTH_ITEM_KINDS: Final[dict[str, str]] = {
    "release": "未开具支付申请的拨付",
    "line": "国库未答复的明细",
    "receipt": "未勾对的回单",
}
TOTAL_DIMENSIONS: Final[dict[str, str]] = {
    "district": "所在区",
    "type": "项目类型",
    "mode": "支持方式",
    "year": "年度",
}
SIGNATURE_KINDS: Final[dict[str, str]] = {"approve": "签署", "countersign": "加签"}

ANSWER_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "receipt_verdict": RECEIPT_VERDICTS,
    "payment_order_format": ORDER_FORMATS,
    "month_item_kind": MONTH_ITEM_KINDS,
    "total_dimension": TOTAL_DIMENSIONS,
    "interest_due_kind": DUE_KINDS,
    "interest_end_day": END_DAYS,
    "signature_kind": SIGNATURE_KINDS,
}
