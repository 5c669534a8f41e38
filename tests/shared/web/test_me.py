"""Fields of the answer to a caller about itself, for people of each office and for a key."""

from typing import Any

import pytest

from deploy.demo.personas import PEOPLE
from tests.keys import new_key
from tests.world import World

TIMES = {"signed_in_at": "2024-03-01T02:00:00Z", "expires_at": "2024-03-01T14:00:00Z"}
NOBODYS = {"is_person": True, "uscc": None, "is_agent": False, "scopes": None, **TIMES}


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        (
            "110105-officer-1",
            {"roles": [{"code": "district_officer", "label": "区发展改革委经办"}], "districts": ["110105"]},
        ),
        ("auditor-1", {"roles": [{"code": "auditor", "label": "审计"}], "districts": ["110000"]}),
    ],
)
async def test_an_official(world: World, who: str, shown: dict[str, Any]) -> None:
    token = world.signer.token(PEOPLE[who], world.settings, world.clock.now())
    answer = await world.clients["funding"].get("/v1/me", headers={"authorization": f"Bearer {token}"})
    assert answer.json() == {"subject": who, "name": PEOPLE[who].name, **NOBODYS, **shown}


async def test_an_owner(world: World) -> None:
    owner = world.owner()
    token = world.signer.token(owner, world.settings, world.clock.now())
    answer = await world.clients["intake"].get("/v1/me", headers={"authorization": f"Bearer {token}"})
    roles = [{"code": "applicant", "label": "项目单位"}]
    own = {"subject": owner.subject, "name": owner.name, "roles": roles, "districts": ["110000"], "uscc": owner.uscc}
    assert answer.json() == {**NOBODYS, **own}


async def test_a_key_of_any_scope(world: World) -> None:
    asked = new_key(districts=["BDA"]) | {"scopes": ["write:resources", "read:events"]}
    issued = await world.post("intake", "/v1/api-keys", "city-supervisor-1", asked, 201)
    answer = await world.clients["intake"].get("/v1/me", headers={"authorization": f"Bearer {issued['key']}"})
    assert answer.json() == {
        "subject": f"key:{issued['id']}", "name": "示例系统", "is_person": False,
        "is_agent": False, "uscc": None, "districts": ["BDA"],
        "roles": [{"code": "system", "label": "对接系统"}], "scopes": ["read:events", "write:resources"],
        "signed_in_at": "2024-03-01T02:00:00Z", "expires_at": "2025-03-01T02:00:00Z",
    }  # fmt: skip
