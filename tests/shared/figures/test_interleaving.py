"""Acts on a batch of figures that meet another transaction: each waits for it, then judges the state that it left."""

import pytest

from services import SERVICES
from tests.enumeration import operations
from tests.interleaving import after, refuse_other_versions
from tests.shared.figures.batches import AUTHOR, CSV, JUNE, SECOND, batch, enter
from tests.world import World

DECISIONS = {
    "confirm": (SECOND, None),
    "return": (SECOND, {"reason": "与公告不符"}),
    "withdraw": (AUTHOR, {"reason": "登记有误"}),
}
"""Person and body of each act on a batch."""
LOCKED = "SELECT FROM funding.series_batch FOR NO KEY UPDATE"
DECIDED = (
    "UPDATE funding.series_batch SET status = 'withdrawn', decided_at = now(), decided_by = 'x', decided_by_name = 'x'"
)


@pytest.mark.parametrize("service", SERVICES)
def test_every_act_on_a_batch_has_its_race(service: str) -> None:
    acts = {
        route.path.rpartition("/")[2]
        for route in operations(service).values()
        if route.path.startswith("/v1/series/batches/{batch_id}/") and "POST" in (route.methods or set())
    }
    assert acts in (set(), set(DECISIONS), {*DECISIONS, "recompute"}), "entering adds a row, recomputing reads a batch"


@pytest.mark.clause("二（四）2")
@pytest.mark.parametrize("act", DECISIONS)
async def test_a_decision_waits_for_another_and_is_refused_once_the_batch_is_decided(world: World, act: str) -> None:
    world.clock.set(JUNE)
    entered = (await enter(world, batch(file=CSV.encode()), status=201)).json()
    who, body = DECISIONS[act]
    path = f"/v1/series/batches/{entered['id']}/{act}"
    await refuse_other_versions(world, "funding", "POST", path, who, body)
    answer = await after(world, LOCKED, DECIDED, world.call("funding", "POST", path, who, body))
    assert (answer.status_code, answer.json()["code"], answer.json()["current"]) == (409, "wrong_status", "withdrawn")
