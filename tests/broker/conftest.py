"""Fixtures: one broker per test process, emptied for every test."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.kafka.node import Node, start
from deploy.local.kafka.server import listens
from tests.broker.choice import choice
from tests.broker.cluster import Broker, mock_cluster


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip tests that the mock cannot run, which kill, fence or protect brokers; the report's head says so."""
    if choice().kind == "node":
        return
    left_out = [item for item in items if "real_node" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def real_node() -> None:
    """Skip a test that starts nodes itself where there are none."""


@pytest.fixture(scope="session")
def lasting_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Yield the node of this process; workers need one each because all use the same topic names."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    started = start(tmp_path_factory.getbasetemp() / f"kafka-{worker}")
    yield started
    started.stop(keep=False)


@pytest.fixture(scope="session")
def lasting_servers(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield host:port of the brokers that outlive a test; empty if each test has its own."""
    if choice().kind == "node":
        yield request.getfixturevalue("lasting_node").servers
    elif choice().kind == "containers":
        from tests.containers import kafka

        with kafka() as servers:
            yield servers
    else:
        yield ""


@pytest.fixture
async def broker(lasting_servers: str) -> AsyncIterator[Broker]:
    """Yield brokers with empty topics."""
    if lasting_servers:
        emptied = Broker(lasting_servers, choice().kind)
        await emptied.empty()
        yield emptied
    else:
        with mock_cluster() as servers:
            yield Broker(servers, "mock")


@pytest.fixture
def node(lasting_node: Node, real_node: None) -> Iterator[Node]:
    """Yield the real node behind `broker`, for killing; it is restarted after the test."""
    yield lasting_node
    if not listens(lasting_node.port):
        lasting_node.restart()
