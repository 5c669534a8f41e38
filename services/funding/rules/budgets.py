"""Kinds of budget documents and what each must state. Pure. 三（二）"""

from collections.abc import Collection, Iterator
from typing import Final, Literal

BudgetKind = Literal["appropriation", "cut", "transfer", "freeze", "unfreeze", "reversal", "carry_over"]
BUDGET_KINDS: Final[dict[str, str]] = {
    "appropriation": "安排或追加",
    "cut": "调减",
    "transfer": "跨年度调剂",
    "freeze": "冻结",
    "unfreeze": "解冻",
    "reversal": "冲正",
    "carry_over": "年终结转",
}

STATED: Final[dict[str, tuple[str, ...]]] = {
    "appropriation": ("amount_yuan",),
    "cut": ("amount_yuan", "note", "attachments"),
    "transfer": ("amount_yuan", "to_year", "note", "attachments"),
    "freeze": ("amount_yuan", "note", "attachments"),
    "unfreeze": ("amount_yuan", "note", "attachments"),
    "reversal": ("reverses", "note", "attachments"),
    "carry_over": ("to_year", "note", "attachments"),
}
"""Fields that a document of each kind states beside year and number."""

OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "appropriation": ("note", "attachments"),
    "carry_over": ("application_ids",),
}
"""Fields that a document of a kind may state."""

FIELDS: Final[dict[str, str]] = {
    "amount_yuan": "金额",
    "to_year": "转入年度",
    "reverses": "冲正的预算登记编号",
    "application_ids": "结转的项目",
    "note": "理由（说明）",
    "attachments": "附件（文件扫描件，先用 POST /v1/attachments 上传）",
}


def contradictions(kind: str, given: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each field that a document of a kind lacks or must not state, with what to do."""
    label = BUDGET_KINDS[kind]
    for field, name in FIELDS.items():
        if field in STATED[kind] and field not in given:
            yield field, f"{label}须填写{name}"
        if field in given and field not in STATED[kind] and field not in OPTIONAL.get(kind, ()):
            yield field, f"{label}不填{name}，请删去此项或改选业务类型"
