"""Rows that an officer enters or imports: read from CSV, checked against the register, compared with what holds."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from shared.districts import CITY, DISTRICTS
from shared.industry_codes import FIELDS, InvalidIndustryCode, validate_industry_code
from shared.series.checks import Context, faults_of
from shared.series.codes import ChangeCode
from shared.series.figures import Figure, Place, Register
from shared.series.folding import written
from shared.series.kinds import COMMON_COLUMNS, KINDS
from shared.series.package import lpr_row

MOST_ROWS: Final = 2000
_YES: Final = {"1", "true", "yes", "是", "y"}


@dataclass(frozen=True, slots=True)
class RowError:
    """Error in a field of a row; rows count from 1, 0 is the file as a whole."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """Change that a row would make: `base` is the version that it follows, 0 for a new figure."""

    row: int
    figure: Figure
    change: ChangeCode
    base: int
    before: Any


@dataclass(frozen=True, slots=True)
class Examined:
    """Changes and errors of the rows of a batch; a batch with an error is not entered at all."""

    changes: tuple[RowChange, ...]
    errors: tuple[RowError, ...]

    @property
    def effective(self) -> tuple[RowChange, ...]:
        """Return the rows that change something."""
        return tuple(change for change in self.changes if change.change != "same")


def decoded(content: bytes) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark, or in GB 18030. Raises ValueError."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("文件编码无法识别，请以 UTF-8 或 GBK 另存为 CSV")


def read_csv(kind: str, content: bytes) -> tuple[list[dict[str, Any]], list[RowError]]:
    """Return the rows of a CSV file in the form of entries, and the errors by row and field."""
    try:
        table = csv.DictReader(io.StringIO(decoded(content), newline=""), strict=True)
        columns = [(name or "").strip() for name in table.fieldnames or ()]
        table.fieldnames = columns
        rows = list(table)
    except (ValueError, csv.Error) as error:
        return [], [RowError(0, "file", str(error) if "文件" in str(error) else f"不是有效的 CSV 文件：{error}")]
    own = KINDS[kind].columns
    if own and own[0] in columns:
        needed = own[:-1] if kind == "lpr" else own
        missing, read = [name for name in needed if name not in columns], _OWN_FORMS[kind]
    else:
        missing, read = [name for name in COMMON_COLUMNS[:3] if name not in columns], _common_row
    if missing or not rows:
        told = f"缺少列 {'、'.join(missing)}" if missing else "文件没有数据行"
        return [], [RowError(0, "file", f"{told}；列名应为 {'、'.join(own or COMMON_COLUMNS)}")]
    if len(rows) > MOST_ROWS:
        return [], [RowError(0, "file", f"共 {len(rows)} 行，一次最多 {MOST_ROWS} 行，请分批导入")]
    return _read_rows(rows, read)


def _read_rows(rows: Sequence[Mapping[str, Any]], read: Any) -> tuple[list[dict[str, Any]], list[RowError]]:
    entries: list[dict[str, Any]] = []
    errors: list[RowError] = []
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            errors.append(RowError(number, "row", "列数与表头不符"))
            continue
        try:
            entries += [{**entry, "row": number} for entry in read(row)]
        except _Unreadable as fault:
            errors.append(RowError(number, fault.field, fault.told))
    return entries, errors


class _Unreadable(ValueError):
    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field, self.told = field, told


def _day(row: Mapping[str, str], field: str) -> date:
    try:
        return date.fromisoformat(row[field].strip().replace("/", "-"))
    except ValueError:
        raise _Unreadable(field, f"日期应写作 2026-03-20，现为“{row[field]}”") from None


def _common_row(row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    text = row["value"].strip()
    try:
        value = json.loads(text) if text[:1] in ("{", "[") else text or None
    except ValueError:
        raise _Unreadable("value", "数值以 { 或 [ 开头，但不是有效的 JSON") from None
    marks = {name: (row.get(name) or "").strip().lower() in _YES for name in ("unverified", "struck")}
    told = {name: row[name].strip() for name in COMMON_COLUMNS[5:] if (row.get(name) or "").strip()}
    yield {"key": row["key"].strip(), "valid_from": _day(row, "valid_from"), "value": value, **marks, **told}


def _lpr_row(row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    published = _day(row, "publish_date")
    for figure in lpr_row({**row, "publish_date": published.isoformat()}):
        yield {**written(figure), "valid_from": published}


def _calendar_row(row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    day, rest = _day(row, "day"), row["rest"].strip()
    if rest not in ("休", "班"):
        raise _Unreadable("rest", "应为 休（放假）或 班（调休上班）")
    name = "holidays" if rest == "休" else "make_up_days"
    yield {"key": str(day.year), "valid_from": date(day.year, 1, 1), "value": {name: [day.isoformat()]}}


def _class_row(row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield an entry of the list of fields: fields by code or label, separated by 、 or ；; none are 无."""
    labels = {label: code for code, label in FIELDS.items()}
    said = [word for word in re.split(r"[、；;,，\s]+", row["fields"].strip()) if word and word != "无"]
    if unknown := [word for word in said if word not in labels and word not in FIELDS]:
        raise _Unreadable("fields", f"没有门类“{unknown[0]}”，可填：{'、'.join(FIELDS.values())}；不属于的填 无")
    yield {"key": _code(row), "valid_from": _day(row, "valid_from"), "value": [labels.get(word, word) for word in said]}


