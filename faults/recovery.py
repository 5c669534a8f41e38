"""How soon the suite was itself again after an injury: seconds until the lag it could cause was under one. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from faults.lag import Sample
from faults.schedule import Injury
from services import SERVICES

RECOVERED_SECONDS = 1.0
HELD_SECONDS = 2.0
"""So long the lag must stay that low: what waits for something that is gone is not late at once."""
BARS = {"backend": 1.0, "kill": 5.0, "database": 10.0, "broker": 30.0}
"""Seconds. Of the other kinds the figure is given without a bar."""
BRIEF = ("backend", "cut", "tear")
"""They come all the time and pass at once: others are measured although these happen."""


@dataclass(frozen=True)
class Wound:
    """An injury as it happened, on the monotonic clock. Recovery counts from `ended`: then the mending begins."""

    injury: Injury
    began: float
    ended: float
    mended: float
    """When what was started again answered."""
    services: tuple[str, ...] = SERVICES
    """Those whose lag it may cause."""


@dataclass(frozen=True)
class Recovery:
    """Of one kind: how many injuries, how many of them stood alone and could be measured, and the seconds of those."""

    injuries: int
    measured: int
    p50: float
    p95: float
    longest: float
    bar: float | None

    @property
    def held(self) -> bool:
        return self.bar is None or self.p95 <= self.bar


def recoveries(wounds: Sequence[Wound], samples: Sequence[Sample]) -> dict[str, Recovery]:
    """By kind. An injury that fell together with another is left out: nobody could say which of them it was."""
    over = [_recovered_at(wound, samples) for wound in wounds]
    alone = [
        index
        for index, wound in enumerate(wounds)
        if not any(
            other != index and wounds[other].injury.kind not in BRIEF and _touch(wound, over[index], wounds[other], end)
            for other, end in enumerate(over)
        )
    ]
    return {kind: _figures(kind, wounds, alone, over) for kind in sorted({wound.injury.kind for wound in wounds})}


def history(wounds: Sequence[Wound], samples: Sequence[Sample], zero: float) -> list[dict[str, object]]:
    """What befell, in order, in seconds from `zero`."""
    return [
        {
            "kind": wound.injury.kind,
            "target": wound.injury.target,
            "began": round(wound.began - zero, 2),
            "ended": round(wound.ended - zero, 2),
            "mended": round(wound.mended - zero, 2),
            "recovered": round(_recovered_at(wound, samples) - zero, 2),
        }
        for wound in sorted(wounds, key=lambda wound: wound.began)
    ]


def _recovered_at(wound: Wound, samples: Sequence[Sample]) -> float:
    """When the lag fell under a second to stay there for a while, and what was broken was there again."""
    since = float("inf")
    for sample in samples[bisect_left(samples, wound.mended, key=lambda sample: sample.at) :]:
        if sample.worst(wound.services) >= RECOVERED_SECONDS:
            since = float("inf")
        else:
            since = min(since, sample.at)
            if sample.at - since >= HELD_SECONDS:
                return since
    return float("inf")


def _touch(one: Wound, one_over: float, other: Wound, other_over: float) -> bool:
    meet = one.began <= other_over and other.began <= one_over
    return meet and not set(one.services).isdisjoint(other.services)


def _figures(kind: str, wounds: Sequence[Wound], alone: Sequence[int], over: Sequence[float]) -> Recovery:
    took = sorted(over[index] - wounds[index].ended for index in alone if wounds[index].injury.kind == kind)
    many = sum(wound.injury.kind == kind for wound in wounds)
    if not took:
        return Recovery(many, 0, 0.0, 0.0, 0.0, BARS.get(kind))
    p50, p95 = (took[min(len(took) - 1, int(len(took) * share))] for share in (0.5, 0.95))
    return Recovery(many, len(took), round(p50, 2), round(p95, 2), round(took[-1], 2), BARS.get(kind))
