"""The work of `tenghuan people import`: a list read, compared with the directories, and entered."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from deploy.cli.operation import Operation, Refused, Result, login_name
from deploy.cli.output import Row
from shared.actors import ROLES
from shared.districts import DISTRICTS
from shared.errors import Invalid
from shared.storage.people import enter
from shared.storage.tables import person
from shared.web.field_messages import field_problems
from shared.web.people import PersonIn

COLUMNS = {"账号": "subject", "姓名": "name", "角色": "role", "所在区": "district"}
"""Heads of the columns in Chinese, beside the English ones."""
_ENCODINGS = ("utf-8-sig", "gb18030")
_SUBJECT = re.compile(r"(?!(?:service|key):)[\x21-\x7e]{1,255}", re.IGNORECASE)
_NO_ACCOUNT = "账号须为 1 至 255 个可打印的 ASCII 字符，且不以 service: 或 key: 开头"
_ROLES = {title: role for role, title in ROLES.items()}
_DISTRICTS = {district.name: code for code, district in DISTRICTS.items()}


@dataclass(frozen=True)
class Line:
    """One line of the list, by its number in the file."""

    number: int
    subject: str
    name: str
    role: str
    district: str


@dataclass(frozen=True)
class Listed:
    """One person of the list: the entry, or the reason that it cannot be entered."""

    line: int
    subject: str
    known: Mapping[str, Any]
    error: str = ""


def read_list(file: Path) -> list[Line]:
    """Return the lines of a CSV file in UTF-8 or GB 18030. Raises OSError, and ValueError for one of another form."""
    reader = csv.DictReader(io.StringIO(_decoded(file.read_bytes()), newline=""), strict=True)
    try:
        heads = [COLUMNS.get(head.strip(), head.strip()) for head in reader.fieldnames or ()]
        reader.fieldnames = heads
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error
    if sorted(heads) != sorted(COLUMNS.values()):
        raise ValueError(f"the first line must name the columns {', '.join(COLUMNS.values())} ({'、'.join(COLUMNS)})")
    if wrong := [number for number, row in rows if None in row or None in row.values()]:
        raise ValueError(f"line {wrong[0]} has not {len(heads)} columns")
    return [Line(number, **{head: str(row[head]).strip() for head in heads}) for number, row in rows]


def _decoded(content: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("the file is neither UTF-8 nor GB 18030")


def people_of(lines: Iterable[Line], reason: str) -> list[Listed]:
    """Return the people of a list in the order of their first lines; lines of one person differ in the role only."""
    by_subject: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_subject[line.subject].append(line)
    return [_listed(subject, own, reason) for subject, own in by_subject.items()]


def _listed(subject: str, lines: list[Line], reason: str) -> Listed:
    first = lines[0]
    if not _SUBJECT.fullmatch(subject):
        return Listed(first.number, subject, {}, _NO_ACCOUNT)
    if other := [line.number for line in lines if (line.name, line.district) != (first.name, first.district)]:
        return Listed(other[0], subject, {}, f"姓名或所在区与第 {first.number} 行不同")
    entry = {
        "name": first.name,
        "roles": [_ROLES.get(line.role, line.role) for line in lines],
        "district": _DISTRICTS.get(first.district, first.district) or None,
        "reason": reason,
    }
    try:
        return Listed(first.number, subject, PersonIn.model_validate(entry).known())
    except ValidationError as error:
        found = field_problems(error.errors())[0]
        return Listed(first.number, subject, {}, f"{found['pointer'].split('/')[1]}：{found['detail']}")
    except Invalid as invalid:
        return Listed(first.number, subject, {}, invalid.detail)


async def imported(operation: Operation, lines: list[Line], *, yes: bool, dry_run: bool) -> Result:
    """Show what each person's entry becomes in each service, and enter it once the operator agrees."""
    people = people_of(lines, operation.command.reason)
    rows = [row for service in operation.command.services for row in await _compared(operation, service, people)]
    counts = {change: sum(row["change"] == change for row in rows) for change in ("new", "changed", "same", "error")}
    if counts["error"]:
        return Result(rows, "check_failed", counts)
    if not dry_run and counts["new"] + counts["changed"]:
        operation.confirm(f"Enter {counts['new']} and correct {counts['changed']} entries?", yes)
        for service in operation.command.services:
            await _enter(operation, service, people)
    return Result(rows, detail=counts)


async def _compared(operation: Operation, service: str, people: list[Listed]) -> list[Row]:
    known = await _known(operation, service)
    return [_row(service, each, known.get(each.subject)) for each in people]


async def _known(operation: Operation, service: str) -> dict[str, Any]:
    async with operation.session(service) as session:
        return {row.subject: row for row in await session.execute(select(person))}


def _row(service: str, listed: Listed, known: Any) -> Row:
    error = listed.error
    if known is not None and known.closed_at is not None:
        error = error or "已停用；恢复在册须由市级负责人办理（PUT /v1/people/{subject}）"
    change = "error" if error else "new" if known is None else "same" if _is_same(listed, known) else "changed"
    return {"service": service, "line": listed.line, "subject": listed.subject, "change": change, "error": error}


def _is_same(listed: Listed, known: Any) -> bool:
    return all(getattr(known, name) == value for name, value in listed.known.items())


async def _enter(operation: Operation, service: str, people: list[Listed]) -> None:
    """Enter in one transaction those of whom the directory says something else. Raises Refused for one closed since."""
    who = operation.command.operator or login_name()
    async with operation.session(service) as session:
        query = select(person).where(person.c.subject.in_([each.subject for each in people])).with_for_update()
        known = {row.subject: row for row in await session.execute(query)}
        for each in people:
            row = _row(service, each, known.get(each.subject))
            if row["error"]:
                raise Refused(f"{service}: {each.subject}: {row['error']}")
            if row["change"] != "same":
                await enter(session, each.subject, each.known, operation.command.reason, operator=who)
