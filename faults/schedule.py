"""What breaks when: drawn from the seed, the same for the same seed and length. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from services import SERVICES

SHORT_MINUTES = 8.0
COUNTS = {
    "kill": 40,
    "freeze": 4,
    "backend": 300,
    "cut": 200,
    "database": 3,
    "broker": 2,
    "delay": 4,
    "hole": 3,
    "silence": 3,
    "storm": 6,
    "seize": 12,
    "tear": 40,
}
"""How often each befalls a run of 8 minutes; a longer or shorter one in proportion, and each at least once."""

WORDS = {
    "kill": "kill -9 of a service",
    "freeze": "service frozen beyond its session",
    "backend": "busy database backend terminated",
    "cut": "connection cut after COMMIT",
    "database": "PostgreSQL stopped at once, started",
    "broker": "broker kill -9, started",
    "delay": "database slow (0 to 500 ms)",
    "hole": "database behind a black hole",
    "silence": "broker frozen",
    "storm": "replicas come and go",
    "seize": "kill -9 with a batch in hand",
    "tear": "backend of a batch in hand terminated",
}
WHOLE = ("database", "broker", "delay", "hole", "silence")
"""Those that befall all services at once: one after another, each with time to get over it."""
LASTING = ("freeze", "storm", "seize", "tear")
"""Those of one service that take a while: one after another, if of one kind."""
RESTARTS = ("database", "broker")
LASTS = {
    "freeze": (15.0, 45.0),
    "storm": (25.0, 35.0),
    "delay": (5.0, 30.0),
    "hole": (5.0, 30.0),
    "silence": (5.0, 30.0),
}
"""Seconds, from and to; less in a run so short that nothing else would have room."""
QUIET_SECONDS = 20.0
"""After a restart of the database or the broker no service is killed for so long, or its recovery could not be told."""
COMPOUND_SHARE = 1 / 3
"""Of the restarts: those that services are killed during all the same."""


ROOM = {"backend": 5.0, "kill": 15.0, "database": 25.0, "broker": 40.0}
"""Seconds each has for itself where they come one at a time."""
ROUNDS = len(SERVICES)
PER_ROUND = {"backend": 3, "kill": 2, "database": 1, "broker": 1}
FIRST_SECONDS = 15.0
"""Before the first: the load gets under way."""


@dataclass(frozen=True, order=True)
class Injury:
    """One thing that breaks: so many seconds after the load began, what, to whom, and for how long."""

    at: float
    kind: str
    target: str
    lasts: float = 0.0


def drawn(seed: int, minutes: float) -> list[Injury]:
    """The injuries of a run, in order. The last ones end with the load."""
    chance, seconds = random.Random(f"{seed}/injuries"), minutes * 60
    many = {kind: max(1, round(count * minutes / SHORT_MINUTES)) for kind, count in COUNTS.items()}
    whole = _one_after_another(chance, many, seconds)
    quiet = [
        (injury.at, injury.at + QUIET_SECONDS)
        for injury in whole
        if injury.kind in RESTARTS and (many[injury.kind] == 1 or chance.random() >= COMPOUND_SHARE)
    ]
    single = [
        Injury(_moment(chance, seconds, quiet), kind, chance.choice(SERVICES))
        for kind in ("kill", "backend", "cut", "seize", "tear")
        for _ in range(many[kind])
    ]
    return sorted([*whole, *single, *_long(chance, many, seconds)])


def one_at_a_time() -> list[Injury]:
    """What has a bar for its recovery, each with room to be measured alone; every service is killed as often as any."""
    injuries, at = [], FIRST_SECONDS
    for number in range(ROUNDS):
        for kind, many in PER_ROUND.items():
            for again in range(many):
                injuries.append(Injury(at, kind, SERVICES[(number + again) % len(SERVICES)]))
                at += ROOM[kind]
    return injuries


def _one_after_another(chance: random.Random, many: dict[str, int], seconds: float) -> list[Injury]:
    kinds = [kind for kind in WHOLE for _ in range(many[kind])]
    chance.shuffle(kinds)
    room = seconds / len(kinds)
    return [
        Injury(
            (number + chance.uniform(0.05, 0.2)) * room,
            kind,
            "broker" if kind in ("broker", "silence") else "database",
            0.0 if kind in RESTARTS else min(chance.uniform(*LASTS[kind]), room / 3),
        )
        for number, kind in enumerate(kinds)
    ]


def _long(chance: random.Random, many: dict[str, int], seconds: float) -> list[Injury]:
    injuries = []
    for kind, most in (("freeze", seconds / 8), ("storm", seconds / 4)):
        room = seconds / many[kind]
        for number in range(many[kind]):
            lasts = min(chance.uniform(*LASTS[kind]), most)
            at = number * room + chance.uniform(0, room - lasts)
            injuries.append(Injury(at, kind, chance.choice(SERVICES), lasts))
    return injuries


def _moment(chance: random.Random, seconds: float, quiet: Sequence[tuple[float, float]]) -> float:
    """Any moment but the quiet ones; a run that is all quiet has no other."""
    at = 0.0
    for _ in range(100):
        at = chance.uniform(0, seconds)
        if not any(begin <= at < end for begin, end in quiet):
            break
    return at
