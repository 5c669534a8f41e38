"""What every service stands on: events announced once, acts under one key, refusals that say why."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.auth import system_actor
from shared.contracts.intake import DeclarationWithdrawn
from shared.outbox import emit
from tests.world import World


def withdrawn() -> DeclarationWithdrawn:
    return DeclarationWithdrawn(declaration_id=uuid4(), district="110105", reason="示例")


async def test_a_committed_event_reaches_the_feed_in_order(world: World) -> None:
    intake = world.instances["intake"]
    event = withdrawn()
    async with intake.database.session(system_actor("intake")) as session:
        await emit(session, event, event)
        await emit(session, event)
    await world.settle()
    assert [item["sequence"] for item in await world.events("intake")] == ["1", "2", "3"]


async def test_an_event_of_a_rolled_back_act_was_never_there(world: World) -> None:
    intake = world.instances["intake"]
    try:
        async with intake.database.session(system_actor("intake")) as session:
            await emit(session, withdrawn())
            raise RuntimeError
    except RuntimeError:
        await world.settle()
    assert await world.events("intake") == []


async def test_a_district_does_not_see_events_of_another(world: World) -> None:
    intake = world.instances["intake"]
    async with intake.database.session(system_actor("intake")) as session:
        await emit(session, withdrawn())
    await world.settle()
    assert len((await world.get("intake", "/events", "110105-officer-1"))["events"]) == 1
    assert (await world.get("intake", "/events", "110106-officer-1"))["events"] == []


async def test_the_same_key_gives_the_same_answer_and_one_effect(world: World) -> None:
    body = {"name": "示例看板", "districts": [], "writes": False}
    answers = [
        await world.call("intake", "POST", "/v1/api-keys", "city-supervisor-1", body, idempotency_key="k1")
        for _ in range(2)
    ]
    assert answers[0].status_code == 201, answers[0].text
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    other = await world.call(
        "intake", "POST", "/v1/api-keys", "city-supervisor-1", body | {"writes": True}, idempotency_key="k1"
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await world.get("intake", "/v1/api-keys", "city-supervisor-1")) == 1


async def test_without_a_token_nothing_opens(world: World) -> None:
    answer = await world.call("intake", "GET", "/events", None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_application_cannot_rewrite_its_log(world: World) -> None:
    intake = world.instances["intake"]
    async with intake.database.session(system_actor("intake")) as session:
        await emit(session, withdrawn())
    for statement in ("UPDATE event_log SET type = 'x'", "DELETE FROM event_log", "DELETE FROM act"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with intake.database.session(system_actor("intake")) as session:
                await session.execute(text(statement))
