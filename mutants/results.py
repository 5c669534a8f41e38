"""The results of mutants by id: their file, their scores with intervals, and the survivors as differences."""

import difflib
import json
import math
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mutants.source import ROOT, Mutant

ACCEPTED = ROOT / "mutants" / "accepted.toml"
KILLED = ("killed", "timeout")
COUNTED = (*KILLED, "survived")
Result = dict[str, Any]


def read(path: Path) -> dict[str, Result]:
    """Return the last result of each mutant."""
    if not path.exists():
        return {}
    lines = path.read_text("utf-8").splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


def append(path: Path, mutant: Mutant, result: Result) -> None:
    """Append the result of a mutant to the file."""
    about = {name: getattr(mutant, name) for name in ("id", "suite", "operator", "path", "where", "old", "new", "area")}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**about, **result}, ensure_ascii=False) + "\n")


def wilson(killed: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share, after Wilson."""
    if not count:
        return 0.0, 1.0
    share, spread = killed / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / 4 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def accepted() -> dict[str, str]:
    """Return the reason for each survivor that was reviewed, by id."""
    return tomllib.loads(ACCEPTED.read_text("utf-8")) if ACCEPTED.exists() else {}


def table(pairs: Iterable[tuple[Mutant, Result]]) -> Iterator[str]:
    """Yield the lines of the table of scores by area, and their sum."""
    by_area: dict[str, list[bool]] = defaultdict(list)
    for mutant, result in pairs:
        if result["outcome"] in COUNTED:
            for area in (mutant.area, "all"):
                by_area[area].append(result["outcome"] in KILLED)
    yield "| area | killed | of | score | 95 % interval |"
    yield "|---|---|---|---|---|"
    for area, outcomes in sorted(by_area.items(), key=lambda each: (each[0] == "all", each[0])):
        low, high = wilson(sum(outcomes), len(outcomes))
        share = sum(outcomes) / len(outcomes)
        yield f"| {area} | {sum(outcomes)} | {len(outcomes)} | {share:.1%} | {low:.1%} – {high:.1%} |"


def difference(mutant: Mutant) -> str:
    """Return the change as a difference with the id."""
    before = (ROOT / mutant.path).read_text("utf-8")
    lines = difflib.unified_diff(
        before.splitlines(), mutant.apply(before).splitlines(), mutant.path, mutant.path, lineterm="", n=1
    )
    return "\n".join([f"{mutant.id}  {mutant.operator}  in {mutant.where}", *list(lines)[2:]])
