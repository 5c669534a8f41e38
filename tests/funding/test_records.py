"""Every answer, event and audit record of a story with distinct values, in full, compared with those on file.

After a change that is meant to change them: `make test ARGS="tests/funding/test_records.py --write-answers"`, then read
the difference.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.answers import Aliases, answer_of, by_operation, differences, recorded, write
from tests.enumeration import events_of, operations
from tests.funding.case import sound
from tests.funding.story import told
from tests.world import World

ON_FILE = Path(__file__).parent / "answers"
SHARED = {
    "issue_api_key",
    "revoke_api_key",
    "issue_stream_ticket",
    "enter_person",
    "close_person",
    "authorise_agent",
    "withdraw_agent",
    "withdraw_attachment",
    "enter_figures",
    "preview_figures",
    "confirm_figures",
    "return_figures",
    "withdraw_figures",
    "recompute_cases",
}
"""Acts that every service has."""
APART = {
    "countersign_approval",
    "countersign_change",
    "raise_money_bar",
    "propose_money_bar_lifting",
    "decide_money_bar_lifting",
    "settle_money_bar",
}
"""Acts that the story does not need: `test_countersigning.py` and `test_money_bars.py` have their answers."""


async def read_back(world: World, cases: dict[str, Any]) -> list[Any]:
    """Return what an auditor reads after the story: each record once, with its timeline."""
    paths = ["/v1/budgets/2024", "/v1/budgets/2025", "/v1/applications?sort=rank", "/v1/plans", "/events?limit=1000"]
    plans = (await world.get("funding", "/v1/plans", "auditor-1"))["items"]
    paths += [f"/v1/plans/{plan['id']}" for plan in plans]
    for case in cases.values():
        paths += [f"/v1/applications/{case}{part}" for part in ("", "/statement", "/comparison")]
        paths += [f"/v1/{name}?application_id={case}" for name in ("changes", "correction-orders", "penalties")]
        paths.append(f"/v1/public-money?declaration_id={case}")
    return [answer_of("funding", "auditor-1", await world.call("funding", "GET", path, "auditor-1")) for path in paths]


async def test_every_answer_event_and_record_of_the_story_is_as_on_file(
    world: World, by_progress: None, request: pytest.FixtureRequest
) -> None:
    with recorded(world, "funding") as acts:
        story = await told(world)
    await sound(world)
    answers = by_operation([*acts, *await read_back(world, story.cases)], Aliases())
    if request.config.getoption("write_answers"):
        write(ON_FILE, answers)
    assert differences(ON_FILE, answers) == []
    done = {name for name, route in operations("funding").items() if "POST" in (route.methods or ())}
    assert done - SHARED - APART == answers.keys() & done
    announced = {event["type"] for event in answers["list_events"][0]["body"]["events"]}
    assert announced == {event.type for event in events_of("funding")} - {"funding.figures_confirmed.v1"}
