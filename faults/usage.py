"""Memory and database connections of the services during a run."""

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

from faults.suite import RunningSuite, admin_connection

INTERVAL_SECONDS = 5.0
_BACKENDS = """
SELECT application_name, count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^(tenghuan|relay)-' GROUP BY 1"""


@dataclass
class ResourceUsage:
    """Samples of each process's memory in MB during an `async with` block."""

    suite: RunningSuite
    memory: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch(), name="usage")
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            pids = {self.suite.processes.pid(name): name for name in tuple(self.suite.processes.starts)}
            for pid, megabytes in _resident(list(pids)).items():
                self.memory[pids[pid], pid].append(megabytes)

    def growth(self) -> dict[str, tuple[float, float]]:
        """Return by service the first sample of its first process and the highest of any."""
        found: dict[str, tuple[float, float]] = {}
        for (name, _), megabytes in self.memory.items():
            first, most = found.get(name, (megabytes[0], 0.0))
            found[name] = (first, max(most, *megabytes))
        return found


def _resident(pids: list[int]) -> dict[int, float]:
    found = {}
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found[pid] = round(psutil.Process(pid).memory_info().rss / 1_000_000, 1)
    return found


async def backends(suite: RunningSuite) -> dict[str, int]:
    """Return the number of database connections by application."""
    async with admin_connection(suite.dsn) as admin:
        return {str(name): int(count) for name, count in await admin.fetch(_BACKENDS)}
