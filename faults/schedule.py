"""Schedule of faults, drawn from the seed: the same for the same seed and length. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from services import SERVICES

SHORT_MINUTES = 8.0
FAULT_COUNTS = {
    "kill": 40,
    "freeze": 4,
    "terminate_backend": 300,
    "lose_commit_answer": 200,
    "restart_database": 3,
    "restart_broker": 2,
    "slow_database": 4,
    "black_hole": 3,
    "freeze_broker": 3,
    "rebalance_storm": 6,
    "kill_in_batch": 12,
    "terminate_backend_in_batch": 40,
    "block_loop": 6,
    "full_disk_files": 6,
    "full_disk_database": 2,
    "empty_broker": 1,
}
"""Number of faults of each kind in 8 minutes; other lengths in proportion, and each at least once."""

LABELS = {
    "kill": "kill -9 of a service",
    "freeze": "service frozen beyond its session",
    "terminate_backend": "busy database backend terminated",
    "lose_commit_answer": "connection cut after COMMIT",
    "restart_database": "PostgreSQL restarted without checkpoint",
    "restart_broker": "broker kill -9, restarted",
    "slow_database": "database slow (0 to 500 ms)",
    "black_hole": "database behind a black hole",
    "freeze_broker": "broker frozen",
    "rebalance_storm": "replicas join and leave",
    "kill_in_batch": "kill -9 with a batch in hand",
    "terminate_backend_in_batch": "backend of a batch in hand terminated",
    "block_loop": "event loop blocked beyond the session",
    "full_disk_files": "disk of a service's files full",
    "full_disk_database": "disk of PostgreSQL full",
    "empty_broker": "broker lost with its data",
}
SUITE_WIDE = (
    "restart_database",
    "restart_broker",
    "slow_database",
    "black_hole",
    "freeze_broker",
    "full_disk_database",
    "empty_broker",
)
"""Faults of all services: injected one at a time, with time to recover."""
SERIAL_PER_SERVICE = (
    "freeze",
    "rebalance_storm",
    "kill_in_batch",
    "terminate_backend_in_batch",
    "block_loop",
    "full_disk_files",
)
"""Long faults of one service: injected one at a time per kind."""
RESTARTS = ("restart_database", "restart_broker")
OF_THE_BROKER = ("restart_broker", "freeze_broker", "empty_broker")
STORES_FILES = ("intake",)
"""Services to which the load uploads files."""
DURATIONS = {
    "freeze": (15.0, 45.0),
    "rebalance_storm": (25.0, 35.0),
    "slow_database": (5.0, 30.0),
    "black_hole": (5.0, 30.0),
    "freeze_broker": (5.0, 30.0),
    "block_loop": (15.0, 30.0),
    "full_disk_files": (5.0, 20.0),
    "full_disk_database": (2.0, 10.0),
}
"""Shortest and longest duration in seconds; less in a short run."""
_LONG_FAULTS = {"freeze": 1 / 8, "rebalance_storm": 1 / 4, "block_loop": 1 / 8, "full_disk_files": 1 / 8}
"""The longest share of a run that one of them takes."""
QUIET_SECONDS = 20.0
"""Time without a killed service after a restart of database or broker, so that its recovery can be measured."""
COMPOUND_SHARE = 1 / 3
"""Share of the restarts during which services are killed nevertheless."""


SPACING_SECONDS = {"terminate_backend": 5.0, "kill": 15.0, "restart_database": 25.0, "restart_broker": 40.0}
"""Seconds for each fault when they are injected one at a time."""
ROUNDS = len(SERVICES)
FAULTS_PER_ROUND = {"terminate_backend": 3, "kill": 2, "restart_database": 1, "restart_broker": 1}
LEAD_SECONDS = 15.0
"""Before the first fault, for the load to start."""


@dataclass(frozen=True, order=True)
class Fault:
    """Planned fault: seconds after the start of the load, kind, target, duration in seconds."""

    at: float
    kind: str
    target: str
    duration: float = 0.0


def draw_schedule(seed: int, minutes: float) -> list[Fault]:
    """Return the faults of a run, in order. The last ones end with the load."""
    rng, seconds = random.Random(f"{seed}/faults"), minutes * 60
    counts = {kind: max(1, round(count * minutes / SHORT_MINUTES)) for kind, count in FAULT_COUNTS.items()}
    whole = _suite_wide_faults(rng, counts, seconds)
    quiet = [
        (fault.at, fault.at + QUIET_SECONDS)
        for fault in whole
        if fault.kind in RESTARTS and (counts[fault.kind] == 1 or rng.random() >= COMPOUND_SHARE)
    ]
    single = [
        Fault(_draw_time(rng, seconds, quiet), kind, rng.choice(SERVICES))
        for kind in ("kill", "terminate_backend", "lose_commit_answer", "kill_in_batch", "terminate_backend_in_batch")
        for _ in range(counts[kind])
    ]
    return sorted([*whole, *single, *_long_faults(rng, counts, seconds)])


def one_at_a_time() -> list[Fault]:
    """Return the kinds with a recovery limit, spaced for measurement; every service is killed equally often."""
    faults, at = [], LEAD_SECONDS
    for number in range(ROUNDS):
        for kind, counts in FAULTS_PER_ROUND.items():
            for again in range(counts):
                faults.append(Fault(at, kind, SERVICES[(number + again) % len(SERVICES)]))
                at += SPACING_SECONDS[kind]
    return faults


def _suite_wide_faults(rng: random.Random, counts: dict[str, int], seconds: float) -> list[Fault]:
    kinds = [kind for kind in SUITE_WIDE for _ in range(counts[kind])]
    rng.shuffle(kinds)
    kinds.sort(key=lambda kind: kind != "empty_broker")  # first, since everything before is published again
    slot = seconds / len(kinds)
    return [
        Fault(
            (number + rng.uniform(0.05, 0.2)) * slot,
            kind,
            "broker" if kind in OF_THE_BROKER else "database",
            min(rng.uniform(*DURATIONS[kind]), slot / 3) if kind in DURATIONS else 0.0,
        )
        for number, kind in enumerate(kinds)
    ]


def _long_faults(rng: random.Random, counts: dict[str, int], seconds: float) -> list[Fault]:
    faults = []
    for kind, share in _LONG_FAULTS.items():
        slot = seconds / counts[kind]
        for number in range(counts[kind]):
            duration = min(rng.uniform(*DURATIONS[kind]), seconds * share)
            at = number * slot + rng.uniform(0, slot - duration)
            target = rng.choice(STORES_FILES if kind == "full_disk_files" else SERVICES)
            faults.append(Fault(at, kind, target, duration))
    return faults


def _draw_time(rng: random.Random, seconds: float, quiet: Sequence[tuple[float, float]]) -> float:
    """Return a random time outside the quiet ones, or any time when none is found."""
    at = 0.0
    for _ in range(100):
        at = rng.uniform(0, seconds)
        if not any(begin <= at < end for begin, end in quiet):
            break
    return at
