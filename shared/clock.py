"""The clock, the only module that reads the time, and time-ordered identifiers.

Production uses wall time; a demonstration or a test sets the time.
"""

import os
from datetime import UTC, date, datetime
from uuid import UUID

from shared.dates import BEIJING


def wall_seconds() -> float:
    """Return wall time in seconds since 1970, whatever a demonstration's clock says: rate limits follow it."""
    return datetime.now(UTC).timestamp()


class Clock:
    """Wall time, or a fixed time until it is set again."""

    def __init__(self, standing_at: datetime | None = None) -> None:
        self._standing_at = standing_at

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._standing_at or datetime.now(UTC)

    def today(self) -> date:
        """Return the current date in Beijing, which is the legally relevant one."""
        return self.now().astimezone(BEIJING).date()

    def set(self, moment: datetime) -> None:
        """Set the current time. Raises ValueError for a time before the one set last."""
        if self._standing_at and moment < self._standing_at:
            raise ValueError("the clock does not go back")
        self._standing_at = moment.astimezone(UTC)


_newest_id = 0


def uuid7(moment: datetime) -> UUID:
    """Return a time-ordered id (RFC 9562, version 7); ids of the same millisecond ascend."""
    global _newest_id
    drawn = int(moment.timestamp() * 1000) << 74 | int.from_bytes(os.urandom(10), "big") >> 6
    if drawn <= _newest_id and drawn >> 74 == _newest_id >> 74:
        drawn = _newest_id + 1
    _newest_id = drawn
    high = drawn >> 74 << 16 | 0x7000 | drawn >> 62 & 0x0FFF
    low = 0b10 << 62 | drawn & (1 << 62) - 1
    return UUID(int=high << 64 | low)
