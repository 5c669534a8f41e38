"""One broker for each process that runs tests; emptied for every test that asks for it."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.kafka.node import Node, start
from deploy.local.kafka.server import listens
from tests.broker.choice import choice
from tests.broker.cluster import Broker, mock_cluster


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The mock cannot be killed, fenced or guarded: what needs that is left out with it, and the header says so."""
    if choice().kind == "node":
        return
    left_out = [item for item in items if "real_node" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def real_node() -> None:
    """What a test asks for that starts nodes itself: it is left out where there are none."""


@pytest.fixture(scope="session")
def lasting_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node of this process: workers do not share one, since topics have the same names for all."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    started = start(tmp_path_factory.getbasetemp() / f"kafka-{worker}")
    yield started
    started.stop(keep=False)


@pytest.fixture(scope="session")
def lasting_servers(request: pytest.FixtureRequest) -> Iterator[str]:
    """host:port of the brokers that outlast a test; empty where each test has its own."""
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
    """Brokers with our topics, all of them empty."""
    if lasting_servers:
        emptied = Broker(lasting_servers, choice().kind)
        await emptied.empty()
        yield emptied
    else:
        with mock_cluster() as servers:
            yield Broker(servers, "mock")


@pytest.fixture
def node(lasting_node: Node, real_node: None) -> Iterator[Node]:
    """The real node behind `broker`, to be killed; it runs again after the test."""
    yield lasting_node
    if not listens(lasting_node.port):
        lasting_node.restart()
