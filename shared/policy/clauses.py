"""Index of an edition's clauses: rules, amounts, parameters and readings of each clause."""

from __future__ import annotations

from dataclasses import dataclass

from shared.policy.editions import editions
from shared.policy.parameters import history, readings


@dataclass(frozen=True, slots=True)
class ClauseHome:
    """A clause with the ids of its rules, amounts, parameters and interpretations."""

    clause: str
    rules: tuple[str, ...]
    amounts: tuple[str, ...]
    parameters: tuple[str, ...]
    interpretations: tuple[str, ...]


def clauses(edition: str = "2023") -> tuple[ClauseHome, ...]:
    """Return every clause that the data cites, in the notice's order. Raises KeyError for an unknown edition."""
    text = {entry["id"]: entry for entry in editions()}[edition]
    rules = [(rule["clause"], name) for name, rule in text["rules"].items()]
    amounts = [(amount["clause"], name) for name, amount in text.get("amounts", {}).items()]
    parameters = list(dict.fromkeys(_parameter_homes(edition)))
    open_points = [(reading.clause, key) for key, reading in readings().items()]
    named = {clause for clause, _ in (*rules, *amounts, *parameters)}
    if edition == editions()[-1]["id"]:
        named |= {clause for clause, _ in open_points}
    columns = (rules, amounts, parameters, open_points)
    return tuple(
        ClauseHome(clause, *(tuple(name for home, name in column if home == clause) for column in columns))
        for clause in sorted(named, key=lambda clause: (_place(clause), clause))
    )


def _parameter_homes(edition: str) -> list[tuple[str, str]]:
    return [
        (dated.ref.removeprefix(f"{edition}#"), key)
        for key, values in history().items()
        for dated in values
        if dated.ref.startswith(f"{edition}#")
    ]


def _place(clause: str) -> tuple[int, ...]:
    """Return the sort key of a clause: numerals by value; other names last."""
    numerals = "一二三四五六七八九"
    places = tuple(numerals.index(sign) + 1 if sign in numerals else int(sign) for sign in clause if _numeral(sign))
    return places or (99,)


def _numeral(sign: str) -> bool:
    return sign in "一二三四五六七八九" or sign.isdigit()
