"""A campaign of one minute with every fault, and planted bugs that a campaign must find.

All campaigns are in one file, so that one worker runs them in turn. Each plan with a planted bug has the load and the
faults that show it quickly; without the bug it is green.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.campaign import run
from faults.environment import Environment
from faults.plan import CampaignPlan, campaign_plan
from faults.schedule import FAULT_COUNTS, Fault
from faults.service import ServicePatches
from faults.workload.profile import LoadProfile

pytestmark = pytest.mark.faults

LIGHT_LOAD = LoadProfile(
    pushes_per_second=1.0,
    rows_per_push=(30, 120),
    declarations_per_second=0.3,
    decision_interval_seconds=2.0,
    waiting_seconds=40.0,
    patience_seconds=60.0,
)
"""Load for a machine that runs other tests beside it."""


async def test_a_minute_with_every_fault_loses_nothing(environment: Environment, tmp_path: Path) -> None:
    report = await run(environment, tmp_path, campaign_plan(1, 1.0, LIGHT_LOAD, poison_one_in=200))
    assert report.differences == ()
    assert report.faults.keys() | report.missed.keys() == FAULT_COUNTS.keys()


PUSHES = LoadProfile(
    pushes_per_second=4.0,
    rows_per_push=(15, 40),
    new_rows_share=0.15,
    hot_share=0.7,
    hot_rows=40,
    districts=2,
    declarations_per_second=0.0,
    patience_seconds=10.0,
)
APPROVALS = LoadProfile(
    pushes_per_second=0.0,
    declarations_per_second=4.0,
    decision_interval_seconds=3.0,
    decision_min_cases=6,
    cases_per_plan=(1, 1),
    funded_share=0.45,
    patience_seconds=100.0,
)


def commit_offsets_early() -> CampaignPlan:
    """Kill a consumer with a batch in hand, repeatedly, with no later copy of the batch."""
    faults = tuple(Fault(float(at), "kill_in_batch", "eligibility") for at in (2, 4, 6))
    patches = ServicePatches(bug="commit_offsets_early", batch_copy_share=0.0)
    return CampaignPlan(9.0, PUSHES, faults, patches, settle_seconds=12.0)


def inbox_in_own_transaction() -> CampaignPlan:
    """Terminate the backends of batches in hand, repeatedly."""
    faults = tuple(Fault(2.0 + number, "terminate_backend_in_batch", "eligibility") for number in range(5))
    return CampaignPlan(9.0, PUSHES, faults, ServicePatches(bug="inbox_in_own_transaction"))


def relay_by_cursor() -> CampaignPlan:
    """Delay the commits of some transactions with events."""
    return CampaignPlan(
        6.0,
        PUSHES,
        (),
        ServicePatches(bug="relay_by_cursor", slow_commit_one_in=3, slow_commit_seconds=1.0),
        settle_seconds=12.0,
    )


def relay_by_xid() -> CampaignPlan:
    """Push the same rows from two systems at once, repeatedly, while the broker is frozen."""
    faults = (Fault(2.5, "freeze_broker", "broker", 4.0),)
    return CampaignPlan(8.0, PUSHES, faults, ServicePatches(bug="relay_by_xid"))


def unlock_budget_check() -> CampaignPlan:
    """Approve all waiting applications at once against a budget too small for them."""
    return CampaignPlan(3.0, APPROVALS, (), ServicePatches(bug="unlock_budget_check"))


FOUND_BY = {
    commit_offsets_early: "parked without poison.*: gap: event",
    inbox_in_own_transaction: "parked without poison|accepted by the broker, but never answered|did not apply event",
    relay_by_cursor: "intake.events has event .* after event",
    relay_by_xid: "intake.events has event .* after event",
    unlock_budget_check: "drift: .* overdraws account",
}
"""Differences that no slow machine causes: a late event has nothing published behind it."""


@pytest.mark.parametrize("plan", FOUND_BY)
async def test_a_campaign_finds_the_planted_bug(
    plan: Callable[[], CampaignPlan], environment: Environment, tmp_path: Path
) -> None:
    report = await run(environment, tmp_path, plan())
    found = (*report.differences, *map(str, report.verdict.findings))
    assert any(re.search(FOUND_BY[plan], each) for each in found), found
