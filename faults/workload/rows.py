"""Rows of the district registers: their content follows from serial number and revision."""

import json
from dataclasses import dataclass
from typing import Any, Final

MALFORMED, OTHER_DISTRICT, FUTURE, REPEATED, REASON_MISSING = (
    "malformed", "other_district", "future_quarter", "repeated_in_batch", "change_reason_missing",
)  # fmt: skip
FLAWS: Final = (MALFORMED, OTHER_DISTRICT, FUTURE, REPEATED, REASON_MISSING)
"""Faults of a row, by refusal code; the last applies only where the row changes a recorded one."""
REGISTERS: Final = ("resources", "library-entries")
REASON: Final = "更正"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a push. No two revisions have the same content, so a recorded row identifies its push."""

    serial: int
    revision: int
    flaw: str = ""


def area_m2(revision: int) -> str:
    """Return the area that encodes a revision, so that it is recognised in every copy of the row."""
    return f"{1000 + revision // 100}.{revision % 100:02d}"


def external_id(kind: str, serial: int) -> str:
    return f"{'R' if kind == 'resources' else 'P'}-{serial:06d}"


class RowWriter:
    """Writer of the rows of one district and quarter, from templates serialised once."""

    def __init__(self, district: str, quarter: str, next_quarter: str, other_district: str) -> None:
        fields = {"district": district, "quarter": quarter}
        wrong = {OTHER_DISTRICT: fields | {"district": other_district}, FUTURE: fields | {"quarter": next_quarter}}
        self._templates = {
            (kind, flaw): _template(kind, wrong.get(flaw, fields), explained=flaw != REASON_MISSING)
            for kind in REGISTERS
            for flaw in ("", *FLAWS)
        }

    def body(self, kind: str, rows: list[Row], explained: bool) -> bytes:
        """Return the body of a push. A library batch has one reason, each row of the resource ledger its own."""
        reason = f'"change_reason":"{REASON}",' if kind == "library-entries" and explained else ""
        return f'{{{reason}"rows":[{",".join(self._write(kind, row) for row in rows)}]}}'.encode()

    def _write(self, kind: str, row: Row) -> str:
        area = "-1.00" if row.flaw == MALFORMED else area_m2(row.revision)
        return self._templates[kind, row.flaw].replace("@ID", external_id(kind, row.serial)).replace("@AREA", area)


def _template(kind: str, fields: dict[str, str], *, explained: bool) -> str:
    common = {"external_id": "@ID", **fields, "source": "区系统", "simulated": ["*"]}
    row = common | (_resource(explained) if kind == "resources" else _entry())
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _resource(explained: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        "ledger_no": "@ID", "name": "示例厂房@ID", "kind": "industrial_plant", "completed_year": 1996,
        "gross_floor_area_m2": "@AREA", "production_ended": True, "status": "stock",
    }  # fmt: skip
    return content | ({"change_reason": REASON} if explained else {})


def _entry() -> dict[str, Any]:
    part = {
        "kind": "factory", "resource_external_id": "@ID", "stock_use": "industrial_plant",
        "renovated_area_m2": "@AREA", "fixed_investment_yuan": "60000000.00",
    }  # fmt: skip
    return {
        "library_no": "@ID", "project_name": "示例改造@ID", "project_type": "old_factory",
        "resource_external_ids": ["@ID"], "entity_name": "示例公司", "entity_uscc": "91110000600037341L",
        "components": [part], "maturity": "ready", "entered_on": "2024-03-25",
    }  # fmt: skip
