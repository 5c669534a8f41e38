"""A release that no second person decides on lapses; its money stays reserved and it is requested anew. 三（二）"""

import pytest

from tests.funding.case import appropriate, approved, code, planned, read, requested, sound, yuan
from tests.funding.distinct import at
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


async def test_a_request_lapses_after_its_days_and_not_before(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    at(world, "2024-03-10 10:00")
    request = await requested(world, case)
    for moment, status in (("2024-03-25 10:00", "requested"), ("2024-03-25 10:01", "rejected")):
        at(world, moment)
        await world.instances["funding"].tick()
        shown = await world.get("funding", f"/v1/release-requests/{request['id']}", "auditor-1")
        assert shown["status"] == status
    assert "15 日内无人审批" in shown["decision_reason"]
    assert await code(world, f"/v1/release-requests/{request['id']}/approve", "finance-2") == "wrong_status"
    assert yuan(await read(world, case), "reserved") == "10000000.00"
    again = await requested(world, case)
    await world.post("funding", f"/v1/release-requests/{again['id']}/approve", "finance-2")
    await sound(world)
