"""Replay mutants that were killed before, each with the test that killed it: `make mutants ARGS=replay`.

An entry of replay.toml holds the changed lines themselves, so it does not depend on the operators that found it, nor on
where in its function the lines stand. Red when one survives, or when more than a tenth no longer has its place.
"""

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants.results import KILLED
from mutants.runner import run_all
from mutants.source import ROOT, Edit, Mutant, Source

FILE = ROOT / "mutants" / "replay.toml"
STALE_SHARE = 0.1
_FIELDS = ("id", "suite", "operator", "path", "where", "before", "after", "ordinal", "test")


@dataclass(frozen=True)
class Entry:
    """Lines of a function or constant, what a mutant makes of them, and the test that fails then.

    `ordinal` counts equal lines before these in the same function or constant.
    """

    id: str
    suite: str
    operator: str
    path: str
    where: str
    before: str
    after: str
    ordinal: int
    test: str

    def mutant(self, source: Source) -> Mutant | None:
        """Return the mutant in today's source, or None when its lines are gone."""
        span = span_of(source, self.where)
        place = -1 if span is None else span[0] - 1
        for _ in range(self.ordinal + 1):
            place = -1 if span is None else source.text.find(self.before, place + 1, span[1])
            if place < 0:
                return None
        edit = Edit(place, place + len(self.before), self.after)
        return Mutant(self.suite, self.operator, self.path, self.where, (edit,), self.before, self.after)


def span_of(source: Source, where: str) -> tuple[int, int] | None:
    """Return the whole lines of a function, class or constant; None when there is no such."""
    if not where:
        return 0, len(source.text)
    for node, name in source.places:
        if name == where:
            start, end = source.span(node)
            first_line = min([start, *(source.span(each)[0] for each in getattr(node, "decorator_list", ()))])
            return source.text.rfind("\n", 0, first_line) + 1, _line_end(source.text, end)
    return None


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def entry_of(source: Source, mutant: Mutant, test: str) -> Entry:
    """Return the entry by which a killed mutant is replayed."""
    start = source.text.rfind("\n", 0, min(edit.start for edit in mutant.edits)) + 1
    end = _line_end(source.text, max(edit.end for edit in mutant.edits))
    before = source.text[start:end]
    changed = mutant.apply(source.text)
    after = changed[start : len(changed) - len(source.text) + end]
    first = (span_of(source, mutant.where) or (0, 0))[0]
    ordinal, place = 0, source.text.find(before, first)
    while place < start:
        ordinal, place = ordinal + 1, source.text.find(before, place + 1)
    return Entry(mutant.id, mutant.suite, mutant.operator, mutant.path, mutant.where, before, after, ordinal, test)


def read() -> list[Entry]:
    """Return the entries of the file, if there is one."""
    if not FILE.exists():
        return []
    return [Entry(**entry) for entry in tomllib.loads(FILE.read_text("utf-8"))["mutant"]]


def write(entries: Iterable[Entry]) -> None:
    """Write the entries in the order of suite, file and place."""
    text = '# Mutants that a test kills, written by `make mutants ARGS="replay --collect"`; docs/testing.md.\n'
    for entry in sorted(entries, key=lambda each: (each.suite, each.path, each.where, each.id)):
        values = (f"{name} = {json.dumps(getattr(entry, name), ensure_ascii=False)}\n" for name in _FIELDS)
        text += "\n[[mutant]]\n" + "".join(values)
    FILE.write_text(text, "utf-8")


def cheapest(pairs: Iterable[tuple[Mutant, dict[str, Any]]], count: int) -> Iterator[tuple[Mutant, str]]:
    """Yield the quickest killed mutants with their tests, one for each operator and file before a second one."""
    quick = sorted((result["seconds"], mutant.id, mutant, result["test"]) for mutant, result in _killed(pairs))
    turns: Counter[tuple[str, str]] = Counter()
    numbered = []
    for position, (_, _, mutant, test) in enumerate(quick):
        numbered.append((turns[mutant.operator, mutant.path], position, mutant, test))
        turns[mutant.operator, mutant.path] += 1
    for _, _, mutant, test in sorted(numbered, key=lambda each: each[:2])[:count]:
        yield mutant, test


def _killed(pairs: Iterable[tuple[Mutant, dict[str, Any]]]) -> Iterator[tuple[Mutant, dict[str, Any]]]:
    return ((mutant, result) for mutant, result in pairs if result["outcome"] == "killed" and "::" in result["test"])


def verdict(outcomes: dict[str, str]) -> int:
    """Return 1 when an entry survived or too many are stale, by the outcome of each id."""
    stale = sum(outcome not in (*KILLED, "survived") for outcome in outcomes.values())
    return int("survived" in outcomes.values() or stale > STALE_SHARE * len(outcomes))


def replay(workers: int) -> int:
    """Run every entry's test with its mutant and print those that survive or have lost their place."""
    entries = read()
    outcomes, work = {entry.id: "stale" for entry in entries}, []
    for entry in entries:
        found = entry.mutant(Source.read(entry.path)) if (ROOT / entry.path).exists() else None
        if found is not None and Path(ROOT, entry.test.partition("::")[0]).exists():
            work.append((entry, found))
    ids, why = {id(mutant): entry for entry, mutant in work}, {entry.id: entry.test for entry in entries}

    def record(mutant: Mutant, result: dict[str, Any]) -> None:
        entry = ids[id(mutant)]
        outcomes[entry.id] = "stale" if result["outcome"] == "error" else result["outcome"]
        if result["outcome"] == "broken":
            why[entry.id] = result["test"]

    run_all([(mutant, [entry.test], 1.0) for entry, mutant in work], record, workers)
    for entry in entries:
        if outcomes[entry.id] not in KILLED:
            sys.stdout.write(
                f"{outcomes[entry.id]}: {entry.id} {entry.operator} {entry.path} {entry.where}: {why[entry.id]}\n"
            )
    killed = sum(outcome in KILLED for outcome in outcomes.values())
    sys.stdout.write(f"{killed} of {len(entries)} killed again\n")
    return verdict(outcomes)
