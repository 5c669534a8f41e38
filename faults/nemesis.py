"""Lets a schedule's injuries befall a suite, each at its moment, and keeps account of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from faults.injections import Missed, strike
from faults.recovery import Wound
from faults.schedule import LASTING, WHOLE, Injury
from faults.suite import Site


@dataclass
class Ordeal:
    """What befell so far. Injuries to the whole suite wait for one another; so do those of one service that last."""

    site: Site
    wounds: list[Wound] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)
    under_way: list[Injury] = field(default_factory=list)
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def befall(self, injuries: Sequence[Injury]) -> None:
        """Returns when the last one is over. An injury that cannot be set right ends the run: its error is raised."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for injury in sorted(injuries):
                await asyncio.sleep(began + injury.at - time.monotonic())
                group.create_task(self._in_turn(injury), name=f"{injury.kind} {injury.target}")

    async def _in_turn(self, injury: Injury) -> None:
        if injury.kind in WHOLE or injury.kind in LASTING:
            turn = "whole" if injury.kind in WHOLE else f"{injury.kind} {injury.target}"
            async with self._turns.setdefault(turn, asyncio.Lock()):
                await self._strike(injury)
        else:
            await self._strike(injury)

    async def _strike(self, injury: Injury) -> None:
        self.under_way.append(injury)
        try:
            self.wounds.append(await strike(self.site, injury))
        except Missed:
            self.missed[injury.kind] += 1
        finally:
            self.under_way.remove(injury)

    def counts(self) -> Counter[str]:
        return Counter(wound.injury.kind for wound in self.wounds)
