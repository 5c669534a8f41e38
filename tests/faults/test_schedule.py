"""The fault schedule and the measurement of recoveries: pure functions, no servers."""

from collections import Counter
from itertools import pairwise

import pytest

from faults.lag import Sample
from faults.recovery import BARS, Wound, recoveries
from faults.schedule import COUNTS, RESTARTS, ROOM, WHOLE, Injury, drawn, one_at_a_time
from services import SERVICES


def test_a_seed_gives_the_same_injuries_again_and_another_seed_others() -> None:
    assert drawn(1, 8) == drawn(1, 8)
    assert drawn(1, 8) != drawn(2, 8)


@pytest.mark.parametrize("minutes", [1, 8, 60])
def test_every_kind_befalls_in_proportion_and_within_the_time(minutes: int) -> None:
    injuries = drawn(7, minutes)
    many = Counter(injury.kind for injury in injuries)
    assert many == {kind: max(1, round(count * minutes / 8)) for kind, count in COUNTS.items()}
    assert all(injury.at >= 0 and injury.at + injury.lasts <= minutes * 60 for injury in injuries)


@pytest.mark.parametrize("seed", range(20))
def test_what_befalls_the_whole_suite_comes_one_after_another(seed: int) -> None:
    whole = [injury for injury in drawn(seed, 8) if injury.kind in WHOLE]
    assert all(one.at + one.lasts <= other.at for one, other in pairwise(whole))
    assert {injury.kind for injury in whole} >= set(RESTARTS)


def test_for_the_recoveries_everything_with_a_bar_comes_alone_and_every_service_is_killed_as_often() -> None:
    injuries = one_at_a_time()
    assert {injury.kind for injury in injuries} == BARS.keys()
    assert all(other.at - one.at >= ROOM[one.kind] for one, other in pairwise(injuries))
    killed = Counter(injury.target for injury in injuries if injury.kind == "kill")
    assert killed.keys() == set(SERVICES)
    assert len(set(killed.values())) == 1


def sampled(*lags: float) -> list[Sample]:
    """Return one sample a second with the same lag in all services."""
    return [Sample(float(at), dict.fromkeys(SERVICES, lag), 0) for at, lag in enumerate(lags)]


def wound(kind: str, began: float, *services: str) -> Wound:
    return Wound(Injury(began, kind, ""), began, began, began, services or SERVICES)


def test_recovery_ends_with_the_first_low_lag_that_stays_low() -> None:
    lags = sampled(0, 0, 0.5, 3, 4, 0.2, 2, 0.1, 0.1, 0.1, 0.1)
    assert recoveries([wound("database", 2.5)], lags)["database"].longest == 4.5


def test_a_service_is_not_recovered_before_it_is_there_again() -> None:
    killed = Wound(Injury(1.0, "kill", "intake"), 1.0, 1.0, 4.0, ("intake",))
    assert recoveries([killed], sampled(*[0.0] * 9))["kill"].longest == 3.0


def test_injuries_that_fall_together_are_counted_and_not_measured() -> None:
    lags = sampled(0, 2, 2, 0, 0, 0, 0, 0, 0)
    found = recoveries([wound("kill", 1.0, "intake"), wound("freeze", 2.0, "intake")], lags)
    assert (found["kill"].injuries, found["kill"].measured) == (1, 0)
    apart = recoveries([wound("kill", 1.0, "intake"), wound("freeze", 2.0, "funding")], lags)
    assert (apart["kill"].measured, apart["freeze"].measured) == (1, 1)


def test_what_never_recovers_breaks_its_bar() -> None:
    assert not recoveries([wound("broker", 0.0)], sampled(9, 9, 9))["broker"].held
