"""Rows of the districts' books as the load sends them: what a row says follows from its number and its revision."""

import json
from dataclasses import dataclass
from typing import Any, Final

MALFORMED, OTHER_DISTRICT, FUTURE, TWICE, UNEXPLAINED = (
    "malformed", "other_district", "future_quarter", "repeated_in_batch", "change_reason_missing",
)  # fmt: skip
FLAWS: Final = (MALFORMED, OTHER_DISTRICT, FUTURE, TWICE, UNEXPLAINED)
"""What may be wrong with a row, by the code it is refused with; the last only where the row changes a recorded one."""
BOOKS: Final = ("resources", "library-entries")
REASON: Final = "更正"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a push. No two revisions say the same, so what is recorded tells who said it."""

    serial: int
    revision: int
    flaw: str = ""


def area_m2(revision: int) -> str:
    """The area a revision states, which is how it is told apart wherever a copy of the row is kept."""
    return f"{1000 + revision // 100}.{revision % 100:02d}"


def external_id(book: str, serial: int) -> str:
    return f"{'R' if book == 'resources' else 'P'}-{serial:06d}"


class Pen:
    """Writes the rows of one district and quarter, filling in forms that were made once."""

    def __init__(self, district: str, quarter: str, next_quarter: str, other_district: str) -> None:
        own = {"district": district, "quarter": quarter}
        wrong = {OTHER_DISTRICT: own | {"district": other_district}, FUTURE: own | {"quarter": next_quarter}}
        self._forms = {
            (book, flaw): _form(book, wrong.get(flaw, own), explained=flaw != UNEXPLAINED)
            for book in BOOKS
            for flaw in ("", *FLAWS)
        }

    def body(self, book: str, rows: list[Row], explained: bool) -> bytes:
        """The body of a push. In the library one reason stands for the batch, in the ledger each row has its own."""
        reason = f'"change_reason":"{REASON}",' if book == "library-entries" and explained else ""
        return f'{{{reason}"rows":[{",".join(self._write(book, row) for row in rows)}]}}'.encode()

    def _write(self, book: str, row: Row) -> str:
        area = "-1.00" if row.flaw == MALFORMED else area_m2(row.revision)
        return self._forms[book, row.flaw].replace("@ID", external_id(book, row.serial)).replace("@AREA", area)


def _form(book: str, own: dict[str, str], *, explained: bool) -> str:
    common = {"external_id": "@ID", **own, "source": "区系统", "simulated": ["*"]}
    row = common | (_resource(explained) if book == "resources" else _entry())
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _resource(explained: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "ledger_no": "@ID", "name": "示例厂房@ID", "kind": "industrial_plant", "completed_year": 1996,
        "gross_floor_area_m2": "@AREA", "production_ended": True, "status": "stock",
    }  # fmt: skip
    return said | ({"change_reason": REASON} if explained else {})


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
