"""The fewest people for a case: computed from the exclusions, and the demonstration's story runs with them."""

import re
from datetime import date

import pytest

from deploy.checks.staffing import RARE, desks, fewest
from services import SERVICES, load
from shared.segregation import DUTIES
from shared.settings import ROOT
from shared.web.app import create_app
from shared.web.duties import operation_duties

TODAY = date(2026, 1, 1)
STORY = ROOT / "deploy" / "demo" / "story"
ENOUGH = {
    "applicant": 1, "district_officer": 2, "district_supervisor": 1, "district_government": 1, "city_officer": 3,
    "city_supervisor": 1, "finance": 2, "inspector": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def own_duties() -> dict[str, set[str]]:
    operations = [
        entry
        for name in SERVICES
        for entry in operation_duties(create_app(load(name)).routes, load(name).duties, TODAY)
    ]
    return desks(operations)


def test_every_duty_belongs_to_a_desk(own_duties: dict[str, set[str]]) -> None:
    assert set().union(*own_duties.values()) == set(DUTIES)


def test_a_case_needs_three_officers_and_a_supervisor_of_the_city_and_two_of_finance(
    own_duties: dict[str, set[str]],
) -> None:
    assert {role: fewest(sorted(duties - RARE), TODAY) for role, duties in own_duties.items()} == ENOUGH


def test_two_officers_of_the_city_do_not_suffice_nor_does_one_supervisor_for_a_hold(
    own_duties: dict[str, set[str]],
) -> None:
    # Two people score, and neither may draft the approval.
    assert fewest(["score"], TODAY) == 2
    assert fewest(["score", "draft_approval"], TODAY) == 3
    assert fewest(sorted(own_duties["city_officer"] - {"score"}), TODAY) == 2
    assert fewest(["approve", "lift_hold"], TODAY) == 2
    second_signature = {"countersign", "countersign_change"}
    assert fewest(sorted(own_duties["city_supervisor"] - second_signature), TODAY) == 2
    assert fewest(sorted(own_duties["city_supervisor"]), TODAY) == 3  # who signed second does not lift a hold either
    assert fewest([], TODAY) == 0


def test_the_story_of_the_demonstration_is_told_by_the_fewest_people() -> None:
    """Read who acts in it: declaration to release, clawback with recovery, evaluation, rating; test_story runs it."""
    text = "".join(path.read_text("utf-8") for path in STORY.glob("*.py") if path.name != "report.py")
    city = set(re.findall(r"(city-officer|city-supervisor|finance|inspector)-(\d)", text))
    many = {role: len({number for each, number in city if each == role}) for role, _ in city}
    assert many == {"city-officer": 3, "city-supervisor": 1, "finance": 2, "inspector": 1}
    district = set(re.findall(r"\}-(officer-\d|supervisor-\d|government)", text))
    assert district == {"officer-1", "officer-2", "supervisor-1", "government"}
    acts = ("/forward", "/approve", "recovered", "issue", "credit/notice", "credit/decide", "/evaluation")
    assert [act for act in acts if act not in text] == []
