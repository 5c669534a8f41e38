"""Codes of changes of an approval, of orders to correct, and of fines and interest, each with its label. Pure."""

from collections.abc import Mapping
from typing import Final, Literal

CorrectionStatus = Literal["ordered", "proved", "corrected", "uncorrected", "withdrawn"]
CORRECTION_STATUSES: Final[dict[str, str]] = {
    "ordered": "已责令改正",
    "proved": "已报送改正情况",
    "corrected": "已改正",
    "uncorrected": "未改正",
    "withdrawn": "已撤回",
}

PenaltyKind = Literal["fine", "interest"]
PENALTY_KINDS: Final[dict[str, str]] = {"fine": "罚款", "interest": "追回资金的利息"}

ChangeKind = Literal["content", "entity", "site", "schedule", "mode"]
CHANGE_KINDS: Final[dict[str, str]] = {
    "content": "建设内容和规模",
    "entity": "项目单位",
    "site": "建设地点",
    "schedule": "建设工期",
    "mode": "支持方式",
}
"""Kinds of a change of an approval; one of the support mode is refused. 二（四）"""
CHANGEABLE_KINDS: Final = ("content", "entity", "site", "schedule")
ChangeStatus = Literal["requested", "checked", "reviewed", "returned", "withdrawn", "approved", "refused"]
CHANGE_STATUSES: Final[dict[str, str]] = {
    "requested": "待区级核查",
    "checked": "待市级审核",
    "reviewed": "待市级决定",
    "returned": "已退回，待申请单位修改",
    "withdrawn": "已撤回",
    "approved": "已批准",
    "refused": "不予批准",
}
OPEN_CHANGES: Final = ("requested", "checked", "reviewed", "returned")
"""Statuses of a change that is not decided."""

CHANGE_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "correction_status": CORRECTION_STATUSES,
    "penalty_kind": PENALTY_KINDS,
    "change_kind": CHANGE_KINDS,
    "change_status": CHANGE_STATUSES,
}
