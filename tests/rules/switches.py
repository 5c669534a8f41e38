"""Case of a reading: a real function whose result differs between the choices of the reading."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Switch:
    """A reading's key, the outcome that changes, the function of the choice, and the result of each choice.

    `expected` holds the default and one or more other choices, each with another result than the default.
    """

    key: str
    outcome: str
    result: Callable[[str], Any]
    expected: Mapping[str, Any]
