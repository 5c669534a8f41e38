"""The table of roles and duties follows the code, and every service serves its part."""

from datetime import date
from pathlib import Path

import pytest

from deploy.checks.duties import WITHOUT_DUTY, written
from deploy.checks.duty_calls import Unresolved
from deploy.checks.duty_calls import operation_duties as duties_in_source
from services import SERVICES, load
from shared.segregation import DUTIES
from shared.settings import ROOT
from shared.web.duties import operation_duties
from tests.enumeration import app, operations
from tests.world import World

API = """
@router.post("/v1/x", name="act_on_x")
async def act_on_x(session, actor):
    await _record(session, {argument})

async def _record(session, duty):
    await record_act(session, "x", case, duty=duty)
"""


def test_the_files_are_those_that_the_code_gives() -> None:
    stale = [str(path.relative_to(ROOT)) for path, text in written().items() if path.read_text("utf-8") != text]
    assert stale == [], "run python -m deploy.checks.duties write"


def test_every_act_takes_a_duty_or_is_on_the_reviewed_list_with_its_reason() -> None:
    acts = {
        name
        for service in SERVICES
        for name, route in operations(service).items()
        if "GET" not in (route.methods or ()) and name not in load(service).duties
    }
    assert acts == WITHOUT_DUTY.keys()
    assert [name for name, reason in WITHOUT_DUTY.items() if len(reason) < 20] == []


def test_no_act_that_takes_a_duty_admits_systems() -> None:
    admitted = {
        entry.operation: [role.code for role in entry.roles]
        for service in SERVICES
        for entry in operation_duties(app(service).routes, load(service).duties, date(2026, 1, 1))
        if entry.duties
    }
    assert [name for name, roles in admitted.items() if "system" in roles or not roles] == []


def test_every_duty_is_taken_by_an_operation() -> None:
    taken = {duty for name in SERVICES for duties in duties_in_source(name).values() for duty in duties}
    assert taken == set(DUTIES)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "services" / "x").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("argument", "duties"),
    [('"settle"', {"act_on_x": ["settle"]}), ('duty="rate"', {"act_on_x": ["rate"]}), ("None", {})],
)
def test_a_duty_that_a_helper_takes_counts_for_the_operation(source: Path, argument: str, duties: object) -> None:
    (source / "services" / "x" / "api.py").write_text(API.format(argument=argument))
    assert duties_in_source("x", source) == duties


def test_a_duty_that_is_not_a_constant_is_refused(source: Path) -> None:
    (source / "services" / "x" / "api.py").write_text(API.format(argument="actor.role"))
    with pytest.raises(Unresolved, match="act_on_x"):
        duties_in_source("x", source)


async def test_every_service_serves_its_operations(world: World) -> None:
    for name in SERVICES:
        page = (await world.call(name, "GET", "/v1/duties?limit=200", None, status=200)).json()
        found = {each["operation"]: each for each in page["items"]}
        assert page["next_cursor"] is None
        assert {name: [duty["code"] for duty in each["duties"]] for name, each in found.items() if each["duties"]} == (
            duties_in_source(name)
        )
    opinion = (await world.call("intake", "GET", "/v1/duties?limit=200&sort=-path", None)).json()["items"]
    (found_opinion,) = (each for each in opinion if each["operation"] == "give_opinion")
    exclusions = found_opinion.pop("exclusions")
    assert found_opinion == {
        "operation": "give_opinion",
        "method": "POST",
        "path": "/v1/declarations/{declaration_id}/opinion",
        "summary": "出具意见",
        "signed_in": True,
        "roles": [{"code": "district_government", "label": "区政府（管委会）"}],
        "duties": [{"code": "opinion", "label": "征求意见"}],
    }
    assert {
        "duty": {"code": "opinion", "label": "征求意见"},
        "excluded_by": [{"code": "forward", "label": "上报"}],
        "reason": "上报前的复核须由未作初审、未出具意见的人承担",
        "source": "三（一）",
        "since": "2021-01-01",
        "until": None,
    } in exclusions
    assert {code["code"] for each in exclusions for code in each["excluded_by"]} == {
        "apply", "report", "first_review", "forward",
    }  # fmt: skip
