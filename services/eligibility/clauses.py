"""Where each clause of the notice lives: who answers for it, and the rules, numbers and readings that carry it."""

import tomllib
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from shared.policy import ClauseHome, clauses

CURRENT = "2023"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: what it asks, what the system owes it (kinds), which services answer, and what carries it."""

    clause: str
    asks: str = ""
    kinds: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    amounts: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    interpretations: list[str] = field(default_factory=list)


@cache
def clauses_of(edition: str) -> list[Clause]:
    """The clauses of an edition in the order of the notice; of an earlier one those that its data name."""
    homes = {home.clause: home for home in clauses(edition)}
    told = _told() if edition == CURRENT else {}
    names = [*told, *(name for name in homes if name not in told)]
    return [Clause(**{"clause": name, **told.get(name, {}), **_carriers(homes.get(name))}) for name in names]


def _carriers(home: ClauseHome | None) -> dict[str, list[str]]:
    return {name: list(value) for name, value in asdict(home).items() if name != "clause"} if home else {}


@cache
def _told() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "clauses.toml").read_text("utf-8"))
