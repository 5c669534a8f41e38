"""Files of a payment order: CSV for programs and XLSX for people, by a layout. Pure. 三（二）"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from services.funding.payments.layouts import Column, Layout
from shared.escaping import csv_cell, csv_digits
from shared.text import visible

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types by format."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Line of an order as its files show it; amounts in yuan."""

    line_no: int
    order_no: str
    project_name: str
    account_name: str
    bank: str
    bank_code: str | None
    account_no: str
    amount_yuan: Decimal
    purpose: str


def rendered(layout: Layout, lines: Sequence[OrderLine], at: datetime) -> dict[str, bytes]:
    """Return the files of an order by format; `at` is the moment of issue, which the workbook states."""
    return {"csv": as_csv(layout, lines), "xlsx": as_xlsx(layout, lines, at)}


def total(lines: Sequence[OrderLine]) -> Decimal:
    """Return the sum of the lines in yuan."""
    return sum((line.amount_yuan for line in lines), Decimal("0.00"))


def as_csv(layout: Layout, lines: Sequence[OrderLine]) -> bytes:
    """Return the order as CSV (UTF-8 with a mark, as spreadsheets need it), with a last row for the total."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.title for column in layout.columns])
    writer.writerows([[_cell(column, line) for column in layout.columns] for line in lines])
    writer.writerow([_total_cell(layout, column, lines) for column in layout.columns])
    return "\ufeff".encode() + out.getvalue().encode()


def _cell(column: Column, line: OrderLine) -> str:
    value: Any = getattr(line, column.key)
    if value is None:
        return ""
    if column.kind == "yuan":
        return f"{value:.2f}"
    return csv_digits(value) if column.kind == "digits" else csv_cell(str(value))


def _total_cell(layout: Layout, column: Column, lines: Sequence[OrderLine]) -> str:
    if column.kind == "yuan":
        return f"{total(lines):.2f}"
    return f"{layout.total}（{len(lines)}笔）" if column is layout.columns[0] else ""


def as_xlsx(layout: Layout, lines: Sequence[OrderLine], at: datetime) -> bytes:
    """Return the order as a workbook: title, headings, lines and total; codes are text, no cell is computed."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": layout.title, "created": at.replace(tzinfo=None)})
        _write(book, layout, lines)
    return out.getvalue()


def _write(book: Any, layout: Layout, lines: Sequence[OrderLine]) -> None:
    sheet = book.add_worksheet(layout.sheet)
    formats = {
        "number": book.add_format({"border": 1}),
        "digits": book.add_format({"border": 1, "num_format": "@"}),
        "text": book.add_format({"border": 1, "num_format": "@", "text_wrap": True}),
        "yuan": book.add_format({"border": 1, "num_format": "#,##0.00"}),
    }
    bold = book.add_format({"bold": True, "border": 1, "align": "center"})
    sheet.merge_range(
        0, 0, 0, len(layout.columns) - 1, layout.title, book.add_format({"bold": True, "align": "center"})
    )
    for place, column in enumerate(layout.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(1, place, column.title, bold)
        for row, line in enumerate(lines, 2):
            _write_cell(sheet, row, place, getattr(line, column.key), formats[column.kind], column.kind)
        last = _total_cell(layout, column, lines)
        value = Decimal(last) if column.kind == "yuan" else last
        _write_cell(
            sheet, len(lines) + 2, place, value, formats["yuan" if column.kind == "yuan" else "text"], column.kind
        )
    sheet.freeze_panes(2, 0)
    sheet.set_landscape()
    sheet.repeat_rows(0, 1)


def _write_cell(sheet: Any, row: int, place: int, value: Any, style: Any, kind: str) -> None:
    """Write one cell; an amount is a number with two digits, of at most 15 figures, which a spreadsheet keeps."""
    if kind == "yuan" or isinstance(value, int):
        sheet.write_number(row, place, float(value), style)
    else:
        sheet.write_string(row, place, visible(value or ""), style)
