"""The 22 real projects of ``projects.csv``: published facts, unchanged."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any, Final

from deploy.demo.sample.draws import hundredths, in_hundredths

_FILE: Final = Path(__file__).with_name("projects.csv")
_AREAS: Final = ("gross_floor_area_m2", "renovated_area_m2", "land_area_m2")


@cache
def _lines() -> tuple[dict[str, str], ...]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def projects() -> list[dict[str, Any]]:
    """Return the rows of the file: empty cells as None, ``source_urls`` as a list, areas with two decimals."""
    return [_project(line) for line in _lines()]


def projects_of(district: str) -> list[dict[str, Any]]:
    """Return the real projects of a district, in the order of the file."""
    return [project for project in projects() if project["district"] == district]


def _project(line: dict[str, str]) -> dict[str, Any]:
    project: dict[str, Any] = {column: text or None for column, text in line.items()}
    for column in _AREAS:
        project[column] = hundredths(in_hundredths(line[column])) if line[column] else None
    project["source_urls"] = line["source_urls"].split()
    project["no"] = int(line["no"])
    return project
