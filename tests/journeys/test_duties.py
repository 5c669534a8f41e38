"""Every operation that takes a duty refuses a person who holds one that excludes it, and says why."""

import pytest

from services import SERVICES, load
from tests.journeys.every_duty import ACTS
from tests.journeys.refused_first import refused_first
from tests.world import World

BEGINNING = {
    "create_declaration", "draft_budget", "notify_rating", "request_repair", "register_other_funds",
    "register_municipal_money", "enter_figures", "issue_payment_order", "prepare_month",
    "set_district_standard", "enter_district_programme",
}  # fmt: skip
"""Operations that begin a case, on which nobody holds a duty yet."""


@pytest.mark.parametrize("service", SERVICES)
async def test_each_operation_refuses_the_holder_of_an_excluding_duty(world: World, service: str) -> None:
    async with refused_first(world, service, BEGINNING) as tried:
        await ACTS[service](world)
    assert tried.admitted == {}
    assert tried.refused == load(service).duties.keys() - BEGINNING
