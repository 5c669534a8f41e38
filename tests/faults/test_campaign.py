"""A campaign of one minute with every fault, and planted bugs that a campaign must find.

The campaigns are in one file, so that one worker runs them one after the other. Each planted bug comes with the load
and the faults that reveal it quickly; without the bug the same campaign passes.
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
"""A load that a machine can carry while it runs other tests."""


async def test_a_minute_with_every_fault_loses_nothing(stands: Ground, tmp_path: Path) -> None:
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
    """Kill a consumer that holds a batch, three times, without later copies of its events."""
    injuries = tuple(Injury(float(at), "seize", "eligibility") for at in (2, 4, 6))
    planted = Planted(bug="offsets_first", copies_apart=0.0)
    return Course(9.0, PUSHES, injuries, planted, settle_seconds=12.0)


def inbox_apart() -> Course:
    """Terminate the backends of batches in progress, five times."""
    injuries = tuple(Injury(2.0 + number, "tear", "eligibility") for number in range(5))
    return Course(9.0, PUSHES, injuries, Planted(bug="inbox_apart"))


def cursor_relay() -> Course:
    """Delay the commit of some transactions after their events were written."""
    return Course(6.0, PUSHES, (), Planted(bug="cursor_relay", slow_one_in=3, slow_seconds=1.0), settle_seconds=12.0)


def xid_relay() -> Course:
    """Push the same rows from two systems at once while the broker does not answer."""
    injuries = (Injury(2.5, "silence", "broker", 4.0),)
    return Course(8.0, PUSHES, injuries, Planted(bug="xid_relay"))


def budget_unlocked() -> Course:
    """Approve many applications at once against a budget that is too small for all."""
    return Course(3.0, APPROVALS, (), Planted(bug="budget_unlocked"))


FOUND_BY = {
    offsets_first: "parked without poison.*: gap: event",
    inbox_apart: "parked without poison|the broker took it, and nobody answered it|did not act on event",
    cursor_relay: "intake.events has event .* after event",
    xid_relay: "intake.events has event .* after event",
    budget_unlocked: "drift: .* overdraws account",
}
"""Findings that a slow machine cannot cause: an event that is only late is followed by no other."""


@pytest.mark.parametrize("course", FOUND_BY)
async def test_a_campaign_finds_the_planted_bug(course: Callable[[], Course], stands: Ground, tmp_path: Path) -> None:
    report = await run(stands, tmp_path, course())
    found = (*report.differences, *map(str, report.verdict.findings))
    assert any(re.search(FOUND_BY[course], each) for each in found), found
