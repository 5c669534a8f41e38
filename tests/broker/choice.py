"""What the tests have for brokers: a real node, one in a container, or librdkafka's mock cluster; which, and why.

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
    """Which brokers the tests run on, and why not on a real node."""

    kind: Kind
    why: str = ""

    def header(self) -> str:
        """A line for those who run the tests."""
        named = {
            "node": "a real Apache Kafka node of deploy/kafka",
            "containers": "apache/kafka in a container",
            "mock": "librdkafka's mock cluster; tests that need a real node are left out",
        }
        return f"brokers: {named[self.kind]}" + (f" ({self.why})" if self.why else "")


@cache
def choice() -> Choice:
    """TENGHUAN_TESTS_ON (node, containers, mock) decides; else a real node where Java is, and always in CI."""
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
