"""Readings of the notice that tests of funding choose."""

from collections.abc import Iterator

import pytest

from tests.world import World


@pytest.fixture
def by_progress(world: World) -> Iterator[None]:
    """Choose instalments by progress instead of one payment (I32)."""
    readings = world.instances["funding"].settings.interpretations
    readings["instalments"] = "by_progress"
    yield
    readings.clear()
