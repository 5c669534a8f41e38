"""The clock, set and real, and time-ordered ids."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.clock import Clock, uuid7

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def test_a_set_clock_stands_still_and_refuses_an_earlier_time() -> None:
    clock = Clock(NOON)
    assert clock.now() == NOON
    clock.set(NOON + timedelta(days=1))
    with pytest.raises(ValueError, match="back"):
        clock.set(NOON)


def test_today_is_the_date_in_beijing() -> None:
    assert Clock(datetime(2024, 2, 29, 16, 0, tzinfo=UTC)).today() == date(2024, 3, 1)


def test_the_real_clock_advances() -> None:
    clock = Clock()
    assert clock.now() <= clock.now()


def test_ids_are_version_seven_and_ascend_within_a_millisecond() -> None:
    ids = [uuid7(NOON) for _ in range(1000)]
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}
    assert ids == sorted(set(ids))
    assert ids[-1] < uuid7(NOON + timedelta(milliseconds=1))
    assert ids[0].int >> 80 == int(NOON.timestamp() * 1000)
