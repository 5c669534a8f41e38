"""Checks of a district's ledger and library before a quarter is reported, and the hash of its snapshot (四（一）2)."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from shared.deadlines import quarter_end
from shared.districts import BDA, DISTRICTS

Row = Mapping[str, Any]
Severity = Literal["error", "warning"]
Subject = Literal["quarter", "resource", "library_entry"]
SubmissionStatus = Literal["open", "prepared", "certified"]
SEVERITY_LABELS: Final[dict[str, str]] = {"error": "须改正", "warning": "提示"}
SUBJECT_LABELS: Final[dict[str, str]] = {"quarter": "季度", "resource": "资源台账", "library_entry": "储备库"}
SUBMISSION_STATUS_LABELS: Final[dict[str, str]] = {
    "not_opened": "未开启",
    "open": "填报中",
    "prepared": "待审定",
    "certified": "已审定报送",
    "exempt": "不承担报送",
}
EXEMPT: Final = "exempt"
"""Reporting status of a unit that owes no quarterly report, by the reading of I35."""
MAX_LISTED_ROWS: Final = 200
"""Most rows that a finding lists; `count` counts all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Fault found in some rows. An error prevents the certification, a warning does not."""

    code: str
    severity: Severity
    subject: Subject
    message: str
    count: int
    external_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DistrictRegisters:
    """Rows of a district's ledger and library as of a quarter."""

    quarter: str
    resources: Sequence[Row]
    entries: Sequence[Row]

    @property
    def in_library(self) -> list[Row]:
        """Projects that have not left the library."""
        return [entry for entry in self.entries if not entry["left_on"]]


def reporting_units(chosen: str) -> list[str]:
    """Return the codes of the units that owe the quarterly report; 经开区 by the reading of I35. 四（一）2"""
    return [code for code in DISTRICTS if chosen == "as_district" or code != BDA]


def findings(registers: DistrictRegisters, today: date) -> list[Finding]:
    """Return every finding, errors first."""
    found = [_finding(*check, [row["external_id"] for row in check[4](registers)]) for check in _CHECKS]
    if today <= quarter_end(registers.quarter):
        found.append(Finding("quarter_not_over", "error", "quarter", "本季度尚未结束，季末次日起方可提请和审定", 1, ()))
    if not registers.resources:
        found.append(Finding("empty_ledger", "warning", "quarter", "资源台账没有记录，请确认确无资源", 1, ()))
    return sorted((each for each in found if each.count), key=lambda each: each.severity != "error")


def _finding(
    code: str, severity: Severity, subject: Literal["resource", "library_entry"], message: str, _: Any, ids: list[str]
) -> Finding:
    return Finding(code, severity, subject, message, len(ids), tuple(sorted(ids)[:MAX_LISTED_ROWS]))


def _uncertified(registers: DistrictRegisters) -> Iterable[Row]:
    proof = ("criterion_version", "certified_by", "certified_on")
    return (row for row in registers.resources if row["inefficiency_grounds"] and not all(row[name] for name in proof))


def _without_resource(registers: DistrictRegisters) -> Iterable[Row]:
    known = {row["external_id"] for row in registers.resources}
    return (entry for entry in registers.in_library if not known.issuperset(entry["resource_external_ids"]))


def _of_withdrawn_resource(registers: DistrictRegisters) -> Iterable[Row]:
    gone = {row["external_id"] for row in registers.resources if row["status"] == "withdrawn"}
    return (entry for entry in registers.in_library if not gone.isdisjoint(entry["resource_external_ids"]))


def _unsigned(registers: DistrictRegisters) -> Iterable[Row]:
    return (entry for entry in registers.in_library if not (entry["signed_off_by"] and entry["signed_off_on"]))


def _completed_in_library(registers: DistrictRegisters) -> Iterable[Row]:
    return (entry for entry in registers.in_library if entry["construction_status"] == "completed")


def _tax_unproved(registers: DistrictRegisters) -> Iterable[Row]:
    claimed = (row for row in registers.resources if "low_district_tax" in row["inefficiency_grounds"])
    return (row for row in claimed if row["annual_district_tax_yuan"] is None or row["tax_year"] is None)


def _library_status_without_entry(registers: DistrictRegisters) -> Iterable[Row]:
    linked = {key for entry in registers.in_library for key in entry["resource_external_ids"]}
    return (row for row in registers.resources if row["status"] == "in_library" and row["external_id"] not in linked)


def _stale_resources(registers: DistrictRegisters) -> Iterable[Row]:
    live = (row for row in registers.resources if row["status"] not in ("completed", "withdrawn"))
    return (row for row in live if row["quarter"] < registers.quarter)


def _stale_entries(registers: DistrictRegisters) -> Iterable[Row]:
    return (entry for entry in registers.in_library if entry["quarter"] < registers.quarter)


Check = tuple[str, Severity, Literal["resource", "library_entry"], str, Callable[[DistrictRegisters], Iterable[Row]]]
_CHECKS: Final[tuple[Check, ...]] = (
    (
        "grounds_not_certified",
        "error",
        "resource",
        "填了低效情形，但缺认定标准版本、认定单位或认定日期，请补填",
        _uncertified,
    ),
    (
        "resource_missing",
        "error",
        "library_entry",
        "储备项目关联的资源不在资源台账中，请先报送该资源或更正关联编号",
        _without_resource,
    ),
    ("sign_off_missing", "error", "library_entry", "储备项目缺区审定单位或审定日期，请补填", _unsigned),
    (
        "resource_withdrawn",
        "warning",
        "library_entry",
        "储备项目关联的资源已退出台账，请核实关联",
        _of_withdrawn_resource,
    ),
    (
        "completed_in_library",
        "warning",
        "library_entry",
        "项目已完工仍在库，完工项目不予支持，请办理出库",
        _completed_in_library,
    ),
    ("tax_unproved", "warning", "resource", "低效情形为税收偏低，但未填年区级税收或税收年度，请补填", _tax_unproved),
    (
        "entry_missing",
        "warning",
        "resource",
        "资源状态为入库，但储备库中没有对应的在库项目，请核实状态",
        _library_status_without_entry,
    ),
    ("resource_stale", "warning", "resource", "本季度未更新或确认，请以本季度重新报送", _stale_resources),
    ("entry_stale", "warning", "library_entry", "本季度未更新或确认，请以本季度重新报送", _stale_entries),
)


def canonical_json(content: Any) -> bytes:
    """Return the value as canonical JSON: keys sorted, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256_of(content: Any) -> str:
    """Return the SHA-256 of the canonical JSON in hexadecimal, which anyone can recompute from the snapshot."""
    return hashlib.sha256(canonical_json(content)).hexdigest()
