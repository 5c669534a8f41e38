"""Generate docs/policy.md's index of clauses and list of readings, and the index that eligibility serves.

The index comes from the policy data and from the clauses that the source cites (deploy/checks/citations.py).
`python -m deploy.checks.clause_table write` writes both files, `check` exits 3 when they are out of date.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from deploy.checks.citations import acts, marked_tests, readers, reading_cases, rule_modules, tables
from shared.policy import ClauseHome, clauses, readings
from shared.settings import ROOT

PAGE = ROOT / "docs" / "policy.md"
CLAUSES = ROOT / "services" / "eligibility" / "clauses.toml"
CODE = ROOT / "services" / "eligibility" / "clause_code.json"
EDITION = "shared/policy/editions/2023.toml"
_NUMERALS = str.maketrans("一二三四五", "12345")


@cache
def described() -> dict[str, Any]:
    """Return requirement, kinds and services of each clause, from eligibility's clauses.toml."""
    return tomllib.loads(CLAUSES.read_text("utf-8"))


def code_index() -> dict[str, dict[str, list[str]]]:
    """Return for each clause its acts, rule modules, tables and tests."""
    columns = {"acts": acts(), "modules": rule_modules(), "tables": tables(), "tests": marked_tests()}
    for home in clauses():
        if home.rules or home.amounts:
            columns["modules"].setdefault(home.clause, []).insert(0, EDITION)
    cited = {clause for column in columns.values() for clause in column} | described().keys()
    for clause in described():
        columns["tables"].setdefault(clause, _inherited(clause, columns["tables"]))
    return {
        clause: {name: list(dict.fromkeys(column.get(clause, []))) for name, column in columns.items()}
        for clause in sorted(cited, key=lambda clause: clause.translate(_NUMERALS))
    }


def _inherited(clause: str, found: Mapping[str, list[str]]) -> list[str]:
    """Return the tables of the nearest wider clause that has some: 二（一）1, 二（一）, 二."""
    wider = [clause.rstrip("1234"), clause[0]]
    return next((found[name] for name in wider if found.get(name)), [])


def clause_sections() -> str:
    """Return the index in Markdown: for each clause a heading and a table."""
    homes = {home.clause: home for home in clauses()}
    return "\n\n".join(_section(clause, homes.get(clause), code) for clause, code in code_index().items())


def reading_table() -> str:
    """Return the readings in Markdown: key, clause, question, choices, what changes, and where the key is read."""
    places, outcomes = readers(readings()), reading_cases()
    lines = ["| reading | clause | question | choices | what changes | read in |", "|---|---|---|---|---|---|"]
    for key, reading in readings().items():
        choices = "<br>".join(
            f"`{option}`{' (default)' if option == reading.default else ''} {text}"
            for option, text in reading.options.items()
        )
        cells = (reading.clause, reading.question, choices, outcomes.get(key, ""), _links(places.get(key, ())))
        lines.append(f"| {reading.id} `{key}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _section(clause: str, home: ClauseHome | None, code: dict[str, list[str]]) -> str:
    entry = described().get(clause, {})
    rows = {
        "rules, amounts": _words((*home.rules, *home.amounts)) if home else "",
        "parameters": _words(home.parameters) if home else "",
        "readings": _words(home.interpretations) if home else "",
        "acts": _words(code["acts"]),
        "rule modules": _links(code["modules"]),
        "tables": _words(code["tables"]),
        "tests": _tests(code["tests"]),
    }
    about = f"{entry['asks']}（{'、'.join(entry['kinds'])}）" if entry else ""
    services = ", ".join(entry.get("services", ())) or "–"
    lines = (
        [f"### {clause}", "", about, "", f"| services | {services} |", "|---|---|"]
        if about
        else [f"### {clause}", "", "| | |", "|---|---|"]
    )
    return "\n".join([*lines, *(f"| {name} | {text} |" for name, text in rows.items() if text)])


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _links(paths: Iterable[str]) -> str:
    return ", ".join(f"[{path.removeprefix('services/')}](../{path})" for path in paths)


def _tests(names: Iterable[str]) -> str:
    """Return the tests by file: the file alone when the whole module is marked."""
    by_file: dict[str, list[str]] = {}
    for name in names:
        path, _, function = name.partition("::")
        by_file.setdefault(path, []).extend([f"`{function}`"] if function else [])
    return "<br>".join(
        f"[{path.removeprefix('tests/')}](../{path})" + (f": {', '.join(functions)}" if functions else "")
        for path, functions in by_file.items()
    )


GENERATED = {"clauses": clause_sections, "readings": reading_table}


def generated_page(page: str) -> str:
    """Return the page with each generated part made again, between its markers."""
    for name, make in GENERATED.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, rest = page.split(begin)
        page = f"{before}{begin}\n{make()}\n{end}{rest.split(end)[1]}"
    return page


def generated_code() -> str:
    """Return the index of acts, modules, tables and tests as eligibility's JSON file."""
    return json.dumps(code_index(), ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write the files, or return 3 when they are out of date."""
    parser = argparse.ArgumentParser(prog="python -m deploy.checks.clause_table", description=__doc__)
    parser.add_argument("act", choices=["check", "write"])
    page, code = generated_page(PAGE.read_text("utf-8")), generated_code()
    if parser.parse_args().act == "check":
        return 0 if (PAGE.read_text("utf-8"), CODE.read_text("utf-8")) == (page, code) else 3
    PAGE.write_text(page, "utf-8")
    CODE.write_text(code, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
