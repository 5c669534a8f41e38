"""Rows of the regression suite, read from the YAML files of this folder: title, clause, input, expected (README.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.intake.sample_declarations import DRAFT
from tests.intake.sample_rows import project, resource

FOLDER: Final = Path(__file__).parent
OWN: Final = ("title", "clause", "where", "expect")
GIVEN: Final[Mapping[str, frozenset[str]]] = {
    "declaration": frozenset({"base", "set", "unset", "under", "standards"}),
    "targets": frozenset({"base", "set", "unset", "under"}),
    "grant": frozenset({"base", "set", "unset", "under"}),
    "interest": frozenset({"statement"}),
    "dry_run": frozenset({"base", "set", "unset", "under", "with", "status"}),
    "request": frozenset({"world", "at", "under", "steps"}),
}
"""The keys that a row may have for its input, by the place where it is put."""
STEP: Final = frozenset({"as", "call", "body", "text", "encoding", "headers", "status", "keep", "expect"})


@dataclass(frozen=True)
class Row:
    """One row: `given` is its input, `where` the place that it is put, `place` its file and number."""

    title: str
    clause: str
    where: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    place: str

    def facts(self, bases: str = "declaration") -> dict[str, Any]:
        """Return the facts of the row's base with its changes."""
        return changed(base(self.given["base"], bases), self.given)


@cache
def rows() -> tuple[Row, ...]:
    """Return every row, in the order of files and lines."""
    return tuple(_rows())


def rows_of(*places: str) -> list[Row]:
    """Return the rows that are put at these places."""
    return [row for row in rows() if row.where in places]


def base(name: str, bases: str = "declaration") -> dict[str, Any]:
    """Return facts that meet every rule: building, factory or area, of a declaration or of results (`targets`)."""
    facts: dict[str, Any] = deepcopy(_bases()[bases][name])
    return facts


def like(name: str) -> dict[str, Any]:
    """Return the body that a step's `like` names: facts, a draft of a declaration, a row of ledger or library."""
    samples = {"draft": DRAFT, "resource": resource(), "project": project()}
    return deepcopy(samples[name]) if name in samples else base(name)


def changed(facts: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts without the paths of `unset` and with those of `set`; a mapping is merged, not put instead."""
    for path in changes.get("unset", ()):
        holder, last = _holder(facts, path)
        del holder[last]
    for path, value in changes.get("set", {}).items():
        holder, last = _holder(facts, path)
        if isinstance(value, dict):
            value = {**(_present(holder, last) or {}), **value}
        if isinstance(holder, list) and last == len(holder):
            holder.append(value)
        else:
            holder[last] = value
    return facts


def _present(holder: Any, key: Any) -> Any:
    """Return what is at a key or index, None where there is nothing."""
    return holder.get(key) if isinstance(holder, dict) else holder[key] if key < len(holder) else None


def differences(found: Any, expect: Mapping[str, Any]) -> list[str]:
    """Return a line for every expected path whose value is another one."""
    return [
        f"{path}: {value!r}, expected {wanted!r}"
        for path, wanted in expect.items()
        for value in [at(found, path)]
        if not _as_expected(value, wanted)
    ]


def at(found: Any, path: str) -> Any:
    """Return the value at a path such as `rows.0.id`, `findings.rule=title_clear.sentence` or `missing.*.field`.

    `*` gives the list of the values of all items; a path that leads nowhere gives None.
    """
    step, _, rest = path.partition(".")
    if step == "*":
        return [at(item, rest) if rest else item for item in found]
    value = _inside(found, step)
    return at(value, rest) if rest and value is not None else value


def _inside(found: Any, step: str) -> Any:
    if isinstance(found, list):
        if step.isdigit():
            return found[int(step)] if int(step) < len(found) else None
        name, _, wanted = step.partition("=")
        return next((item for item in found if str(item.get(name)) == wanted), None)
    return found.get(step) if isinstance(found, dict) else None


def _as_expected(value: Any, wanted: Any) -> bool:
    match wanted:
        case {"contains": part}:
            return value is not None and all(each in value for each in (part if isinstance(part, list) else [part]))
        case {"lacks": part}:
            return value is None or not any(each in value for each in (part if isinstance(part, list) else [part]))
        case {"count": number}:
            return isinstance(value, list) and len(value) == number
    return bool(value == wanted)


def _rows() -> Iterator[Row]:
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.stem == "bases":
            continue
        read = yaml.safe_load(path.read_text("utf-8"))
        for number, entry in enumerate(read["cases"], 1):
            given = {name: value for name, value in entry.items() if name not in OWN}
            where = entry.get("where", read["where"])
            yield Row(entry["title"], entry["clause"], where, given, entry.get("expect", {}), f"{path.stem} {number}")


@cache
def _bases() -> Any:
    return yaml.safe_load((FOLDER / "bases.yaml").read_text("utf-8"))


def _holder(facts: Any, path: str) -> tuple[Any, Any]:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        facts = facts[step]
    return facts, last
