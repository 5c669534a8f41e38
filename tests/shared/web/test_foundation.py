"""Behaviour common to all services: events announced once, idempotency keys, problem details."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import MetaData, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.demo.personas import PEOPLE
from shared.actors import system_actor
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.outbox import emit
from shared.runtime import Service
from shared.web.app import create_app
from shared.web.auth import Anyone
from shared.web.idempotency import ActRoute, Session
from tests.keys import new_key
from tests.world import World


def withdrawn() -> DeclarationWithdrawn:
    return DeclarationWithdrawn(declaration_id=uuid4(), district="110105", reason="示例")


async def test_a_committed_event_reaches_the_feed_in_order(world: World) -> None:
    intake = world.instances["intake"]
    event = withdrawn()
    async with intake.database.session(system_actor("intake")) as session:
        await emit(session, event, event)
        await emit(session, event)
    assert [item["sequence"] for item in await world.events("intake")] == ["1", "2", "3"]


async def test_an_event_of_a_rolled_back_act_was_never_there(world: World) -> None:
    intake = world.instances["intake"]
    with suppress(RuntimeError):
        async with intake.database.session(system_actor("intake")) as session:
            await emit(session, withdrawn())
            raise RuntimeError
    assert await world.events("intake") == []


async def test_a_district_does_not_see_events_of_another(world: World) -> None:
    intake = world.instances["intake"]
    async with intake.database.session(system_actor("intake")) as session:
        await emit(session, withdrawn())
    await world.settle()
    assert len((await world.get("intake", "/events", "110105-officer-1"))["events"]) == 1
    assert (await world.get("intake", "/events", "110106-officer-1"))["events"] == []


async def authorised(world: World, key: str, reason: str = "代办申报") -> httpx.Response:
    """Ask for an act whose repetition without a key would have another effect and another answer."""
    given = {"subject": "agent-7", "name": "示例受托人", "starts_on": "2024-03-04", "ends_on": "2024-03-06"}
    body = {**given, "reason": reason}
    return await world.call("intake", "POST", "/v1/agents", world.owner(), body, idempotency_key=key)


async def authorisations(world: World) -> int:
    return len((await world.get("intake", "/v1/agents", world.owner()))["items"])


async def test_the_same_key_gives_the_same_answer_and_one_effect(world: World) -> None:
    answers = [await authorised(world, "k1") for _ in range(2)]
    assert answers[0].status_code == 201, answers[0].text
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    other = await authorised(world, "k1", "代办变更")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await authorisations(world) == 1


async def test_the_same_key_at_once_has_one_effect(world: World) -> None:
    answers = await asyncio.gather(*(authorised(world, "at-once") for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_key_in_flight"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await authorisations(world) == 1


async def test_a_key_in_flight_is_refused_without_waiting_for_it(world: World) -> None:
    body, who = new_key(), "city-supervisor-1"
    admin = await asyncpg.connect(world.settings.database_url)
    try:
        async with admin.transaction(), asyncio.timeout(5):
            lock = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 7))"
            await admin.execute(lock, f"{PEOPLE[who].subject}\nheld")
            row = "INSERT INTO intake.idempotency_key (tenant, key, fingerprint, created_at)"
            await admin.execute(f"{row} VALUES ($1, 'held', '', now())", PEOPLE[who].subject)
            answer = await world.call("intake", "POST", "/v1/api-keys", who, body, idempotency_key="held")
    finally:
        await admin.close()
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_flight")


async def test_two_people_may_use_the_same_key(world: World) -> None:
    for who in ("city-supervisor-1", "city-supervisor-2"):
        answer = await world.call("intake", "POST", "/v1/api-keys", who, new_key(), idempotency_key="ours")
        assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, None)


async def test_an_answer_without_content_is_given_again_as_it_was(world: World) -> None:
    issued = await world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(), 201)
    path, why = f"/v1/api-keys/{issued['id']}/revoke", {"reason": "更换"}
    for _ in range(2):
        answer = await world.call("intake", "POST", path, "city-supervisor-1", why, status=204, idempotency_key="k")
        assert answer.content == b""


async def test_a_key_whose_act_was_refused_is_free_again(world: World) -> None:
    async def issue(**body: Any) -> int:
        answer = await world.call("intake", "POST", "/v1/api-keys", "city-supervisor-1", body, idempotency_key="k2")
        return answer.status_code

    assert await issue(**new_key(districts=["999999"])) == 422
    assert await issue(**new_key(districts=["BDA"])) == 201


@asynccontextmanager
async def small_service(world: World, router: APIRouter) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the endpoints of a test on the instance of intake."""
    app = create_app(Service("intake", "示例", MetaData(), router), world.instances["intake"])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    signed = {"authorization": f"Bearer {world.token('auditor-1')}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=signed) as client:
        yield client


async def test_a_refusal_that_was_committed_is_given_again_too(world: World) -> None:
    router, done = APIRouter(route_class=ActRoute), []

    @router.post("/refuse", response_model=None)
    async def refuse(session: Session, actor: Anyone) -> JSONResponse:
        done.append(actor)
        return JSONResponse({"code": "refused"}, 409)

    async with small_service(world, router) as client:
        answers = [await client.post("/refuse", headers={"idempotency-key": "k"}) for _ in range(2)]
    assert [(answer.status_code, answer.json(), len(done)) for answer in answers] == [(409, {"code": "refused"}, 1)] * 2


async def test_a_broken_rule_of_a_table_is_a_fault_of_ours_and_a_busy_pool_is_not(world: World) -> None:
    router = APIRouter(route_class=ActRoute)

    @router.post("/null", response_model=None)
    async def insert_null(session: Session, actor: Anyone) -> None:
        await session.execute(text("INSERT INTO api_key (id) VALUES ('x')"))

    @router.post("/log", response_model=None)
    async def break_the_reference(session: Session, actor: Anyone) -> None:
        raise IntegrityError("", {}, UniqueViolation())

    @router.post("/busy", response_model=None)
    async def wait_in_vain(session: Session, actor: Anyone) -> None:
        raise PoolExhausted

    async with small_service(world, router) as client:
        found = {
            path: (await client.post(path, headers={"idempotency-key": "k"})).json()["code"]
            for path in ("/null", "/log", "/busy")
        }
    assert found == {"/null": "internal_error", "/log": "duplicate", "/busy": "unavailable"}


class UniqueViolation(Exception):
    sqlstate = "23505"


async def test_what_an_applicant_reads_of_a_malformed_value_is_chinese(world: World) -> None:
    for said in ("x", "2024-01-01T00:00:00"):
        answer = await world.call("intake", "PUT", "/clock", "city-supervisor-1", {"now": said}, status=422)
        assert answer.json()["errors"] == [
            {
                "pointer": "/body/now",
                "code": answer.json()["errors"][0]["code"],
                "detail": "须为带时区的时间，写作 2026-07-01T09:00:00+08:00",
            }
        ]


async def test_a_demonstration_does_not_go_back_in_time(world: World) -> None:
    answer = await world.call(
        "intake", "PUT", "/clock", "city-supervisor-1", {"now": "2024-01-01T00:00:00Z"}, status=422
    )
    assert answer.json()["errors"][0]["pointer"] == "/body/now"


async def test_two_ticks_at_once_take_turns(world: World) -> None:
    intake = world.instances["intake"]
    within: list[int] = []

    async def slow(session: AsyncSession) -> None:
        within.append(+1)
        await session.execute(text("SELECT pg_sleep(0.05)"))
        within.append(-1)

    intake.service = replace(intake.service, tick=slow)
    await asyncio.gather(intake.tick(), intake.tick())
    assert within == [1, -1, 1, -1]


async def test_without_a_token_nothing_opens(world: World) -> None:
    answer = await world.call("intake", "GET", "/events", None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"
