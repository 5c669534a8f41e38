"""`GET /v1/code-lists` of every service."""

import pytest

from services import SERVICES
from tests.world import World


@pytest.mark.parametrize("service", SERVICES)
async def test_code_lists_are_public_and_hold_shared_and_own_codes(world: World, service: str) -> None:
    path = "/v1/code-lists?limit=200&include_total=true"
    page = (await world.call(service, "GET", path, None, status=200)).json()
    lists = {each["name"]: {code["code"]: code["label"] for code in each["codes"]} for each in page["items"]}
    assert page["total"] == len(lists) > 20
    assert lists["district"]["110105"] == "朝阳区"
    own = {
        "intake": ("declaration_decision", None),
        "eligibility": ("criterion", "产业导入与功能定位"),
        "funding": ("release_status", "已拨付"),
        "monitoring": ("meter_period", "小时"),
    }
    name, label = own[service]
    assert label is None or label in lists[name].values()
    assert name in lists
