"""The only place that reads the time. Production uses wall time; a story or a test sets the moment."""

import os
from datetime import UTC, date, datetime
from uuid import UUID

from shared.dates import BEIJING


class Clock:
    """Wall time, or a moment that was set and stands until it is set again."""

    def __init__(self, standing_at: datetime | None = None) -> None:
        self._standing_at = standing_at

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._standing_at or datetime.now(UTC)

    def today(self) -> date:
        """The present day in Beijing: the day that counts in law."""
        return self.now().astimezone(BEIJING).date()

    def set(self, moment: datetime) -> None:
        """Make `moment` the present. Raises ValueError when it would go back."""
        if self._standing_at and moment < self._standing_at:
            raise ValueError("the clock does not go back")
        self._standing_at = moment.astimezone(UTC)


_newest_id = 0


def uuid7(moment: datetime) -> UUID:
    """A time-ordered id (RFC 9562, version 7) of a record made at `moment`; within a moment they rise."""
    global _newest_id
    drawn = int(moment.timestamp() * 1000) << 74 | int.from_bytes(os.urandom(10), "big") >> 6
    if drawn <= _newest_id and drawn >> 74 == _newest_id >> 74:
        drawn = _newest_id + 1
    _newest_id = drawn
    high = drawn >> 74 << 16 | 0x7000 | drawn >> 62 & 0x0FFF
    low = 0b10 << 62 | drawn & (1 << 62) - 1
    return UUID(int=high << 64 | low)
