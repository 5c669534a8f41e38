"""Choice of the test brokers: a real node, one in a container, or librdkafka's mock cluster.

The mock knows producing, fetching and groups. It knows no making of topics (each is there when first named), no
deletion, no limits of size, no logins and no access rules, and it forgets all when it ends.
"""

import os
import shutil
from dataclasses import dataclass
from functools import cache
from typing import Literal

from deploy.local.kafka.jars import BrokerError, installed, java

Kind = Literal["node", "containers", "mock"]


@dataclass(frozen=True)
class Choice:
    """The kind of brokers that the tests use, and the reason if it is not a real node."""

    kind: Kind
    why: str = ""

    def header(self) -> str:
        """Return the line for the head of the test report."""
        named = {
            "node": "a real Apache Kafka node of deploy/kafka",
            "containers": "apache/kafka in a container",
            "mock": "librdkafka's mock cluster; tests that need a real node are left out",
        }
        return f"brokers: {named[self.kind]}" + (f" ({self.why})" if self.why else "")


@cache
def choice() -> Choice:
    """Return the kind that TENGHUAN_TESTS_ON names; by default a real node if Java is installed or in CI."""
    asked = os.environ.get("TENGHUAN_TESTS_ON", "")
    if asked == "containers":
        return Choice("containers", "TENGHUAN_TESTS_ON")
    if asked == "mock":
        return Choice("mock", "TENGHUAN_TESTS_ON")
    try:
        java()
        if not installed() and shutil.which("mvn") is None:
            raise BrokerError("Maven is missing")
    except BrokerError as error:
        return Choice("node" if asked == "node" or os.environ.get("CI") else "mock", str(error))
    return Choice("node")
