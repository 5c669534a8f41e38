"""Upsert rules of register rows: change detection by fingerprint, and refusals (四（一）2)."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from shared.contracts.library import LibraryRow, ResourceRow

# "84000", "84000.0" and "84000.00" are the same area; the suffixes select fields that hold numbers as text.
_TRAILING_ZEROS: Final = re.compile(rb'(?<=":")([0-9]+)(?:\.0+|(\.[0-9]*?[1-9])0+)(?=")')
_NUMBER_FIELDS: Final = (b"_m2", b"_tce", b"_yuan", b"_ratio", b"_share", b"_deg", b"occupancy")
_LONGEST_SUFFIX: Final = max(map(len, _NUMBER_FIELDS))
NOT_FACTS: Final = {"quarter", "change_reason"}
"""Fields of a row that are not facts: confirming the same facts for a new quarter changes none of them."""
ROW_STATUS_LABELS: Final[dict[str, str]] = {
    "created": "新增",
    "updated": "更新",
    "unchanged": "无变动",
    "refused": "未记录",
}
MODE_LABELS: Final[dict[str, str]] = {"atomic": "全部成功或全部不记录", "partial": "逐行处理"}
REGISTER_LABELS: Final[dict[str, str]] = {"resources": "资源台账", "library_entries": "储备库"}


@dataclass(frozen=True, slots=True)
class RecordedState:
    """Version, quarter and fingerprint of a recorded row."""

    version: int
    quarter: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refusal of one row. `field` is the field at fault, None for the whole row."""

    code: str
    detail: str
    field: str | None = None
    status: int = 422


def fingerprint(row: ResourceRow | LibraryRow) -> bytes:
    """Return the SHA-256 of the facts of a row; numbers that differ only in trailing zeros give the same hash."""
    facts = row.model_dump_json(exclude=NOT_FACTS, exclude_none=True)
    return hashlib.sha256(_TRAILING_ZEROS.sub(_without_zeros, facts.encode())).digest()


def _without_zeros(number: re.Match[bytes]) -> bytes:
    name_ends = number.start() - len(b'":"')
    name = number.string[max(0, name_ends - _LONGEST_SUFFIX) : name_ends]
    return number[1] + (number[2] or b"") if name.endswith(_NUMBER_FIELDS) else number[0]


def is_unchanged(recorded: RecordedState, quarter: str, sha256: bytes) -> bool:
    """Return True for a repeated row, or for an older quarter with the same facts: nothing is recorded or announced."""
    return recorded.sha256 == sha256 and quarter <= recorded.quarter


def missing_reason(recorded: RecordedState, sha256: bytes, reason: str | None, field: str | None) -> Refusal | None:
    """Return the refusal of changed facts without a reason, or None; unchanged facts need no reason."""
    if recorded.sha256 == sha256 or reason:
        return None
    where = "（填写本行的 change_reason）" if field else "（填写批次的 change_reason）"
    return Refusal("change_reason_missing", f"变更已有记录须写明变动原因{where}", field)


def quarter_closed(quarter: str) -> Refusal:
    """Return the refusal of a change in a certified quarter."""
    detail = f"{quarter} 已审定报送；如需更正，请由市发展改革委重新开启，或以下一季度报送"
    return Refusal("quarter_closed", detail, "quarter", 409)


def older_quarter(quarter: str, recorded: str) -> Refusal:
    """Return the refusal of other facts of an earlier quarter than the recorded one: the later quarter stands."""
    detail = (
        f"该记录已有 {recorded} 的情况，{quarter} 的内容不能覆盖；"
        f"更正请以 {recorded} 或本季度报送并写明变动原因，{quarter} 已审定的请市发展改革委重新开启"
    )
    return Refusal("older_quarter", detail, "quarter", 409)


def future_quarter(quarter: str, current: str) -> Refusal:
    """Return the refusal of a quarter that has not begun; `current` is the latest allowed quarter."""
    return Refusal("future_quarter", f"{quarter} 尚未开始，最晚填 {current}", "quarter")


def future_code(code: str) -> Refusal:
    """Return the refusal of a project code whose month or year has not begun."""
    return Refusal("project_code_future", f"项目代码 {code} 的赋码年月尚未到来，请按平台赋码填写", "project_code")


def other_district(districts: Collection[str]) -> Refusal:
    """Return the refusal of a row of a district that the caller does not report for."""
    detail = f"不得报送其他区的数据，可报送的区代码：{'、'.join(sorted(districts))}"
    return Refusal("other_district", detail, "district", 403)


def repeated_row(external_id: str) -> Refusal:
    """Return the refusal of a row whose key occurs more than once in the batch."""
    return Refusal("repeated_in_batch", f"同一批次中 {external_id} 出现多次，请只保留一行", "external_id")


def repeated_keys(keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the keys that occur more than once, where no row can be preferred."""
    return {key for key, times in Counter(keys).items() if times > 1}


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any], model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the fields that a new version of a row changed, each with its Chinese title."""
    return [
        {"field": name, "title": field.title or name, "before": before.get(name), "after": after.get(name)}
        for name, field in model.model_fields.items()
        if name not in NOT_FACTS and before.get(name) != after.get(name)
    ]
