"""The suite that the generated client calls: the shared one, not the one that operators' tests start anew."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import LastingWorld
from tests.world import World


@pytest.fixture
async def world(lasting_world: LastingWorld) -> AsyncIterator[World]:
    """Return the shared suite, reset afterwards."""
    yield await lasting_world.lend()
    await lasting_world.take_back()
