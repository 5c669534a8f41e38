"""Plan of a campaign: duration, load, faults and patches."""

from dataclasses import dataclass, field, replace

from faults.schedule import SPACING_SECONDS, Fault, draw_schedule, one_at_a_time
from faults.service import ServicePatches
from faults.workload.profile import LoadProfile

POISON_ONE_IN = 1000
SLOW_COMMIT_ONE_IN, SLOW_COMMIT_SECONDS = 50, 0.3
GARBAGE_INTERVAL_SECONDS = 2.0
STEADY_LOAD = LoadProfile(pushes_per_second=0.6)
"""About 250 events per second, a third of the machine's capacity: lag then comes from a fault and not from the load."""


@dataclass(frozen=True)
class CampaignPlan:
    """Plan of a run; equal for the same seed and length."""

    seconds: float
    """Duration of arrivals and faults."""
    profile: LoadProfile
    faults: tuple[Fault, ...] = ()
    patches: ServicePatches = field(default_factory=ServicePatches)
    garbage_interval_seconds: float = 0.0
    """Mean interval between garbage records; 0: none."""
    settle_seconds: float = 120.0
    session_seconds: float = 15.0
    """Kafka session timeout: a consumer silent for longer loses its partitions."""


def campaign_plan(
    seed: int,
    minutes: float,
    profile: LoadProfile | None = None,
    *,
    poison_one_in: int = POISON_ONE_IN,
    load: float = 1.0,
) -> CampaignPlan:
    """Return the full campaign of a seed and length. `load` scales the arrivals of the profile."""
    profile = profile or LoadProfile()
    pushes, declarations = profile.pushes_per_second * load, profile.declarations_per_second * load
    return CampaignPlan(
        seconds=minutes * 60,
        profile=replace(profile, pushes_per_second=pushes, declarations_per_second=declarations),
        faults=tuple(draw_schedule(seed, minutes)),
        patches=ServicePatches(
            seed, poison_one_in, slow_commit_one_in=SLOW_COMMIT_ONE_IN, slow_commit_seconds=SLOW_COMMIT_SECONDS
        ),
        garbage_interval_seconds=min(GARBAGE_INTERVAL_SECONDS, minutes * 2),
        session_seconds=min(15.0, minutes * 5),
    )


def recovery_plan(seed: int) -> CampaignPlan:
    """Return a steady load with one fault at a time, for measuring recoveries."""
    faults = one_at_a_time()
    return CampaignPlan(
        seconds=faults[-1].at + SPACING_SECONDS[faults[-1].kind],
        profile=STEADY_LOAD,
        faults=tuple(faults),
        patches=ServicePatches(seed, POISON_ONE_IN),
    )
