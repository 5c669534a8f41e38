"""What the services take of the machine while they are hurt: memory, and connections at the database."""

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

from faults.suite import Site, administrator

EVERY_SECONDS = 5.0
_BACKENDS = """
SELECT application_name, count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^(tenghuan|relay)-' GROUP BY 1"""


@dataclass
class Vitals:
    """Memory of each process by its number, in MB, every so often, for the length of an `async with` block."""

    site: Site
    memory: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch(), name="vitals")
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            pids = {self.site.processes.pid(name): name for name in tuple(self.site.processes.starts)}
            for pid, megabytes in _resident(list(pids)).items():
                self.memory[pids[pid], pid].append(megabytes)

    def growth(self) -> dict[str, tuple[float, float]]:
        """By service: MB when one of its processes was first looked at, and the most any of them came to."""
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


async def backends(site: Site) -> dict[str, int]:
    """How many connections each application holds at the database."""
    async with administrator(site.dsn) as admin:
        return {str(name): int(many) for name, many in await admin.fetch(_BACKENDS)}
