"""The caller of a request: forms of the header, the role acted in whatever the order of parameters, rights to write."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from sqlalchemy import text

from deploy.demo.personas import Persona
from shared import logs
from shared.actors import Actor
from shared.storage.session import actor_of
from shared.web.auth import RoleCheck, SignedIn
from shared.web.idempotency import ActRoute, ReadSession, Session
from tests.keys import new_key
from tests.shared.web.test_foundation import small_service
from tests.world import World

Checked = Annotated[Actor, Depends(RoleCheck("district_supervisor", "district_officer", "system"))]
BOTH = Persona("officer-7", "示例", ("district_officer", "district_supervisor"), "110105")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OF_KEYS = "/v1/resources/any"
"""A path of a group that keys of intake may read and write."""


def acts() -> APIRouter:
    """Return endpoints that answer in whose name, role and sight their session acts."""
    router = APIRouter(route_class=ActRoute)

    async def shown(session: Session, actor: Actor) -> list[str]:
        seen = await session.scalar(text("SELECT current_setting('app.districts')"))
        return [actor_of(session).role, actor.role, actor_of(session).subject, str(seen), logs.context().subject]

    @router.post("/session-first", response_model=None)
    @router.put("/session-first", name="put_with_session_first", response_model=None)
    async def act_with_session_first(session: Session, actor: Checked) -> list[str]:
        return await shown(session, actor)

    @router.post("/actor-first", response_model=None)
    async def act_with_actor_first(actor: Checked, session: Session) -> list[str]:
        return await shown(session, actor)

    @router.get("/read", response_model=None)
    async def read(session: ReadSession, actor: Checked) -> list[str]:
        return await shown(session, actor)

    @router.get("/anybody", response_model=None)
    async def read_signed_in(session: ReadSession, actor: SignedIn) -> list[str]:
        return await shown(session, actor)

    async def any_method(actor: Checked) -> str:
        return actor.subject

    for method in METHODS:
        router.add_api_route(OF_KEYS, any_method, methods=[method], name=f"any_{method}", response_model=None)
    return router


async def test_a_session_acts_in_the_role_that_the_operation_admits(world: World) -> None:
    headers = {"authorization": f"Bearer {world.token(BOTH)}"}
    supervisor = ["district_supervisor", "district_supervisor", "officer-7", "{110105}", "officer-7"]
    async with small_service(world, acts()) as client:
        for path in ("/session-first", "/actor-first"):
            answer = await client.post(path, headers={**headers, "idempotency-key": path[1:]})
            assert answer.json() == supervisor, path
        without_a_key = await client.put("/session-first", headers=headers)
        assert without_a_key.json() == supervisor
        assert (await client.get("/read", headers=headers)).json() == supervisor
        officer = ["district_officer", "district_officer", "officer-7", "{110105}", "officer-7"]
        assert (await client.get("/anybody", headers=headers)).json() == officer


@pytest.mark.parametrize("writes", [True, False])
async def test_a_read_only_key_reads_and_a_writing_key_may_do_all(world: World, *, writes: bool) -> None:
    new = new_key(writes=writes)
    key = await world.post("intake", "/v1/api-keys", "city-supervisor-1", new, 201)
    headers = {"authorization": f"Bearer {key['key']}"}
    async with small_service(world, acts()) as client:
        found = {method: (await client.request(method, OF_KEYS, headers=headers)).status_code for method in METHODS}
    assert found == {method: 200 if writes or method == "GET" else 403 for method in METHODS}


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("Bearer {}", 200),
        ("bearer {}", 200),
        ("BEARER {}", 200),
        ("{}", 401),
        ("Basic {}", 401),
        ("Token {}", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer  {}", 401),
        ("Bearer {}x", 401),
    ],
)
async def test_the_form_of_the_header(world: World, form: str, status: int) -> None:
    header = form.format(world.token("auditor-1"))
    answer = await world.clients["intake"].get("/events", headers={"authorization": header})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key,
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda key: key.replace("th_live_", "th_live_0", 1),
        lambda key: key.rpartition("_")[0] if key.count("_") == 3 else key[:20],
        lambda key: key.upper(),
        lambda _: "th_live_",
        lambda _: "th_live__",
    ],
    ids=["whole", "cut", "longer", "other id", "no secret", "capitals", "empty", "empty parts"],
)
async def test_only_the_whole_text_of_a_key_opens(world: World, change: object) -> None:
    key = (await world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(), 201))["key"]
    said = change(key)  # type: ignore[operator]
    answer = await world.clients["intake"].get("/events", headers={"authorization": f"Bearer {said}"})
    assert answer.status_code == (200 if said == key else 401)


async def test_a_key_opens_the_service_that_issued_it_alone(world: World) -> None:
    key = (await world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(), 201))["key"]
    headers = {"authorization": f"Bearer {key}"}
    found = {name: (await client.get("/events", headers=headers)).status_code for name, client in world.clients.items()}
    assert found == {"intake": 200, "eligibility": 401, "funding": 401, "monitoring": 401}
