"""Tickets of event streams: once, for half a minute, for the caller alone, while the token is valid; never written."""

from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from deploy.demo.personas import PEOPLE
from shared.actors import system_actor
from shared.storage.revocations import revoke
from tests.journeys.test_admission import streams_ended
from tests.keys import new_key
from tests.shared.web.test_feed import announce, listening
from tests.world import START, World

WHO = "110105-officer-1"


async def ticket(world: World, who: str = WHO, hours: int = 12) -> str:
    token = world.signer.token(PEOPLE[who], world.settings, world.clock.now(), hours=hours)
    answer = await world.clients["intake"].post("/v1/stream-tickets", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["ticket"])


async def opened(world: World, said: str, service: str = "intake", path: str = "/events/stream") -> int:
    """Return the status with which a stream answers a ticket; the stream itself ends at once."""
    with streams_ended(world, service):
        return (await world.clients[service].get(f"{path}?ticket={quote(said)}")).status_code


async def test_a_ticket_opens_one_stream_of_its_service_and_nothing_else(world: World) -> None:
    said = await ticket(world)
    assert await opened(world, said, "funding") == 401
    assert await opened(world, said, path="/events") in (401, 422)
    assert [await opened(world, said) for _ in range(2)] == [200, 401]
    assert await opened(world, said[:-1]) == 401
    assert await opened(world, "") == 401


@pytest.mark.parametrize(("seconds", "status"), [(29, 200), (30, 401)])
async def test_a_ticket_lasts_half_a_minute(world: World, seconds: int, status: int) -> None:
    said = await ticket(world)
    world.clock.set(START + timedelta(seconds=seconds))
    assert await opened(world, said) == status


async def test_old_tickets_are_removed_by_the_tick(world: World) -> None:
    await ticket(world)
    world.clock.set(START + timedelta(seconds=30))
    used_later = await ticket(world)
    await world.instances["intake"].tick()
    assert await world.database.admin.fetchval("SELECT count(*) FROM intake.stream_ticket") == 1
    assert await opened(world, used_later) == 200


async def test_a_key_gets_none(world: World) -> None:
    key = await world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(), 201)
    headers = {"authorization": f"Bearer {key['key']}"}
    assert (await world.clients["intake"].post("/v1/stream-tickets", headers=headers)).status_code == 403


async def test_the_stream_shows_what_the_caller_may_see_and_ends_with_the_token(world: World) -> None:
    await announce(world, 1, "110105")
    await announce(world, 1, "110106")
    await world.settle()
    said = await ticket(world, hours=1)
    async with (
        listening(world) as base,
        httpx.AsyncClient(base_url=base, trust_env=False) as client,
        client.stream("GET", f"/events/stream?ticket={said}") as answer,
    ):
        assert answer.status_code == 200
        shown = ""
        async for line in answer.aiter_lines():
            shown += line
            if line.startswith("id:"):
                world.clock.set(START + timedelta(hours=1, seconds=30))
                await announce(world, 1, "110105")
    assert (shown.count("event:"), "110106" in shown) == (1, False)


async def test_a_revoked_token_s_ticket_opens_nothing(world: World) -> None:
    world.settings.revocation_refresh_seconds = 0
    said = await ticket(world)
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await revoke(session, "示例", "调离", subject=WHO)
    assert await opened(world, said) == 401


async def test_neither_log_nor_trace_nor_database_holds_a_ticket(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    said = await ticket(world)
    assert await opened(world, said) == 200
    printed = capsys.readouterr()
    assert said not in printed.out + printed.err
    rows = await world.database.admin.fetch("SELECT t::text FROM intake.idempotency_key t")
    again = await ticket(world)
    rows += await world.database.admin.fetch("SELECT t::text FROM intake.stream_ticket t")
    assert not any(said in row[0] or again in row[0] for row in rows)