def _restriction_row(row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield one restriction of a code: level 禁止 or 限制, districts by code or name, 全市 for all, and the text."""
    level = {"禁止": "prohibited", "限制": "restricted"}.get(row["level"].strip(), row["level"].strip())
    names = {**{unit.name: code for code, unit in DISTRICTS.items()}, "全市": CITY}
    districts = [names.get(word, word) for word in re.split(r"[、；;,，\s]+", row["districts"].strip()) if word]
    bar = {"level": level, "districts": districts, "text": row["text"].strip()}
    yield {"key": _code(row), "valid_from": _day(row, "valid_from"), "value": [bar]}


def _code(row: Mapping[str, str]) -> str:
    try:
        return validate_industry_code(row["code"])
    except InvalidIndustryCode as fault:
        raise _Unreadable("code", str(fault)) from None


_OWN_FORMS: Final = {
    "lpr": _lpr_row,
    "calendar": _calendar_row,
    "industry_class": _class_row,
    "industry_restriction": _restriction_row,
}


def gathered(kind: str, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the days of a calendar file as one entry a year, and restrictions of one code and day as one entry."""
    return _restrictions(entries) if kind == "industry_restriction" else _years(entries)


def _restrictions(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a file as one entry for each code and day; other entries unchanged."""
    found: dict[Any, dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        place = (entry["key"], entry["valid_from"]) if "row" in entry else number
        known = found.setdefault(place, {**entry, "value": []} if "row" in entry else {**entry})
        if "row" in entry:
            known["value"] = [*known["value"], *entry["value"]]
    return list(found.values())


def _years(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    years: dict[str, dict[str, Any]] = {}
    others: list[dict[str, Any]] = []
    for entry in entries:
        value = entry.get("value")
        if not isinstance(value, Mapping) or not value.keys() <= {"holidays", "make_up_days"} or len(value) == 2:
            others.append(dict(entry))
            continue
        year = years.setdefault(entry["key"], {**entry, "value": {"holidays": [], "make_up_days": []}})
        for name, days in value.items():
            year["value"][name] = sorted({*year["value"][name], *days})
    return [*others, *years.values()]


def examine(kind: str, entries: Sequence[Mapping[str, Any]], register: Register, context: Context) -> Examined:
    """Check entries against the register and each other, and return what they would change."""
    changes: list[RowChange] = []
    errors: list[RowError] = []
    seen: dict[Place, int] = {}
    figures = [_figure(kind, entry) for entry in entries]
    context = replace(context, batch=tuple(figures))
    for number, (entry, figure) in enumerate(zip(entries, figures, strict=True), 1):
        row = int(entry.get("row", number))
        if figure.place in seen:
            errors.append(RowError(row, "valid_from", f"与第 {seen[figure.place]} 行是同一数据，请只保留一行"))
            continue
        seen[figure.place] = row
        errors += [RowError(row, field, told) for field, told in faults_of(figure, register, context)]
        changes.append(_change(row, figure, register.newest(figure.place)))
    return Examined(tuple(changes), tuple(errors))


def _figure(kind: str, entry: Mapping[str, Any]) -> Figure:
    details = {name: str(entry[name]) for name in ("source", "ref", "quote", "note") if entry.get(name)}
    if "ref" in details:
        details["basis"] = "notice"
    marks = bool(entry.get("struck")), bool(entry.get("unverified"))
    value = _text(entry.get("value"))
    return Figure(kind, str(entry["key"]), entry["valid_from"], value, 1, 0, *marks, details)


def _text(value: Any) -> Any:
    """Return a value with its numbers as text."""
    if isinstance(value, Mapping):
        return {str(key): _text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_text(item) for item in value]
    return value if value is None or isinstance(value, str | bool) else str(value)


def _change(row: int, figure: Figure, newest: Figure | None) -> RowChange:
    if newest is None:
        return RowChange(row, figure, "new", 0, None)
    same = (newest.value, newest.struck, newest.unverified) == (figure.value, figure.struck, figure.unverified)
    change: ChangeCode = "same" if same else "struck" if figure.struck else "corrected"
    return RowChange(row, figure, change, newest.version, None if newest.struck else newest.value)
