"""Environment of the campaigns: a PostgreSQL and a real broker that may be killed, used by one at a time."""

from collections.abc import Iterator

import pytest

from faults.environment import Ground, ground
from tests.broker.choice import choice


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect campaigns without Java: they kill the broker, so it must be a node of their own."""
    if choice().kind == "node":
        return
    left_out = [item for item in items if "stands" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.getbasetemp() / "faults", quick=True) as made:
        yield made
