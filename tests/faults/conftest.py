"""PostgreSQL and a broker that may be killed, shared by all campaigns of the run."""

from collections.abc import Iterator

import pytest

from faults.environment import Environment, start_environment
from tests.broker.choice import choice


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect campaigns without Java: only a node of our own can be killed. The header of the run says so."""
    if choice().kind == "node":
        return
    left_out = [item for item in items if "environment" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with start_environment(tmp_path_factory.getbasetemp() / "faults", quick=True) as made:
        yield made
