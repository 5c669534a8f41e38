"""Reviewed list of personal data: kinds with purpose, source and period, and the columns that hold each kind (I31)."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.settings import ROOT

SHARED_FILE = Path(__file__).with_name("privacy.toml")
NONE = "none"
"""Key of the columns by which no person can be known."""


@dataclass(frozen=True)
class Kind:
    """A kind of personal data."""

    label: str
    purpose: str
    source: str
    """Clause or law."""
    seen_by: str
    kept: str
    then: str
    rule: str = ""
    """Rule of retention that erases it; empty: nothing erases it by age."""


@dataclass(frozen=True)
class Store:
    """A place outside of the tables."""

    holds: str
    kept: str


@dataclass(frozen=True)
class Register:
    """The whole list."""

    reviewed: date
    kinds: Mapping[str, Kind]
    stores: Mapping[str, Store]
    fields: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]
    """Columns by service (empty: of every service), table and kind."""

    def columns(self, service: str) -> Iterator[tuple[str, str, str]]:
        """Yield table, kind or `none`, and column or path of a service's tables, those of every service included."""
        for listed in (self.fields[""], self.fields[service]):
            for table, by_kind in listed.items():
                yield from ((table, kind, column) for kind, columns in by_kind.items() for column in columns)


def service_file(service: str) -> Path:
    """Return the file that lists the columns of a service."""
    return ROOT / "services" / service / "privacy.toml"


def register(services: tuple[str, ...]) -> Register:
    """Return the list of these services."""
    shared = tomllib.loads(SHARED_FILE.read_text("utf-8"))
    listed = {"": shared["fields"]}
    listed |= {name: tomllib.loads(service_file(name).read_text("utf-8"))["fields"] for name in services}
    return Register(
        shared["reviewed"],
        {name: Kind(**kind) for name, kind in shared["kinds"].items()},
        {name: Store(**store) for name, store in shared["stores"].items()},
        {
            service: {
                table: {kind: tuple(columns) for kind, columns in by_kind.items()} for table, by_kind in tables.items()
            }
            for service, tables in listed.items()
        },
    )
