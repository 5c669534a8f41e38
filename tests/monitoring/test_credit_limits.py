"""Tests of dates and sizes of credit: the last day of an objection, of a ground's years; numbers of pieces; duties."""

import pytest

from deploy.demo.personas import Persona
from tests.monitoring.fixtures import funded_project, set_date
from tests.monitoring.test_credit_rounds import CREDIT, decide, notify, raise_ground, shown
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")


@pytest.mark.parametrize(
    ("day", "objection", "decision"),
    [((2024, 3, 16), 200, 409), ((2024, 3, 17), 409, 200)],
    ids=["last day", "day after"],
)
async def test_the_last_day_of_the_objection_period(
    world: World, day: tuple[int, int, int], objection: int, decision: int
) -> None:
    await funded_project(world)
    await raise_ground(world)
    assert (await notify(world))["objection_due_on"] == "2024-03-16"
    set_date(world, *day)
    await decide(world, "B", decision)
    if decision == 409:
        body = {"text": "有正当理由", "evidence": ["气象证明"]}
        rating = await world.post("monitoring", f"{CREDIT}/objection", world.owner(), body, status=objection)
        assert (rating["state"], rating["objection"]) == ("objected", body)
        await world.post("monitoring", f"{CREDIT}/objection", world.owner(), body, status=409)
        await decide(world, "B")


async def test_the_proposal_of_a_rated_entity_drops_a_ground_after_its_three_years(world: World) -> None:
    await funded_project(world)
    await raise_ground(world, occurred_on="2024-02-29")
    await notify(world)
    set_date(world, 2024, 3, 17)
    await decide(world, "B")
    points = []
    for on in ((2027, 2, 27), (2027, 2, 28), (2027, 3, 1)):
        set_date(world, *on)
        points.append((await shown(world))["proposal"]["points"])
    assert points == [80, 80, 100]


async def test_who_took_part_in_a_rating_takes_no_other_duty_in_it(world: World) -> None:
    # One person who is officer and supervisor may notify or decide, not both; the next rating is another case.
    both = Persona("city-both", "市级示例", ("city_officer", "city_supervisor"))
    await funded_project(world)
    await raise_ground(world)
    path = f"{CREDIT}/notice"
    rating = await world.post("monitoring", path, both, {"reason": "年度评价"}, status=201)
    set_date(world, 2024, 3, 17)
    verdict = {"grade": "B", "reason": "属实"}
    refused = await world.post("monitoring", f"{CREDIT}/decide", both, verdict, status=403)
    assert refused["code"] == "same_officer"
    await decide(world, "B")
    acts = (await world.get("monitoring", f"/v1/acts/{rating['id']}", "auditor-1"))["items"]
    assert [(row["act"], row["actor"], row["reason"]) for row in acts] == [
        ("notify_rating", "city-both", "年度评价"),
        ("decide_rating", "city-supervisor-1", "定为 B"),
    ]
    await notify(world, who="city-officer-2")
    set_date(world, 2024, 4, 2)
    await world.post("monitoring", f"{CREDIT}/decide", both, verdict)
