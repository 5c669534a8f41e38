"""Memory, open files and database connections of the services during a run, and the bounds that they must keep."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import asyncpg
import psutil

from faults.suite import RunningSuite, admin_connection
from services import SERVICES
from shared.clock import Clock
from shared.runtime import BACKGROUND_CONNECTIONS

INTERVAL_SECONDS = 5.0
SETTLED_SECONDS = 10.0
"""Age from which a process is measured: before, it imports its modules."""
MEMORY_GROWTH_MB = 150.0
FILES_GROWTH = 250
"""Bounds on the growth of a process while the load lasts; connections of clients count as open files."""
RELAY_CONNECTIONS = 3
_BACKENDS = """
SELECT application_name, count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^(tenghuan|relay)-' GROUP BY 1"""


@dataclass(frozen=True)
class Usage:
    """Figures of one service: first and highest of any of its processes, growth the largest of one process."""

    memory_mb: tuple[float, float]
    memory_growth_mb: float
    files: tuple[int, int]
    files_growth: int
    connections: tuple[int, int]
    """Database connections: the most at any time, and at the end."""


Sample = tuple[float, int]
"""Memory in MB and number of open files."""


@dataclass
class ResourceUsage:
    """Samples taken during an `async with` block."""

    suite: RunningSuite
    samples: dict[tuple[str, int], list[Sample]] = field(default_factory=lambda: defaultdict(list))
    most_connections: dict[str, int] = field(default_factory=dict)
    last_connections: Mapping[str, int] = field(default_factory=dict)

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
            self._sample_processes()
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                self._note(await connections(self.suite))

    def _sample_processes(self) -> None:
        for name in tuple(self.suite.processes.starts):
            pid = self.suite.processes.pid(name)
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process = psutil.Process(pid)
                if Clock().now().timestamp() - process.create_time() > SETTLED_SECONDS:
                    sample = round(process.memory_info().rss / 1_000_000, 1), process.num_fds()
                    self.samples[name.partition("-")[0], pid].append(sample)

    def _note(self, found: Mapping[str, int]) -> None:
        for name, count in found.items():
            self.most_connections[name] = max(count, self.most_connections.get(name, 0))

    async def take_last(self) -> None:
        """Count the connections of a suite at rest."""
        self.last_connections = await connections(self.suite)
        self._note(self.last_connections)

    def figures(self) -> dict[str, Usage]:
        """Return the figures by service; a service of which no process lasted long enough is left out."""
        return {name: self._of(name) for name in SERVICES if any(name == service for service, _ in self.samples)}

    def _of(self, name: str) -> Usage:
        runs = [samples for (service, _), samples in self.samples.items() if service == name]
        memory, files = ([[sample[part] for sample in run] for run in runs] for part in (0, 1))
        return Usage(
            memory_mb=(memory[0][0], max(map(max, memory))),
            memory_growth_mb=round(max(max(run) - run[0] for run in memory), 1),
            files=(int(files[0][0]), int(max(map(max, files)))),
            files_growth=int(max(max(run) - run[0] for run in files)),
            connections=(_of_service(self.most_connections, name), _of_service(self.last_connections, name)),
        )

    def excesses(self) -> tuple[str, ...]:
        """Return what exceeds its bound, a sentence each."""
        settings = self.suite.settings
        own = settings.pool_size + settings.pool_overflow + BACKGROUND_CONNECTIONS
        bounds = {"tenghuan": own, "relay": RELAY_CONNECTIONS}
        return tuple(excesses_of(self.figures(), self.last_connections, bounds))


def excesses_of(
    figures: Mapping[str, Usage], connections: Mapping[str, int], bounds: Mapping[str, int]
) -> Iterator[str]:
    """Yield what exceeds its bound; `bounds` are those of connections by kind of login."""
    for name, usage in figures.items():
        if usage.memory_growth_mb > MEMORY_GROWTH_MB:
            yield f"a process of {name} grew by {usage.memory_growth_mb:.0f} MB, at most {MEMORY_GROWTH_MB:.0f}"
        if usage.files_growth > FILES_GROWTH:
            yield f"a process of {name} opened {usage.files_growth} files more, at most {FILES_GROWTH}"
    for name, count in connections.items():
        if count > (most := bounds[name.partition("-")[0]]):
            yield f"{name} holds {count} database connections at rest, at most {most}"


def _of_service(counts: Mapping[str, int], name: str) -> int:
    return sum(count for application, count in counts.items() if application.partition("-")[2] == name)


async def connections(suite: RunningSuite) -> dict[str, int]:
    """Return the number of database connections by application."""
    async with admin_connection(suite.dsn) as admin:
        return {str(name): int(count) for name, count in await admin.fetch(_BACKENDS)}
