"""Figures that change from day to day, as steps, and the days on which a period is cut. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

DAY = timedelta(days=1)
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Steps:
    """Value in force from each of `days` on; None where it is unknown."""

    days: tuple[date, ...]
    values: tuple[Decimal | None, ...]

    def at(self, on: date) -> Decimal | None:
        """Return the value on a day, None where it is unknown."""
        place = bisect_right(self.days, on) - 1
        return self.values[place] if place >= 0 else None


def segmented(segments: Iterable[tuple[date, date, Decimal]]) -> Steps:
    """Return the values of segments, first and last day included, unknown on the days between them."""
    steps: dict[date, Decimal | None] = {}
    for from_on, to_on, value in sorted(segments):
        steps[from_on] = value
        steps[to_on + DAY] = None
    changes = [pair for pair, before in zip(steps.items(), [None, *steps.values()], strict=False) if pair[1] != before]
    return Steps(tuple(on for on, _ in changes), tuple(value for _, value in changes))


def running_total(changes: Iterable[tuple[date, Decimal]]) -> Steps:
    """Return the sum of all changes up to each day, at least zero."""
    by_day: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
    for on, change in changes:
        by_day[on] += change
    days, totals, total = [date.min], [ZERO], ZERO
    for on in sorted(by_day):
        total += by_day[on]
        days.append(on)
        totals.append(max(total, ZERO))
    return Steps(tuple(days), tuple(totals))


def accumulated(steps: Steps, from_on: date, to_on: date) -> Decimal:
    """Return the sum of the daily values of a period (积数), both ends included; unknown days count as zero."""
    return sum(
        ((steps.at(first) or ZERO) * ((last - first).days + 1) for first, last in pieces(from_on, to_on, steps.days)),
        ZERO,
    )


def pieces(from_on: date, to_on: date, cuts: Iterable[date | None]) -> Iterator[tuple[date, date]]:
    """Yield first and last day of each part of a period that is cut before each of `cuts`."""
    inside = {cut for cut in cuts if cut is not None and from_on < cut <= to_on}
    for cut in sorted(inside):
        yield from_on, cut - DAY
        from_on = cut
    yield from_on, to_on
