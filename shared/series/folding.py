"""Fold confirmed batches over the package's figures into a register."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from shared.series.figures import Batch, Figure, Place, Register

DETAILS = ("source", "ref", "quote", "note", "basis")


def fold(base: Iterable[Figure], batches: Iterable[Batch], stamp: int = 0, behind: Iterable[str] = ()) -> Register:
    """Return the register of the package's figures and the batches, in the order of their numbers.

    A batch of the package replaces the figures of the package's file, which it stores; any other adds versions.
    """
    held: dict[Place, list[Figure]] = {figure.place: [figure] for figure in base}
    for batch in sorted(batches, key=lambda each: (each.kind, each.number)):
        for written in batch.figures:
            _add(held, batch, written)
    return Register([figure for versions in held.values() for figure in versions], stamp, behind)


def _add(held: dict[Place, list[Figure]], batch: Batch, written: Mapping[str, Any]) -> None:
    place = batch.kind, str(written["key"]), date.fromisoformat(written["valid_from"])
    versions = held.setdefault(place, [])
    if batch.of_package and versions and versions[-1].number == 0:
        versions.clear()
    versions.append(figure_of(batch.kind, written, len(versions) + 1, batch.number))


def figure_of(kind: str, written: Mapping[str, Any], version: int = 1, number: int = 0) -> Figure:
    """Return the figure of its stored form."""
    return Figure(
        kind,
        str(written["key"]),
        date.fromisoformat(written["valid_from"]),
        written.get("value"),
        version,
        number,
        bool(written.get("struck")),
        bool(written.get("unverified")),
        {name: str(written[name]) for name in DETAILS if written.get(name)},
    )


def written(figure: Figure) -> dict[str, Any]:
    """Return the stored form of a figure."""
    marks = {name: True for name in ("struck", "unverified") if getattr(figure, name)}
    place = {"key": figure.key, "valid_from": figure.valid_from.isoformat()}
    return {**place, "value": figure.value, **marks, **figure.details}
