"""Whether a row that a district sends says something new, and whether it may be taken as it is (四（一）2)."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from shared.contracts.library import LibraryRow, ResourceRow

# "84000", "84000.0" and "84000.00" are one area; only fields that hold numbers as text are touched.
_NUMBER: Final = re.compile(
    rb'((?:_m2|_tce|_yuan|_ratio|_share|_deg|occupancy)":"[0-9]+)(?:\.0+|(\.[0-9]*?[1-9])0+)(?=")'
)
UNSAID: Final = {"quarter", "change_reason"}
"""What a row carries besides the facts: confirming the same facts for a new quarter changes none of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A row as it is recorded now."""

    version: int
    quarter: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one row was not taken. `field` is the field to blame, None for the row as a whole."""

    code: str
    detail: str
    field: str | None = None
    status: int = 422


def fingerprint(row: ResourceRow | LibraryRow) -> bytes:
    """SHA-256 of the facts of a row: equal for rows that say the same, however their numbers are written."""
    said = row.model_dump_json(exclude=UNSAID, exclude_none=True)
    return hashlib.sha256(_NUMBER.sub(rb"\1\2", said.encode())).digest()


def same(standing: Standing, quarter: str, sha256: bytes) -> bool:
    """A row sent again, or an old file with facts that still hold: nothing to record and nothing to announce."""
    return standing.sha256 == sha256 and quarter <= standing.quarter


def unexplained(standing: Standing, sha256: bytes, reason: str | None, field: str | None) -> Refusal | None:
    """A change of facts says why; confirming them for a new quarter needs no reason."""
    if standing.sha256 == sha256 or reason:
        return None
    where = "" if field else "（写在批次的 change_reason）"
    return Refusal("change_reason_missing", f"变更已有记录须写明变动原因{where}", field)


def closed(quarter: str) -> Refusal:
    return Refusal("quarter_closed", f"{quarter} 已审定报送，如需更正请由市发展改革委重新开启", "quarter", 409)


def future(quarter: str) -> Refusal:
    return Refusal("future_quarter", f"{quarter} 尚未开始", "quarter")


def of_another_district() -> Refusal:
    return Refusal("other_district", "不得报送其他区的数据", "district", 403)


def repetition(external_id: str) -> Refusal:
    return Refusal("repeated_in_batch", f"同一批次中 {external_id} 出现多次", "external_id")


def repeated(keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Keys that occur more than once: nobody can tell which of the rows is meant."""
    return {key for key, times in Counter(keys).items() if times > 1}


def changes(before: Mapping[str, Any], after: Mapping[str, Any], model: type[BaseModel]) -> list[dict[str, Any]]:
    """What a new version of a row changed, field by field, with the Chinese heading of each."""
    return [
        {"field": name, "title": field.title or name, "before": before.get(name), "after": after.get(name)}
        for name, field in model.model_fields.items()
        if name not in UNSAID and before.get(name) != after.get(name)
    ]
