"""What is wrong or doubtful in a district's ledger and library before a quarter is reported (四（一）2)."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from shared.deadlines import quarter_end

Row = Mapping[str, Any]
Severity = Literal["error", "warning"]
SHOWN: Final = 200
"""How many rows a finding lists; `count` counts all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of some rows. Errors block the report, warnings are read and answered for."""

    code: str
    severity: Severity
    subject: Literal["quarter", "resource", "library_entry"]
    message: str
    count: int
    external_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """A district's rows as of a quarter, with what a check needs to look up."""

    quarter: str
    resources: Sequence[Row]
    entries: Sequence[Row]

    @property
    def in_library(self) -> list[Row]:
        return [entry for entry in self.entries if not entry["left_on"]]


def findings(books: Books, today: date) -> list[Finding]:
    """Every fault there is, errors first; nothing is left out because something else is wrong."""
    found = [_finding(*check, [row["external_id"] for row in check[4](books)]) for check in _CHECKS]
    if today <= quarter_end(books.quarter):
        found.append(Finding("quarter_not_over", "error", "quarter", "本季度尚未结束，不能审定报送", 1, ()))
    if not books.resources:
        found.append(Finding("empty_ledger", "warning", "quarter", "资源台账没有记录，请确认确无资源", 1, ()))
    return sorted((each for each in found if each.count), key=lambda each: each.severity != "error")


def _finding(
    code: str, severity: Severity, subject: Literal["resource", "library_entry"], message: str, _: Any, ids: list[str]
) -> Finding:
    return Finding(code, severity, subject, message, len(ids), tuple(sorted(ids)[:SHOWN]))


def _uncertified(books: Books) -> Iterable[Row]:
    proof = ("criterion_version", "certified_by", "certified_on")
    return (row for row in books.resources if row["inefficiency_grounds"] and not all(row[name] for name in proof))


def _without_resource(books: Books) -> Iterable[Row]:
    known = {row["external_id"] for row in books.resources}
    return (entry for entry in books.in_library if not known.issuperset(entry["resource_external_ids"]))


def _of_withdrawn_resource(books: Books) -> Iterable[Row]:
    gone = {row["external_id"] for row in books.resources if row["status"] == "withdrawn"}
    return (entry for entry in books.in_library if not gone.isdisjoint(entry["resource_external_ids"]))


def _unsigned(books: Books) -> Iterable[Row]:
    return (entry for entry in books.in_library if not (entry["signed_off_by"] and entry["signed_off_on"]))


def _completed_in_library(books: Books) -> Iterable[Row]:
    return (entry for entry in books.in_library if entry["construction_status"] == "completed")


def _tax_unproved(books: Books) -> Iterable[Row]:
    claimed = (row for row in books.resources if "low_district_tax" in row["inefficiency_grounds"])
    return (row for row in claimed if row["annual_district_tax_yuan"] is None or row["tax_year"] is None)


def _library_status_without_entry(books: Books) -> Iterable[Row]:
    linked = {key for entry in books.in_library for key in entry["resource_external_ids"]}
    return (row for row in books.resources if row["status"] == "in_library" and row["external_id"] not in linked)


def _stale_resources(books: Books) -> Iterable[Row]:
    live = (row for row in books.resources if row["status"] not in ("completed", "withdrawn"))
    return (row for row in live if row["quarter"] < books.quarter)


def _stale_entries(books: Books) -> Iterable[Row]:
    return (entry for entry in books.in_library if entry["quarter"] < books.quarter)


Check = tuple[str, Severity, Literal["resource", "library_entry"], str, Callable[[Books], Iterable[Row]]]
_CHECKS: Final[tuple[Check, ...]] = (
    ("grounds_not_certified", "error", "resource", "填了低效情形，但缺认定标准版本、认定单位或认定日期", _uncertified),
    ("resource_missing", "error", "library_entry", "储备项目关联的资源不在资源台账中", _without_resource),
    ("sign_off_missing", "error", "library_entry", "储备项目缺区审定单位或审定日期", _unsigned),
    ("resource_withdrawn", "warning", "library_entry", "储备项目关联的资源已退出台账", _of_withdrawn_resource),
    ("completed_in_library", "warning", "library_entry", "项目已完工仍在库，完工项目不予支持", _completed_in_library),
    ("tax_unproved", "warning", "resource", "低效情形为税收偏低，但未填年区级税收或税收年度", _tax_unproved),
    (
        "entry_missing",
        "warning",
        "resource",
        "资源状态为入库，但储备库中没有对应的在库项目",
        _library_status_without_entry,
    ),
    ("resource_stale", "warning", "resource", "本季度未更新或确认", _stale_resources),
    ("entry_stale", "warning", "library_entry", "本季度未更新或确认", _stale_entries),
)


def canonical(content: Any) -> bytes:
    """The one way to write a value as JSON: keys sorted, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256_of(content: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal: anyone can compute it again from the snapshot."""
    return hashlib.sha256(canonical(content)).hexdigest()
