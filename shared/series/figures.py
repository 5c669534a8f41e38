"""Figures, the register that holds them, and the register that the work under way reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar

from shared.errors import DomainError
from shared.series.kinds import KINDS

View = TypeVar("View")
Place = tuple[str, str, date]
"""Kind, key and first day of a figure."""


class FiguresNotReceived(DomainError):
    """The owner of a kind has confirmed figures that this service has not received yet."""

    status, code, title = 409, "figures_not_received", "本系统尚未收到最新数据"


@dataclass(frozen=True, slots=True)
class Figure:
    """One version of a value that holds from a day on. `value` is JSON; numbers are text.

    `number` is that of the batch that brought it, 0 for the package's file. A struck figure holds no longer.
    """

    kind: str
    key: str
    valid_from: date
    value: Any
    version: int = 1
    number: int = 0
    struck: bool = False
    unverified: bool = False
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return self.kind, self.key, self.valid_from

    @property
    def name(self) -> str:
        """Return the name by which a decision refers to this version, such as `lpr/1Y/2024-07-22/1`."""
        return f"{self.kind}/{self.key}/{self.valid_from}/{self.version}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Confirmed figures of one kind, entered together; `number` counts within the kind."""

    kind: str
    number: int
    figures: tuple[Mapping[str, Any], ...]
    of_package: bool = False


class Register:
    """All versions of all figures, and those in force. Immutable; `stamp` identifies its content within a service."""

    def __init__(self, versions: Iterable[Figure], stamp: int = 0, behind: Iterable[str] = ()) -> None:
        self.versions = tuple(versions)
        self.stamp = stamp
        self.behind = frozenset(behind)
        self._newest = {figure.place: figure for figure in self.versions}
        self._series = _by_key(self._newest.values())
        self._views: dict[Any, Any] = {}

    def series(self, kind: str, key: str) -> tuple[Figure, ...]:
        """Return the newest version of each figure of a key that is not struck out, by first day."""
        return self._series.get((kind, key), ())

    def keys(self, kind: str) -> list[str]:
        return [key for known, key in self._series if known == kind]

    def newest(self, place: Place) -> Figure | None:
        """Return the newest version at a place, a struck one included."""
        return self._newest.get(place)

    def in_force(self, kind: str, key: str, on: date) -> Figure | None:
        """Return the figure that holds on a day; None before the first."""
        found = [figure for figure in self.series(kind, key) if figure.valid_from <= on]
        return found[-1] if found else None

    def number(self, kind: str) -> int:
        """Return the number of the last batch of a kind; 0 if there is none."""
        return max((figure.number for figure in self.versions if figure.kind == kind), default=0)

    def view(self, make: Callable[[Register], View]) -> View:
        """Return what `make` derives from this register; it is made once."""
        if make not in self._views:
            self._views[make] = make(self)
        made: View = self._views[make]
        return made


def _by_key(newest: Iterable[Figure]) -> Mapping[tuple[str, str], tuple[Figure, ...]]:
    found: dict[tuple[str, str], list[Figure]] = {}
    for figure in newest:
        if not figure.struck:
            found.setdefault((figure.kind, figure.key), []).append(figure)
    return MappingProxyType(
        {key: tuple(sorted(figures, key=lambda each: each.valid_from)) for key, figures in found.items()}
    )


@dataclass(slots=True)
class Reading:
    """The register of a piece of work, the day on which it is done, and the names of the figures it has read."""

    register: Register
    today: date | None = None
    used: set[str] = field(default_factory=set)


_reading: ContextVar[Reading | None] = ContextVar("reading_of_figures", default=None)


def reading() -> Reading | None:
    """Return the reading of the work under way; None outside of a service's transaction."""
    return _reading.get()


def current() -> Register:
    """Return the register that the work under way reads: the package's outside of a service's transaction."""
    from shared.series.package import package_register

    found = _reading.get()
    return package_register() if found is None else found.register


def note(names: Iterable[str]) -> None:
    """Note the names of figures as read by the work under way."""
    found = _reading.get()
    if found is not None:
        found.used.update(names)


@contextmanager
def reading_from(register: Register, today: date | None = None) -> Iterator[Reading]:
    """Let the work of the block read a register."""
    before, made = _reading.get(), Reading(register, today)
    _reading.set(made)
    try:
        yield made
    finally:
        _reading.set(before)


def series_of(kind: str, key: str) -> tuple[Figure, ...]:
    """Return the figures of a key in the register of the work under way. Raises FiguresNotReceived."""
    expect_received(kind)
    return current().series(kind, key)


def expect_received(kind: str) -> None:
    """Raise FiguresNotReceived where the kind's owner has confirmed what this service does not have yet."""
    if kind in current().behind:
        raise FiguresNotReceived(
            f"“{KINDS[kind].label}”已有新确认的数据，本系统尚未收到，暂不能据以计算；请稍后重试，"
            "持续未收到的请联系运维查看消息积压（tenghuan parked list）",
            kind=kind,
        )


def way_out(kind: str) -> str:
    """Return how a missing figure of a kind is entered."""
    return (
        f"请先补录：由市发展改革委经办登记“{KINDS[kind].label}”（POST /v1/series/batches，kind={kind}；"
        f"或 tenghuan series import {kind} 文件.csv），另一人确认（tenghuan series confirm）后生效"
    )
