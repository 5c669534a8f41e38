"""What a run is made of: how long, which load, which injuries, what is planted."""

from dataclasses import dataclass, field, replace

from faults.schedule import ROOM, Injury, drawn, one_at_a_time
from faults.service import Planted
from faults.workload.plan import Plan

POISON_ONE_IN = 1000
SLOW_ONE_IN, SLOW_SECONDS = 50, 0.3
STRANGERS_SECONDS = 2.0
STEADY = Plan(pushes_per_second=0.6)
"""Some 250 events a second: a third of what the machine carries, so that a lag is an injury's and not the load's."""


@dataclass(frozen=True)
class Course:
    """A run, word for word the same for the same seed and length."""

    seconds: float
    """So long new work arrives and injuries befall."""
    plan: Plan
    injuries: tuple[Injury, ...] = ()
    planted: Planted = field(default_factory=Planted)
    strangers_seconds: float = 0.0
    """One record that nobody understands comes every so often; 0: none."""
    settle_seconds: float = 120.0
    session_seconds: float = 15.0
    """A consumer that is silent for so long loses its partitions."""


def course_of(
    seed: int, minutes: float, plan: Plan | None = None, *, poison_one_in: int = POISON_ONE_IN, load: float = 1.0
) -> Course:
    """The campaign of this seed and length: everything in it. `load` is a share of the plan's arrivals."""
    plan = plan or Plan()
    pushes, declarations = plan.pushes_per_second * load, plan.declarations_per_second * load
    return Course(
        seconds=minutes * 60,
        plan=replace(plan, pushes_per_second=pushes, declarations_per_second=declarations),
        injuries=tuple(drawn(seed, minutes)),
        planted=Planted(seed, poison_one_in, slow_one_in=SLOW_ONE_IN, slow_seconds=SLOW_SECONDS),
        strangers_seconds=min(STRANGERS_SECONDS, minutes * 2),
        session_seconds=min(15.0, minutes * 5),
    )


def recovery_course(seed: int) -> Course:
    """A steady load, hurt by one injury at a time: how soon each is over."""
    injuries = one_at_a_time()
    return Course(
        seconds=injuries[-1].at + ROOM[injuries[-1].kind],
        plan=STEADY,
        injuries=tuple(injuries),
        planted=Planted(seed, POISON_ONE_IN),
    )
