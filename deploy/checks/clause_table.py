"""The README's table of where each clause lives, made from the rules, the parameters and the endpoints themselves."""

import argparse
import re
import sys
from collections import defaultdict

from services import SERVICES, load
from shared.policy import clauses
from shared.settings import ROOT
from shared.web.app import create_app

BEGIN, END = "<!-- clauses: begin -->", "<!-- clauses: end -->"
README = ROOT / "README.md"
_IN_ORDER = str.maketrans("一二三四五", "12345")
# 二（一）1, 三（一）, 四（一）2 … as docstrings cite them.
_CITED = re.compile(r"[一二三四](?:（[一二三四五]）)?[1-4]?(?![一-龥])")


def acts_by_clause() -> dict[str, list[str]]:
    """Operations by the clause their description, which is the docstring, cites."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in SERVICES:
        paths = create_app(load(name)).openapi()["paths"]
        for operation in (operation for path in paths.values() for operation in path.values()):
            for clause in sorted(set(_CITED.findall(operation.get("description", "")))):
                found[clause].append(f"{name}.{operation['operationId']}")
    return found


def table() -> str:
    """The table in Markdown: clause, rules and amounts, parameters, readings of open points, acts."""
    acts = acts_by_clause()
    homes = {home.clause: home for home in clauses()}
    lines = ["| clause | rules, amounts | parameters | readings | acts |", "|---|---|---|---|---|"]
    for clause in sorted({*homes, *acts}, key=lambda clause: clause.translate(_IN_ORDER)):
        home = homes.get(clause)
        cells = [
            ", ".join((*home.rules, *home.amounts)) if home else "",
            ", ".join(home.parameters) if home else "",
            ", ".join(home.interpretations) if home else "",
            ", ".join(acts.get(clause, [])),
        ]
        lines.append(f"| {clause} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def in_readme() -> str:
    """The table as the README has it now."""
    return README.read_text().split(BEGIN)[1].split(END)[0].strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.checks.clause_table", description=__doc__)
    parser.add_argument("act", choices=["check", "write"])
    if parser.parse_args().act == "check":
        return 0 if in_readme() == table() else 3
    text = README.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
