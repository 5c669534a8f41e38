"""The event stream over a real socket: in order, resumable, filtered, and ended when the service stops."""

import asyncio
import contextlib
import gc
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog

from deploy.demo.personas import PEOPLE
from deploy.local.listeners import address, bind
from deploy.local.servers import served
from shared import logs
from shared.actors import system_actor
from shared.contracts.base import Hand
from shared.contracts.intake import DeclarationReceived, DeclarationWithdrawn, OpinionGiven
from shared.events.outbox import emit
from shared.settings import Settings
from shared.web import feed
from tests.world import World


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[str]:
    listener = bind("127.0.0.1", 0)
    async with served({"intake": world.apps["intake"]}, {"intake": listener}, drain_seconds=60):
        yield address(listener)


async def announce(world: World, count: int, district: str = "110105", length: int = 1) -> None:
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await emit(
            session,
            *(
                DeclarationWithdrawn(declaration_id=uuid4(), district=district, reason=f"第{n}件" * length)
                for n in range(count)
            ),
        )


async def read(
    base: str, token: str, count: int, query: str = "", begun: asyncio.Event | None = None, **headers: str
) -> list[tuple[str, dict[str, object]]]:
    """Return ids and data of the first `count` events of a stream; set `begun` at the first one."""
    found: list[tuple[str, dict[str, object]]] = []
    sent = {"authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        asyncio.timeout(60),
        httpx.AsyncClient(base_url=base, trust_env=False) as client,
        client.stream("GET", f"/events/stream{query}", headers=sent) as answer,
    ):
        assert answer.status_code == 200
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            fields[name] = value
            if not line and "data" in fields:
                found.append((fields["id"], json.loads(fields["data"])))
                if begun is not None:
                    begun.set()
                fields = {}
            if len(found) == count:
                return found
    return found


async def test_a_follower_gets_old_and_new_events_in_order(world: World) -> None:
    async with listening(world) as base:
        await announce(world, 3)
        following = asyncio.create_task(read(base, world.token("auditor-1"), 5))
        await asyncio.sleep(0)
        await announce(world, 2)
        assert [position for position, _ in await following] == ["1", "2", "3", "4", "5"]


async def test_a_follower_resumes_after_the_last_event_it_had(world: World) -> None:
    async with listening(world) as base:
        await announce(world, 4)
        later = await read(base, world.token("auditor-1"), 2, last_event_id="2")
        assert [position for position, _ in later] == ["3", "4"]


async def test_a_follower_sees_only_its_district_and_the_types_it_asked_for(world: World) -> None:
    async with listening(world) as base:
        await announce(world, 2, "110106")
        await announce(world, 1, "110105")
        async with world.instances["intake"].database.session(system_actor("intake")) as session:
            await emit(
                session,
                OpinionGiven(
                    declaration_id=uuid4(),
                    district="110105",
                    position="agree",
                    text="同意",
                    given_on=world.clock.today(),
                    late=False,
                ),
            )
        mine = await read(base, world.token("110105-officer-1"), 2)
        assert {event["district"] for _, event in mine} == {"110105"}
        opinions = await read(base, world.token("110105-officer-1"), 1, f"?type={OpinionGiven.type}")
        assert [event["type"] for _, event in opinions] == [OpinionGiven.type]


async def test_an_open_stream_does_not_hold_up_the_stop(world: World) -> None:
    begun = asyncio.Event()
    async with listening(world) as base:
        await announce(world, 1)
        reading = asyncio.create_task(read(base, world.token("auditor-1"), 99, begun=begun))
        await asyncio.wait_for(begun.wait(), 60)
    # A stream that the server had to cut off breaks; one that ended by itself is whole.
    assert len(await reading) == 1


async def test_a_stream_ends_with_the_token_it_was_opened_with(world: World) -> None:
    async with listening(world) as base:
        await announce(world, 1)
        token = world.signer.token(PEOPLE["auditor-1"], world.settings, world.clock.now(), hours=1)
        begun = asyncio.Event()
        reading = asyncio.create_task(read(base, token, 99, begun=begun))
        await asyncio.wait_for(begun.wait(), 60)
        world.clock.set(world.clock.now() + timedelta(hours=1, minutes=1))
        await announce(world, 1)
        # What grew with the token's last moment may still come; after that the stream is over.
        assert len(await reading) <= 2


