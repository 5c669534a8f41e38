"""Readings of the notice that tests of funding choose."""

from collections.abc import AsyncIterator, Iterator

import pytest

from services.funding.ledger.reconciliation import reconcile_snapshot
from tests.conftest import LastingWorld
from tests.world import World


@pytest.fixture
async def world(lasting_world: LastingWorld, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Lend the world, and verify at the end that ledger, documents, cases, acts and events agree.

    A test that puts rows beside the acts says so with the marker `planted`.
    """
    world = await lasting_world.lend()
    yield world
    try:
        if request.node.get_closest_marker("planted") is None:
            assert await reconcile_snapshot(world.instances["funding"].background.engine, 60) == []
    finally:
        await lasting_world.take_back()


@pytest.fixture
def by_progress(world: World) -> Iterator[None]:
    """Choose instalments by progress instead of one payment (I32)."""
    readings = world.instances["funding"].settings.interpretations
    readings["instalments"] = "by_progress"
    yield
    readings.clear()
