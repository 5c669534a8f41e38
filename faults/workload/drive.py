"""The open loop: everything begins when the schedule says, whether or not what came before it has ended."""

import asyncio
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from faults.workload.caller import Caller
from faults.workload.case import Case
from faults.workload.desk import Desk
from faults.workload.filing import file
from faults.workload.log import CommandLog
from faults.workload.paying import pay
from faults.workload.plan import Plan, Suite
from faults.workload.pushes import Districts
from faults.workload.reviewing import review


@dataclass(frozen=True)
class LoadFigures:
    """What the load was. `dropped` arrivals never began; `latest_start_seconds` is how late one began at worst."""

    arrivals: int
    dropped: int
    latest_start_seconds: float
    seconds: float
    requests: int
    unanswered_attempts: int
    commands: int
    accepted: int
    refused: int
    without_answer: int
    resent: int
    declarations: int
    rows_accepted: int
    stalled: int
    failures: tuple[str, ...]
    """Flows of the load that ended in an exception or not at all: mistakes, or a suite that does not keep up."""
    broken_answers: tuple[str, ...]
    """Answers 500."""


async def drive(
    suite: Suite, plan: Plan, seed: int, seconds: float, log: CommandLog, opened: asyncio.Event | None = None
) -> LoadFigures:
    """Load the suite for so many seconds, then let what is under way end. The seed draws arrivals, rows and cases.

    Arrivals are Poisson; the suite must be up and empty at the beginning, and may be hurt in any way from then on.
    `opened` is set when the arrivals begin.
    """
    async with Caller(suite, plan, seed, log) as caller:
        load = _Load(caller, plan, seed)
        await load.open()
        if opened is not None:
            opened.set()
        await load.arrive(seconds)
        caller.give_up_at = time.monotonic() + plan.patience_seconds
        await load.end()
        return load.figures(log)


_LAST_VOLLEYS_SECONDS = 3.0
"""Between volleys once nothing new arrives: what came late must not wait three volleys of the usual pace."""


class _Load:
    """All that goes on at a time."""

    def __init__(self, caller: Caller, plan: Plan, seed: int) -> None:
        self._caller, self._plan, self._seed = caller, plan, seed
        self._districts, self._desk = Districts(caller, plan, seed), Desk(caller, plan, seed)
        self._under_way: set[asyncio.Task[None]] = set()
        self._failures: list[str] = []
        self._arrivals = self._declared = self._begun = self._living = 0
        self._latest = 0.0
        self._began = time.monotonic()

    async def open(self) -> None:
        await asyncio.gather(self._districts.open(), self._desk.open())

    async def arrive(self, seconds: float) -> None:
        """Begin everything at its moment."""
        schedule = self._schedule(seconds)
        self._arrivals, self._began = len(schedule), time.monotonic()
        for at, kind in schedule:
            await asyncio.sleep(self._began + at - time.monotonic())
            self._latest = max(self._latest, time.monotonic() - self._began - at)
            self._begin(self._work(kind))
            self._begun += 1

    def _schedule(self, seconds: float) -> list[tuple[float, str]]:
        plan, chance = self._plan, random.Random(f"{self._seed}/arrivals")
        rates = {"push": plan.pushes_per_second, "declaration": plan.declarations_per_second}
        arrivals = [(at, kind) for kind, rate in rates.items() for at in _poisson(chance, rate, seconds)]
        volleys = [(at * plan.volley_seconds, "volley") for at in range(1, int(seconds / plan.volley_seconds) + 1)]
        return sorted(arrivals + volleys)

    def _work(self, kind: str) -> Coroutine[Any, Any, None]:
        if kind == "push":
            return self._districts.push()
        if kind == "volley":
            return self._desk.volley(self._living)
        self._declared += 1
        return self._live(Case(self._caller, self._declared, f"{self._seed}/case/{self._declared}"))

    async def _live(self, case: Case) -> None:
        self._living += 1
        try:
            await file(case)
            if not case.over:
                await review(case)
            if not case.over:
                await pay(case, self._desk)
        finally:
            self._living -= 1

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failures.append(repr(error))

    async def end(self) -> None:
        """Volleys go on as long as something waits for them; what still hangs when nobody waits any longer is ended."""
        began, last = time.monotonic(), self._caller.give_up_at + self._plan.attempt_seconds
        while self._under_way and time.monotonic() < last:
            await asyncio.wait(set(self._under_way), timeout=min(_LAST_VOLLEYS_SECONDS, self._plan.volley_seconds))
            if self._desk.waiting:
                self._begin(self._desk.volley(self._living))
        hanging = set(self._under_way)
        if hanging:
            waited = time.monotonic() - began
            self._failures.append(f"{len(hanging)} flows had not ended {waited:.0f} s after the last arrival")
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    def figures(self, log: CommandLog) -> LoadFigures:
        answered = [command for command in log.commands if command.status is not None]
        accepted = [command for command in answered if command.accepted]
        return LoadFigures(
            arrivals=self._arrivals,
            dropped=self._arrivals - self._begun,
            latest_start_seconds=round(self._latest, 3),
            seconds=round(time.monotonic() - self._began, 1),
            requests=self._caller.traffic.requests,
            unanswered_attempts=self._caller.traffic.unanswered,
            commands=len(log.commands),
            accepted=len(accepted),
            refused=len(answered) - len(accepted),
            without_answer=len(log.commands) - len(answered),
            resent=len(log.resends),
            declarations=self._declared,
            rows_accepted=sum(_recorded(each.answer) for each in accepted if each.act.startswith("push_")),
            stalled=len(log.stalled),
            failures=tuple(self._failures),
            broken_answers=tuple(self._caller.traffic.broken),
        )


def _recorded(rows: list[list[Any]]) -> int:
    return sum(row[0] in ("created", "updated") for row in rows)


def _poisson(chance: random.Random, rate: float, seconds: float) -> list[float]:
    moments, at = [], chance.expovariate(rate) if rate else seconds
    while at < seconds:
        moments.append(at)
        at += chance.expovariate(rate)
    return moments