async def test_an_applicant_sees_its_own_events_and_not_who_had_them_in_hand(world: World) -> None:
    owner = world.owner()
    other = DeclarationWithdrawn(
        declaration_id=uuid4(), district="110105", applicant_uscc="91110000802100433B", reason="别家"
    )
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await emit(session, received(owner.uscc), other, withdrawn())
    await world.settle()
    (seen,) = (await world.get("intake", "/events", owner))["events"]
    assert "actor" not in seen
    assert "hands" not in seen["data"]
    known = (await world.events("intake"))[0]
    assert (known["actor"], len(known["data"]["hands"])) == ("service:intake", 1)


async def test_an_applicant_is_not_told_what_the_government_advised(world: World) -> None:
    owner = world.owner()
    opinion = OpinionGiven(
        **{"declaration_id": uuid4(), "district": "110105", "applicant_uscc": owner.uscc, "position": "agree"},
        **{"text": "同意", "given_on": "2024-03-01", "late": False},
    )
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await emit(session, opinion, received(owner.uscc))
    assert len(await world.events("intake")) == 2
    for query in ("", f"?type={OpinionGiven.type}", f"?type={OpinionGiven.type}&type={DeclarationReceived.type}"):
        told = (await world.get("intake", f"/events{query}", owner))["events"]
        assert {event["type"] for event in told} <= {DeclarationReceived.type}
    assert len((await world.get("intake", "/events", owner))["events"]) == 1


def withdrawn(**whose: str) -> DeclarationWithdrawn:
    return DeclarationWithdrawn(declaration_id=uuid4(), district="110105", reason="示例", **whose)


def received(uscc: str | None) -> DeclarationReceived:
    return DeclarationReceived(
        declaration_id=uuid4(),
        district="110105",
        applicant_uscc=uscc,
        construction_status="under_construction",
        received_on=date(2024, 3, 1),
        hands=(Hand(actor="city-officer-1", duty="receipt"),),
    )


@pytest.mark.parametrize("bad", ["x", "-1", "1e3"])
async def test_a_broken_cursor_is_refused_by_name(world: World, bad: str) -> None:
    answer = await world.call("intake", "GET", f"/events?after={bad}", "auditor-1", status=422)
    assert answer.json()["errors"][0]["pointer"] == "/query/after"


async def test_clients_that_leave_log_nothing(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Close streams while they are read, between events and before the answer; then stop the service."""
    logs.configure(Settings(log_format="json"))
    async with listening(world) as base:
        await announce(world, 1000, length=1000)
        await world.settle()
        await asyncio.gather(*(leave(base, world.token("auditor-1"), n / 20) for n in range(33)))
        await asyncio.sleep(0.3)
    await world.instances["intake"].database.engine.dispose()
    gc.collect()
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()
    assert capfd.readouterr().err == ""


async def leave(base: str, token: str, seconds: float) -> None:
    """Open a stream and reset its connection after some time."""
    host, port = base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    sent = f"GET /events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(sent.encode())
    await asyncio.sleep(seconds)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader.read(100), 0.01)
    writer.transport.abort()


async def test_a_stop_waits_for_the_read_of_a_stream_whose_client_left(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, read_page = asyncio.Event(), asyncio.Event(), feed.read_feed

    async def slow(*arguments: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await read_page(*arguments)

    monkeypatch.setattr(feed, "read_feed", slow)
    async with listening(fresh_world) as base:
        stream = asyncio.create_task(read(base, fresh_world.token("auditor-1"), 1))
        await begun.wait()
        stream.cancel()
        await asyncio.gather(stream, return_exceptions=True)
    stopping = asyncio.create_task(fresh_world.instances["intake"].stop())
    done, _ = await asyncio.wait([stopping], timeout=0.5)
    assert not done
    go_on.set()
    await stopping
