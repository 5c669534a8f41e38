"""CSV files of the treasury: read by their headings, however a spreadsheet wrote them. 三（二）"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.funding.payments.layouts import HEADINGS, RESULTS
from services.funding.payments.receipts import BadRows, ReceiptsRefused
from shared.errors import Invalid
from shared.web.field_messages import message_of

Model = TypeVar("Model", bound=BaseModel)
MOST_ROWS = 500
_DATE = re.compile(r"(20\d{2})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
REQUIRED = ("voucher_no", "amount_yuan", "result", "result_on")


def stated_in(content: bytes, model: type[Model]) -> list[Model]:
    """Return the receipts of a file. Raises Invalid for a file that is none, ReceiptsRefused naming every bad row."""
    rows = [row for row in csv.reader(io.StringIO(_decoded(content))) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise Invalid("文件没有内容：首行须为表头，其后每行一份回单", field="/body")
    if len(rows) > MOST_ROWS + 1:
        raise Invalid(f"一个文件最多 {MOST_ROWS} 行，请分开导入", field="/body")
    places, bad = _places(rows[0]), BadRows()
    read = [_read(number, row, places, model, bad) for number, row in enumerate(rows[1:], 1)]
    if bad.rows:
        raise ReceiptsRefused("有的行不能读取，请按各行说明更正后重新导入全部内容", rows=bad.rows)
    return [each for each in read if each is not None]


def _decoded(content: bytes) -> str:
    """Return the text of a file in UTF-8, with or without a mark, or in GBK. Raises Invalid."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("文件须为 UTF-8 或 GBK 编码的 CSV，请在表格软件中另存为 CSV 后导入", field="/body")


def _places(headings: Sequence[str]) -> dict[str, int]:
    """Return the place of each field by its heading. Raises Invalid for a required one that is missing."""
    found = [_folded(heading) for heading in headings]
    places = {
        name: found.index(_folded(word))
        for name, words in HEADINGS.items()
        for word in reversed(words)
        if _folded(word) in found
    }
    if missing := [HEADINGS[name][0] for name in REQUIRED if name not in places]:
        raise Invalid(f"表头缺少“{'”“'.join(missing)}”，请核对首行", field="/body")
    return places


def _folded(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _read(number: int, row: Sequence[str], places: dict[str, int], model: type[Model], bad: BadRows) -> Model | None:
    cells = {name: row[place].strip().lstrip("'") for name, place in places.items() if place < len(row)}
    values: dict[str, Any] = {name: _value(name, cell) for name, cell in cells.items() if cell}
    try:
        return model.model_validate(values)
    except ValidationError as refused:
        for error in refused.errors():
            name = str(error["loc"][0])
            bad.add(number, "invalid", f"{HEADINGS[name][0]}：{message_of(error)}")
        return None


def _value(name: str, cell: str) -> str:
    """Return a cell as the field takes it: amounts without separators, days as 2024-07-05, results by their words."""
    if name == "amount_yuan":
        return re.sub(r"[,，￥¥元\s]", "", unicodedata.normalize("NFKC", cell))
    if name == "result_on" and (day := _DATE.fullmatch(unicodedata.normalize("NFKC", cell))):
        return f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}"
    return RESULTS.get(_folded(cell), cell) if name == "result" else cell
