"""Nemesis: injects the scheduled faults at their times and records them."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from faults.injections import inject
from faults.recovery import Injection
from faults.schedule import SERIAL_PER_SERVICE, SUITE_WIDE, Fault
from faults.suite import NoTarget, RunningSuite


@dataclass
class Nemesis:
    """Injected faults of a run. Suite-wide faults run one at a time, and so do long faults of one kind and service."""

    suite: RunningSuite
    injections: list[Injection] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)
    under_way: list[Fault] = field(default_factory=list)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def run(self, faults: Sequence[Fault]) -> None:
        """Inject all faults; return when the last is repaired. An error during repair ends the run and is raised."""
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in sorted(faults):
                await asyncio.sleep(started + fault.at - time.monotonic())
                group.create_task(self._run_serialized(fault), name=f"{fault.kind} {fault.target}")

    async def _run_serialized(self, fault: Fault) -> None:
        if fault.kind in SUITE_WIDE or fault.kind in SERIAL_PER_SERVICE:
            name = "suite" if fault.kind in SUITE_WIDE else f"{fault.kind} {fault.target}"
            async with self._locks.setdefault(name, asyncio.Lock()):
                await self._inject(fault)
        else:
            await self._inject(fault)

    async def _inject(self, fault: Fault) -> None:
        self.under_way.append(fault)
        try:
            self.injections.append(await inject(self.suite, fault))
        except NoTarget:
            self.missed[fault.kind] += 1
        finally:
            self.under_way.remove(fault)

    def counts(self) -> Counter[str]:
        return Counter(injection.fault.kind for injection in self.injections)
