"""Recovery times: seconds from a fault's end until the lag it may cause is below one second. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from faults.lag import Sample
from faults.schedule import Fault
from services import SERVICES

RECOVERED_LAG_SECONDS = 1.0
STABLE_SECONDS = 2.0
"""Time for which the lag must stay low: work waiting for a dead server is not late at once."""
LIMIT_SECONDS = {"terminate_backend": 1.0, "kill": 5.0, "restart_database": 10.0, "restart_broker": 30.0}
"""Limits for p95, in seconds. Other kinds have no limit."""
BRIEF = ("terminate_backend", "lose_commit_answer", "terminate_backend_in_batch")
"""Frequent and short faults: others are measured although these overlap them."""


@dataclass(frozen=True)
class Injection:
    """A fault as it happened, on the monotonic clock. Recovery counts from `ended`, when repair begins."""

    fault: Fault
    started: float
    ended: float
    restored: float
    """Time at which the repaired component answered again."""
    services: tuple[str, ...] = SERVICES
    """Services whose lag it may cause."""


@dataclass(frozen=True)
class Recovery:
    """Recoveries of one kind: number of faults, those measured without overlap, and seconds of these."""

    faults: int
    measured: int
    p50: float
    p95: float
    longest: float
    limit: float | None

    @property
    def within_limit(self) -> bool:
        return self.limit is None or self.p95 <= self.limit


def recoveries(injections: Sequence[Injection], samples: Sequence[Sample]) -> dict[str, Recovery]:
    """Return the recoveries by kind. Overlapping faults are not measured: the lag has no single cause."""
    recovered = [_recovered_at(injection, samples) for injection in injections]
    isolated = [
        index
        for index, injection in enumerate(injections)
        if not any(
            other != index
            and injections[other].fault.kind not in BRIEF
            and _overlap(injection, recovered[index], injections[other], end)
            for other, end in enumerate(recovered)
        )
    ]
    return {
        kind: _figures(kind, injections, isolated, recovered)
        for kind in sorted({injection.fault.kind for injection in injections})
    }


def timeline(injections: Sequence[Injection], samples: Sequence[Sample], zero: float) -> list[dict[str, object]]:
    """Return the injections in order, with times in seconds from `zero`."""
    return [
        {
            "kind": injection.fault.kind,
            "target": injection.fault.target,
            "started": round(injection.started - zero, 2),
            "ended": round(injection.ended - zero, 2),
            "restored": round(injection.restored - zero, 2),
            "recovered": round(_recovered_at(injection, samples) - zero, 2),
        }
        for injection in sorted(injections, key=lambda injection: injection.started)
    ]


def _recovered_at(injection: Injection, samples: Sequence[Sample]) -> float:
    """Return when the lag fell below one second and stayed there, not before the component was back."""
    since = float("inf")
    for sample in samples[bisect_left(samples, injection.restored, key=lambda sample: sample.at) :]:
        if sample.worst(injection.services) >= RECOVERED_LAG_SECONDS:
            since = float("inf")
        else:
            since = min(since, sample.at)
            if sample.at - since >= STABLE_SECONDS:
                return since
    return float("inf")


def _overlap(one: Injection, one_recovered: float, other: Injection, other_recovered: float) -> bool:
    meet = one.started <= other_recovered and other.started <= one_recovered
    return meet and not set(one.services).isdisjoint(other.services)


def _figures(
    kind: str, injections: Sequence[Injection], isolated: Sequence[int], recovered: Sequence[float]
) -> Recovery:
    durations = sorted(
        recovered[index] - injections[index].ended for index in isolated if injections[index].fault.kind == kind
    )
    count = sum(injection.fault.kind == kind for injection in injections)
    if not durations:
        return Recovery(count, 0, 0.0, 0.0, 0.0, LIMIT_SECONDS.get(kind))
    p50, p95 = (durations[min(len(durations) - 1, int(len(durations) * share))] for share in (0.5, 0.95))
    return Recovery(
        count, len(durations), round(p50, 2), round(p95, 2), round(durations[-1], 2), LIMIT_SECONDS.get(kind)
    )
