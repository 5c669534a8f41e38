"""The schedule of faults and the measurement of recoveries: pure functions, no servers."""

from collections import Counter
from itertools import pairwise

import pytest

from faults.lag import Sample
from faults.recovery import LIMIT_SECONDS, Injection, recoveries
from faults.schedule import FAULT_COUNTS, RESTARTS, SPACING_SECONDS, SUITE_WIDE, Fault, draw_schedule, one_at_a_time
from services import SERVICES


def test_a_seed_always_gives_the_same_faults_and_another_seed_others() -> None:
    assert draw_schedule(1, 8) == draw_schedule(1, 8)
    assert draw_schedule(1, 8) != draw_schedule(2, 8)


@pytest.mark.parametrize("minutes", [1, 8, 60])
def test_every_kind_occurs_in_proportion_and_within_the_time(minutes: int) -> None:
    faults = draw_schedule(7, minutes)
    counts = Counter(fault.kind for fault in faults)
    assert counts == {kind: max(1, round(count * minutes / 8)) for kind, count in FAULT_COUNTS.items()}
    assert all(fault.at >= 0 and fault.at + fault.duration <= minutes * 60 for fault in faults)


@pytest.mark.parametrize("seed", range(20))
def test_suite_wide_faults_do_not_overlap(seed: int) -> None:
    whole = [fault for fault in draw_schedule(seed, 8) if fault.kind in SUITE_WIDE]
    assert all(one.at + one.duration <= other.at for one, other in pairwise(whole))
    assert {fault.kind for fault in whole} >= set(RESTARTS)


def test_for_recoveries_each_kind_with_a_limit_comes_alone_and_services_are_killed_equally_often() -> None:
    faults = one_at_a_time()
    assert {fault.kind for fault in faults} == LIMIT_SECONDS.keys()
    assert all(other.at - one.at >= SPACING_SECONDS[one.kind] for one, other in pairwise(faults))
    killed = Counter(fault.target for fault in faults if fault.kind == "kill")
    assert killed.keys() == set(SERVICES)
    assert len(set(killed.values())) == 1


def samples_of(*lags: float) -> list[Sample]:
    """Return samples one second apart, with the same lag in all services."""
    return [Sample(float(at), dict.fromkeys(SERVICES, lag), 0) for at, lag in enumerate(lags)]


def injection(kind: str, began: float, *services: str) -> Injection:
    return Injection(Fault(began, kind, ""), began, began, began, services or SERVICES)


def test_recovery_ends_with_the_first_low_lag_that_stays_low() -> None:
    lags = samples_of(0, 0, 0.5, 3, 4, 0.2, 2, 0.1, 0.1, 0.1, 0.1)
    assert recoveries([injection("restart_database", 2.5)], lags)["restart_database"].longest == 4.5


def test_a_service_is_not_recovered_before_it_answers_again() -> None:
    killed = Injection(Fault(1.0, "kill", "intake"), 1.0, 1.0, 4.0, ("intake",))
    assert recoveries([killed], samples_of(*[0.0] * 9))["kill"].longest == 3.0


def test_overlapping_faults_are_counted_and_not_measured() -> None:
    lags = samples_of(0, 2, 2, 0, 0, 0, 0, 0, 0)
    found = recoveries([injection("kill", 1.0, "intake"), injection("freeze", 2.0, "intake")], lags)
    assert (found["kill"].faults, found["kill"].measured) == (1, 0)
    apart = recoveries([injection("kill", 1.0, "intake"), injection("freeze", 2.0, "funding")], lags)
    assert (apart["kill"].measured, apart["freeze"].measured) == (1, 1)


def test_a_fault_without_recovery_exceeds_its_limit() -> None:
    assert not recoveries([injection("restart_broker", 0.0)], samples_of(9, 9, 9))["restart_broker"].within_limit
