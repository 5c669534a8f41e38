"""The list of personal data in docs/privacy.md: `python -m deploy.checks.privacy write`; a test compares."""

import argparse
import sys
from collections.abc import Iterator

from services import SERVICES
from shared.privacy import NONE, Register, register
from shared.settings import ROOT

PAGE = ROOT / "docs" / "privacy.md"
BEGIN, END = "<!-- list: begin -->", "<!-- list: end -->"


def written() -> str:
    """Return the page with the list as the code has it."""
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    listed = "\n".join(_list(register(SERVICES)))
    return f"{head}{BEGIN}\n{listed}\n{END}{rest.partition(END)[2]}"


def _list(listed: Register) -> Iterator[str]:
    yield f"Reviewed on {listed.reviewed}.\n"
    yield "| kind | what | purpose | source | who sees it | kept | then | rule |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, kind in listed.kinds.items():
        told = (kind.label, kind.purpose, kind.source, kind.seen_by, kind.kept, kind.then)
        yield f"| `{name}` | {' | '.join(told)} | {f'`{kind.rule}`' if kind.rule else ''} |"
    yield "\n| outside of the tables | holds | kept |\n|---|---|---|"
    yield from (f"| {name} | {store.holds} | {store.kept} |" for name, store in listed.stores.items())
    yield "\n| service | table | columns by kind |\n|---|---|---|"
    for service, tables in listed.fields.items():
        for table, by_kind in tables.items():
            shown = "; ".join(f"{kind}: `{'`, `'.join(by_kind[kind])}`" for kind in by_kind if kind != NONE)
            if shown:
                yield f"| {service or 'each'} | `{table}` | {shown} |"


def main() -> int:
    """Write the list into the page."""
    parser = argparse.ArgumentParser(prog="python -m deploy.checks.privacy", description=__doc__)
    parser.add_argument("act", choices=["write"])
    parser.parse_args()
    PAGE.write_text(written(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
