"""Open-loop load: everything starts at its scheduled time, whether or not earlier work has ended."""

import asyncio
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from faults.workload.case import Case
from faults.workload.client import Client
from faults.workload.decisions import Decisions
from faults.workload.filing import file
from faults.workload.log import CommandLog
from faults.workload.paying import pay
from faults.workload.profile import Endpoints, LoadProfile
from faults.workload.pushes import DistrictSystems
from faults.workload.reviewing import review


@dataclass(frozen=True)
class LoadFigures:
    """Figures of a load. `dropped` arrivals never started; `latest_start_seconds` is the longest delay of a start."""

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
    """Flows that raised an exception or never ended: errors, or a suite that falls behind."""
    server_errors: tuple[str, ...]
    """Answers with status 500."""


async def run_load(
    endpoints: Endpoints,
    profile: LoadProfile,
    seed: int,
    seconds: float,
    log: CommandLog,
    arrivals_started: asyncio.Event | None = None,
) -> LoadFigures:
    """Load the suite for `seconds`, then let work under way end. The seed draws arrivals, rows and cases.

    Arrivals are Poisson. The suite must be up and empty at first; faults may hit it from then on. `arrivals_started` is
    set when the arrivals begin.
    """
    async with Client(endpoints, profile, seed, log) as client:
        load = _OpenLoop(client, profile, seed)
        await load.open()
        if arrivals_started is not None:
            arrivals_started.set()
        await load.arrive(seconds)
        client.give_up_at = time.monotonic() + profile.patience_seconds
        await load.end()
        return load.figures(log)


_LAST_DECISIONS_SECONDS = 3.0
"""Interval of rounds after the last arrival: late cases must not wait three rounds of the usual interval."""


class _OpenLoop:
    """State of a running load."""

    def __init__(self, client: Client, profile: LoadProfile, seed: int) -> None:
        self._client, self._profile, self._seed = client, profile, seed
        self._districts, self._decisions = DistrictSystems(client, profile, seed), Decisions(client, profile, seed)
        self._under_way: set[asyncio.Task[None]] = set()
        self._failures: list[str] = []
        self._arrivals = self._declared = self._started = self._active_cases = 0
        self._latest = 0.0
        self._began = time.monotonic()

    async def open(self) -> None:
        await asyncio.gather(self._districts.open(), self._decisions.open())

    async def arrive(self, seconds: float) -> None:
        """Start everything at its time."""
        schedule = self._schedule(seconds)
        self._arrivals, self._began = len(schedule), time.monotonic()
        for at, kind in schedule:
            await asyncio.sleep(self._began + at - time.monotonic())
            self._latest = max(self._latest, time.monotonic() - self._began - at)
            self._begin(self._work(kind))
            self._started += 1

    def _schedule(self, seconds: float) -> list[tuple[float, str]]:
        profile, rng = self._profile, random.Random(f"{self._seed}/arrivals")
        rates = {"push": profile.pushes_per_second, "declaration": profile.declarations_per_second}
        arrivals = [(at, kind) for kind, rate in rates.items() for at in _poisson(rng, rate, seconds)]
        decisions = [
            (at * profile.decision_interval_seconds, "decision")
            for at in range(1, int(seconds / profile.decision_interval_seconds) + 1)
        ]
        return sorted(arrivals + decisions)

    def _work(self, kind: str) -> Coroutine[Any, Any, None]:
        if kind == "push":
            return self._districts.push()
        if kind == "decision":
            return self._decisions.decide(self._active_cases)
        self._declared += 1
        return self._run_case(Case(self._client, self._declared, f"{self._seed}/case/{self._declared}"))

    async def _run_case(self, case: Case) -> None:
        self._active_cases += 1
        try:
            await file(case)
            if not case.finished:
                await review(case)
            if not case.finished:
                await pay(case, self._decisions)
        finally:
            self._active_cases -= 1

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failures.append(repr(error))

    async def end(self) -> None:
        """Run rounds while cases wait for one; cancel flows that still run after the deadline."""
        began, last = time.monotonic(), self._client.give_up_at + self._profile.attempt_seconds
        while self._under_way and time.monotonic() < last:
            await asyncio.wait(
                set(self._under_way), timeout=min(_LAST_DECISIONS_SECONDS, self._profile.decision_interval_seconds)
            )
            if self._decisions.waiting:
                self._begin(self._decisions.decide(self._active_cases))
        hanging = set(self._under_way)
        if hanging:
            waited = time.monotonic() - began
            self._failures.append(f"{len(hanging)} flows were still running {waited:.0f} s after the last arrival")
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    def figures(self, log: CommandLog) -> LoadFigures:
        answered = [command for command in log.commands if command.status is not None]
        accepted = [command for command in answered if command.accepted]
        return LoadFigures(
            arrivals=self._arrivals,
            dropped=self._arrivals - self._started,
            latest_start_seconds=round(self._latest, 3),
            seconds=round(time.monotonic() - self._began, 1),
            requests=self._client.traffic.requests,
            unanswered_attempts=self._client.traffic.unanswered,
            commands=len(log.commands),
            accepted=len(accepted),
            refused=len(answered) - len(accepted),
            without_answer=len(log.commands) - len(answered),
            resent=len(log.resends),
            declarations=self._declared,
            rows_accepted=sum(_recorded(each.answer) for each in accepted if each.act.startswith("push_")),
            stalled=len(log.stalled),
            failures=tuple(self._failures),
            server_errors=tuple(self._client.traffic.server_errors),
        )


def _recorded(rows: list[list[Any]]) -> int:
    return sum(row[0] in ("created", "updated") for row in rows)


def _poisson(rng: random.Random, rate: float, seconds: float) -> list[float]:
    moments, at = [], rng.expovariate(rate) if rate else seconds
    while at < seconds:
        moments.append(at)
        at += rng.expovariate(rate)
    return moments
