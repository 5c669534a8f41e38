"""Rights of every database role as a page, docs/grants.md: `python -m deploy.checks.grants write`; a test compares."""

import argparse
import sys
from collections.abc import Iterable, Iterator

from services import load_all
from shared.settings import ROLE_KINDS, ROOT
from shared.storage.access import SHARED, Access

PAGE = ROOT / "docs" / "grants.md"
_HEAD = """# Rights in the database

Written by `python -m deploy.checks.grants write` from `shared/storage/access.py` and `services/*/access.py`;
`deploy.migrate up` grants exactly this. Columns follow a right in brackets; without them it is one of the whole table.
Every role may connect, and use the schema that bears its service's name."""


def page() -> str:
    """Return the page: a table for what every service has, then one a service."""
    parts = [_HEAD, *_table("Tables that every service has", SHARED)]
    for service in load_all():
        parts += _table(f"`{service.name}` {service.title}", service.access)
    return "\n".join(parts) + "\n"


def _table(title: str, rows: Iterable[Access]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield f"| of | {' | '.join(f'`{kind}_…`' for kind in ROLE_KINDS)} | why |"
    yield "|---|" + "---|" * (len(ROLE_KINDS) + 1)
    for row in rows:
        rights = dict(row.rights())
        yield f"| `{row.of}` | {' | '.join(rights.get(kind, '') for kind in ROLE_KINDS)} | {row.why} |"


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m deploy.checks.grants", description=__doc__)
    parser.add_argument("act", choices=["write"])
    parser.parse_args()
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
