"""The clock, set and real, and time-ordered ids."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shared.clock import Clock, uuid7

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def test_a_set_clock_stands_still_and_refuses_an_earlier_time() -> None:
    clock = Clock(NOON)
    assert clock.now() == NOON
    clock.set(NOON)
    clock.set(NOON + timedelta(days=1))
    with pytest.raises(ValueError, match="back"):
        clock.set(NOON + timedelta(days=1) - timedelta(microseconds=1))
    assert clock.now() == NOON + timedelta(days=1)


def test_a_clock_that_was_never_set_may_be_set_to_any_time() -> None:
    clock = Clock()
    clock.set(datetime(2001, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2001, 1, 1, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2024, 2, 29, 15, 59, 59, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 2, 29, 16, 0, tzinfo=UTC), date(2024, 3, 1)),
        (datetime(2024, 12, 31, 16, 0, tzinfo=UTC), date(2025, 1, 1)),
    ],
)
def test_today_is_the_date_in_beijing(now: datetime, today: date) -> None:
    assert Clock(now).today() == today


def test_the_real_clock_advances_in_utc() -> None:
    before = datetime.now(UTC)  # noqa: TID251 - the clock is compared with wall time
    clock = Clock()
    assert before <= clock.now() <= clock.now() <= datetime.now(UTC)  # noqa: TID251
    assert clock.now().tzinfo is UTC


def test_ids_are_version_seven_and_ascend_within_a_millisecond() -> None:
    ids = [uuid7(NOON) for _ in range(1000)]
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}
    assert ids == sorted(set(ids))
    assert ids[-1] < uuid7(NOON + MILLISECOND)
    assert ids[0].int >> 80 == int(NOON.timestamp() * 1000)


def test_an_id_holds_its_time_and_74_random_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = int("2" + "0123456789abcdef01", 16)
    monkeypatch.setattr("shared.clock.os.urandom", lambda count: (drawn << 6).to_bytes(count, "big"))
    moment = NOON + timedelta(days=365)
    value = uuid7(moment).int
    assert value >> 80 == int(moment.timestamp() * 1000)
    assert value >> 76 & 0xF == 7
    assert value >> 62 & 0b11 == 0b10
    assert (value >> 64 & 0xFFF) << 62 | value & (1 << 62) - 1 == drawn
    assert uuid7(moment).int == value + 1


def test_a_lower_draw_of_the_same_millisecond_follows_the_id_before(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = NOON + timedelta(days=366)
    monkeypatch.setattr("shared.clock.os.urandom", lambda count: b"\xff" * (count - 1) + b"\x00")
    high = uuid7(moment)
    monkeypatch.setattr("shared.clock.os.urandom", lambda count: b"\x00" * count)
    assert uuid7(moment).int == high.int + 1
    assert uuid7(moment + MILLISECOND).int & (1 << 62) - 1 == 0
    assert uuid7(moment) < high
