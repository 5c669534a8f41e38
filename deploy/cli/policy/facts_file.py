"""Projects of a file: CSV, JSON or TOML to checked facts. Faults name project and field."""

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from shared.contracts.facts import ProjectFacts
from shared.series.entries import decoded
from shared.web.field_messages import message_of

_YES_NO: Final = {"是": True, "true": True, "否": False, "false": False}
_LISTS: Final = ("industries",)
_SEPARATORS: Final = re.compile(r"[、;；]")


class Unreadable(Exception):
    """The file cannot be read as projects; the message names each wrong field on a line."""


def read_facts(file: Path) -> list[dict[str, Any]]:
    """Return the facts of the projects of a file, checked as the API checks them. Raises Unreadable, OSError."""
    readers = {".json": _json, ".toml": _toml, ".csv": _csv}
    if file.suffix.lower() not in readers:
        raise Unreadable(f"{file.name}：须为 {'、'.join(readers)} 文件")
    try:
        projects = readers[file.suffix.lower()](decoded(file.read_bytes()))
    except (ValueError, csv.Error) as problem:
        raise Unreadable(f"{file.name}：{problem}") from None
    if not projects:
        raise Unreadable(f"{file.name}：没有项目")
    return _checked(projects)


def _json(text: str) -> list[Any]:
    return _listed(json.loads(text, parse_float=Decimal))


def _toml(text: str) -> list[Any]:
    return _listed(tomllib.loads(text, parse_float=Decimal))


def _listed(content: Any) -> list[Any]:
    """Return a list of projects from one project, a list, or an object with `projects` or `facts`."""
    if isinstance(content, Mapping):
        content = content.get("projects", content.get("facts", content))
    return content if isinstance(content, list) else [content]


def _csv(text: str) -> list[Any]:
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = []
    for number, row in enumerate(table, 1):
        if None in row or None in row.values():
            raise ValueError(f"第 {number} 行列数与表头不符")
        rows.append(_nested({name.strip(): value.strip() for name, value in row.items()}))
    return rows


def _nested(row: Mapping[str, str]) -> dict[str, Any]:
    """Return a row with columns such as `components.0.kind` as nested facts; empty cells are unknown."""
    facts: dict[str, Any] = {}
    components: dict[int, dict[str, Any]] = {}
    for column, text in row.items():
        if not text:
            continue
        part = re.fullmatch(r"components\.(\d{1,3})\.(\w+)", column)
        place = components.setdefault(int(part[1]), {}) if part else facts
        place[part[2] if part else column] = _cell(column, text)
    return {**facts, "components": [components[place] for place in sorted(components)]} if components else facts


def _cell(column: str, text: str) -> Any:
    if column in _LISTS:
        return [word.strip() for word in _SEPARATORS.split(text) if word.strip()]
    return _YES_NO.get(text.lower(), text)


def _checked(projects: Sequence[Any]) -> list[dict[str, Any]]:
    faults: list[str] = []
    facts = []
    for number, project in enumerate(projects, 1):
        try:
            facts.append(ProjectFacts.model_validate(_plain(project)).model_dump(mode="json", exclude_none=True))
        except ValidationError as problem:
            faults += _faults(number, problem)
    if faults:
        raise Unreadable("\n".join(faults))
    return facts


def _plain(value: Any) -> Any:
    """Return a value as the API takes it: numbers as text, dates as they are."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value


def _faults(number: int, problem: ValidationError) -> Iterator[str]:
    for error in problem.errors():
        field = ".".join(map(str, error["loc"])) or "（整体）"
        yield f"第 {number} 个项目 {field}：{message_of(error)}"
