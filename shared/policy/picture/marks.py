"""Marks of the four states: circle with tick, square with cross, diamond with question mark, circle with dash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shared.policy.picture.outline import State

INK: Final = "#1a1a1a"
COLOURS: Final[dict[State, tuple[str, str]]] = {
    "yes": ("#f3faf5", "#1b5e37"),
    "no": ("#fdf0ee", "#8c1d18"),
    "open": ("#fdf6e3", "#6b4e00"),
    "skipped": ("#fafafa", "#6b6b6b"),
}
"""Fill and edge; ink on each fill and each edge on white have a contrast above 4.5."""
LEGEND: Final[tuple[State, ...]] = ("yes", "no", "open", "skipped")


def mark(state: State, x: int, y: int) -> str:
    """Return the mark of a state, 16 px wide, centred at x and y."""
    return (
        f'<g transform="translate({x} {y})" fill="none" stroke-linecap="round">{_MARKS[state](COLOURS[state][1])}</g>'
    )


def _tick(edge: str) -> str:
    return f'<circle r="8" fill="{edge}"/><path d="M-4 0 L-1 3.5 L4.5 -3.5" stroke="#ffffff" stroke-width="2.2"/>'


def _cross(edge: str) -> str:
    square = f'<rect x="-8" y="-8" width="16" height="16" fill="{edge}"/>'
    return f'{square}<path d="M-4 -4 L4 4 M4 -4 L-4 4" stroke="#ffffff" stroke-width="2.2"/>'


def _question(edge: str) -> str:
    diamond = f'<path d="M0 -10 L10 0 L0 10 L-10 0 Z" fill="#ffffff" stroke="{edge}" stroke-width="1.8"/>'
    return f'{diamond}<text y="4.5" font-size="13" font-weight="700" text-anchor="middle" fill="{edge}">?</text>'


def _dash(edge: str) -> str:
    return f'<circle r="7.5" fill="#ffffff" stroke="{edge}"/><path d="M-4 0 H4" stroke="{edge}" stroke-width="1.8"/>'


_MARKS: Final[dict[State, Callable[[str], str]]] = {"yes": _tick, "no": _cross, "open": _question, "skipped": _dash}
