"""A second period of a dated figure, so that a test sees from which day a figure is taken."""

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from shared.policy import parameters


def add_period(patch: pytest.MonkeyPatch, key: str, valid_from: date, value: Any) -> None:
    """Give a city-wide parameter another value from a day on, until the test ends."""
    known = parameters.history()
    later = replace(known[key][-1], valid_from=valid_from, value=parameters.normalized(value))
    changed = MappingProxyType({**known, key: (*known[key], later)})
    patch.setattr(parameters, "history", lambda: changed)
