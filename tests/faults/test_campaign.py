"""A minute in which everything breaks, and bugs that a campaign must find: one that is green for all proves nothing.

All campaigns stand in one file, so that one worker has them in turn. Every course with a planted bug has the load and
the injuries that show it quickly; without the bug each of them is green.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.campaign import run
from faults.environment import Ground
from faults.plan import Course, course_of
from faults.schedule import COUNTS, Injury
from faults.service import Planted
from faults.workload.plan import Plan

pytestmark = pytest.mark.faults

LIGHT = Plan(
    pushes_per_second=1.0,
    rows_per_push=(30, 120),
    declarations_per_second=0.3,
    volley_seconds=2.0,
    waiting_seconds=40.0,
    patience_seconds=60.0,
)
"""What a machine that runs other tests meanwhile carries."""


async def test_a_minute_in_which_everything_breaks_loses_nothing(stands: Ground, tmp_path: Path) -> None:
    report = await run(stands, tmp_path, course_of(1, 1.0, LIGHT, poison_one_in=200))
    assert report.differences == ()
    assert report.injuries.keys() | report.missed.keys() == COUNTS.keys()


PUSHES = Plan(
    pushes_per_second=4.0,
    rows_per_push=(15, 40),
    fresh_share=0.15,
    hot_share=0.7,
    hot_rows=40,
    districts=2,
    declarations_per_second=0.0,
    patience_seconds=10.0,
)
APPROVALS = Plan(
    pushes_per_second=0.0,
    declarations_per_second=4.0,
    volley_seconds=3.0,
    volley_least=6,
    cases_per_plan=(1, 1),
    funded_share=0.45,
    patience_seconds=100.0,
)


def offsets_first() -> Course:
    """A consumer is killed with a batch in hand, again and again, and no copy of it comes later."""
    injuries = tuple(Injury(float(at), "seize", "eligibility") for at in (2, 4, 6))
    planted = Planted(bug="offsets_first", copies_apart=0.0)
    return Course(9.0, PUSHES, injuries, planted, settle_seconds=12.0)


def inbox_apart() -> Course:
    """Batches in hand lose their backends, again and again."""
    injuries = tuple(Injury(2.0 + number, "tear", "eligibility") for number in range(5))
    return Course(9.0, PUSHES, injuries, Planted(bug="inbox_apart"))


def cursor_relay() -> Course:
    """Some transactions are slow to commit what they announce."""
    return Course(6.0, PUSHES, (), Planted(bug="cursor_relay", slow_one_in=3, slow_seconds=1.0), settle_seconds=12.0)


def xid_relay() -> Course:
    """Two systems push the same rows at once, again and again, while the broker is silent."""
    injuries = (Injury(2.5, "silence", "broker", 4.0),)
    return Course(8.0, PUSHES, injuries, Planted(bug="xid_relay"))


def budget_unlocked() -> Course:
    """Whoever waited for funding reaches at once for a budget that is too small for all."""
    return Course(3.0, APPROVALS, (), Planted(bug="budget_unlocked"))


FOUND_BY = {
    offsets_first: "parked without poison.*: gap: event",
    inbox_apart: "parked without poison|the broker took it, and nobody answered it|did not act on event",
    cursor_relay: "intake.events has event .* after event",
    xid_relay: "intake.events has event .* after event",
    budget_unlocked: "drift: .* overdraws account",
}
"""Of what is found the part that no slow machine could cause: what is only late has nothing behind it yet."""


@pytest.mark.parametrize("course", FOUND_BY)
async def test_the_campaign_goes_red_for(course: Callable[[], Course], stands: Ground, tmp_path: Path) -> None:
    report = await run(stands, tmp_path, course())
    found = (*report.differences, *map(str, report.verdict.findings))
    assert any(re.search(FOUND_BY[course], each) for each in found), found
