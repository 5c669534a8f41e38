"""Idempotency keys: each part of what makes two requests equal, what is given again, and how long it is kept."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Response
from pydantic import TypeAdapter
from sqlalchemy import MetaData

from deploy.demo.personas import PEOPLE
from services import SERVICES
from shared.runtime import Service
from shared.web.app import create_app
from shared.web.auth import Anyone
from shared.web.idempotency import SHOWN_ONCE, ActRoute, Session
from tests.enumeration import operations
from tests.intake import sample_declarations
from tests.keys import new_key
from tests.world import World

METHODS = ("POST", "PUT", "PATCH", "DELETE")
WHO = "city-supervisor-1"
NO_SECRET = {"Figure.key", "ReadingUsed.key", "FigureChangeOut.key", "AcceptedRemarkOut.key"}
"""Fields that are named like a secret and are none."""


class Counted:
    """A service of one act that any method may ask for, and how often it was done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.router = APIRouter(route_class=ActRoute)
        for method in METHODS:
            self.router.add_api_route(
                "/acts/{name}", self.act, methods=[method], name=f"act_by_{method}", response_model=None
            )

    async def act(
        self, session: Session, actor: Anyone, name: str, response: Response, by: str = "", body: Any = None
    ) -> dict[str, Any]:
        self.done.append(actor.subject)
        response.status_code = 201
        response.headers.update({"location": f"/acts/{name}", "etag": '"7"', "x-other": "dropped"})
        return {"number": len(self.done), "by": by, "body": body}


@asynccontextmanager
async def served(world: World, act: Counted) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Service("intake", "示例", MetaData(), act.router), world.instances["intake"])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def signed(world: World, who: str = WHO, key: str = "k") -> dict[str, str]:
    return {"authorization": f"Bearer {world.token(who)}", "idempotency-key": key}


FIRST: dict[str, Any] = {"method": "POST", "url": "/acts/a?by=x", "json": {"n": 1}}
OTHERS: dict[str, dict[str, Any]] = {
    "method": {"method": "PUT"},
    "path": {"url": "/acts/b?by=x"},
    "query": {"url": "/acts/a?by=y"},
    "no query": {"url": "/acts/a"},
    "body": {"json": {"n": 2}},
    "no body": {"json": None},
}


@pytest.mark.parametrize("part", OTHERS)
async def test_the_same_key_with_another_request_is_refused(world: World, part: str) -> None:
    act = Counted()
    async with served(world, act) as client:
        assert (await client.request(**FIRST, headers=signed(world))).status_code == 201
        other = await client.request(**{**FIRST, **OTHERS[part]}, headers=signed(world))
    assert (other.status_code, other.json()["code"], len(act.done)) == (422, "idempotency_key_reused", 1)


@pytest.mark.parametrize("method", METHODS)
async def test_a_repetition_gives_status_body_and_kept_headers_again(world: World, method: str) -> None:
    act = Counted()
    async with served(world, act) as client:
        first, again = [await client.request(**{**FIRST, "method": method}, headers=signed(world)) for _ in range(2)]
    assert len(act.done) == 1
    assert (again.status_code, again.content) == (201, first.content)
    kept = ("location", "etag", "content-type")
    assert [again.headers[name] for name in kept] == ["/acts/a", '"7"', "application/json"]
    assert [first.headers[name] for name in kept] == ["/acts/a", '"7"', "application/json"]
    assert (first.headers["x-other"], "x-other" in again.headers) == ("dropped", False)
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")


async def test_a_key_belongs_to_one_person_and_one_service(world: World) -> None:
    act = Counted()
    async with served(world, act) as client:
        for who in (WHO, "city-supervisor-2", "auditor-1"):
            await client.request(**FIRST, headers=signed(world, who))
    assert act.done == [WHO, "city-supervisor-2", "auditor-1"]
    for service in ("intake", "funding"):
        answer = await world.call(service, "POST", "/v1/api-keys", WHO, new_key(service), idempotency_key="both")
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, False)


MEDIA_TYPES = (
    "application/json", "application/JSON", "text/json; charset=utf-8", "application/merge-patch+json",
    "application/octet-stream", "text/plain", "",
)  # fmt: skip


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize("method", METHODS)
async def test_bodies_are_compared_by_their_bytes_whatever_their_media_type(
    world: World, media_type: str, method: str
) -> None:
    act = Counted()
    async with served(world, act) as client:
        sent = {**signed(world), "content-type": media_type}
        answers = [
            await client.request(method, "/acts/a", content=content, headers=sent) for content in (b"11", b"12", b"11")
        ]
    assert [answer.json().get("code") for answer in answers] == [None, "idempotency_key_reused", None]
    assert len(act.done) == 1


async def test_another_file_under_the_same_key_is_refused_and_not_lost(world: World) -> None:
    owner = world.owner()
    case = (await sample_declarations.draft(world, owner))["id"]
    path = f"/v1/declarations/{case}/materials?kind=credit_report&filename=a.pdf"
    headers = {"authorization": f"Bearer {world.token(owner)}", "idempotency-key": "file"}
    files = (b"%PDF-1.7 first", b"%PDF-1.7 other", b"%PDF-1.7 first")
    answers = [await world.clients["intake"].post(path, content=content, headers=headers) for content in files]
    assert [answer.status_code for answer in answers] == [201, 422, 201]
    assert (answers[1].json()["code"], answers[2].content) == ("idempotency_key_reused", answers[0].content)


MOVED: dict[str, dict[str, Any]] = {
    "district": {"district": "110106"},
    "role": {"roles": ("district_supervisor",)},
    "entity": {"roles": ("applicant",), "uscc": "91110000600037341L"},
}


@pytest.mark.parametrize("change", MOVED)
async def test_a_person_who_moved_does_not_get_the_old_answer(world: World, change: str) -> None:
    act, before = Counted(), PEOPLE["110105-officer-1"]
    async with served(world, act) as client:
        for who, status in ((before, 201), (replace(before, **MOVED[change]), 422), (before, 201)):
            headers = {"authorization": f"Bearer {world.token(who)}", "idempotency-key": "moved"}
            answer = await client.request(**FIRST, headers=headers)
            assert answer.status_code == status, answer.text
    assert len(act.done) == 1


async def test_a_person_without_the_role_any_more_is_refused_before_the_key_is_looked_at(world: World) -> None:
    body, keyed = new_key(), {"idempotency_key": "left"}
    await world.call("intake", "POST", "/v1/api-keys", WHO, body, status=201, **keyed)
    left = replace(PEOPLE[WHO], roles=("auditor",))
    await world.call("intake", "POST", "/v1/api-keys", left, body, status=403, **keyed)


async def test_an_answer_with_a_secret_is_given_once_and_never_stored(world: World) -> None:
    body, keyed = new_key(), {"idempotency_key": "secret"}
    issued = (await world.call("intake", "POST", "/v1/api-keys", WHO, body, status=201, **keyed)).json()
    again = await world.call("intake", "POST", "/v1/api-keys", WHO, body, status=409, **keyed)
    assert again.json()["code"] == "shown_once"
    stored = await world.database.admin.fetchval("SELECT string_agg(k::text, '') FROM intake.idempotency_key k")
    assert issued["key"] not in stored
    assert issued["key"].encode().hex() not in stored
    assert len((await world.get("intake", "/v1/api-keys", WHO))["items"]) == 1


SECRET = re.compile(r"[._](key|secret|token|ticket|password|credential)s?$")


def answer_fields(model: Any) -> set[str]:
    """Return the text fields of an answer and of the models in it, as `Model.field`."""
    schema = TypeAdapter(model).json_schema() if model is not None else {}
    models = (schema, *schema.get("$defs", {}).values())
    return {
        f"{each['title']}.{name}"
        for each in models
        for name, field in each.get("properties", {}).items()
        if field.get("type") == "string"
    }


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_with_a_secret_that_a_key_would_keep_is_marked_as_shown_once(service: str) -> None:
    routes = operations(service).values()
    writing = [route for route in routes if isinstance(route, ActRoute) and "GET" not in (route.methods or ())]
    secrets = {route.name: set(filter(SECRET.search, answer_fields(route.response_model))) for route in writing}
    marked = {route.name for route in writing if SHOWN_ONCE in (route.openapi_extra or {})}
    assert marked == {name for name, fields in secrets.items() if fields - NO_SECRET}
    assert "issue_api_key" in marked


@pytest.mark.parametrize(
    ("key", "status"),
    [("k" * 200, 201), ("k" * 201, 422), ("!~", 201), ("a b", 422), ("", 422)],
    ids=["200", "201", "first and last", "space", "empty"],
)
async def test_the_form_of_a_key(world: World, key: str, status: int) -> None:
    async with served(world, Counted()) as client:
        assert (await client.request(**FIRST, headers=signed(world, key=key))).status_code == status


@pytest.mark.parametrize("method", METHODS)
async def test_only_a_post_demands_a_key(world: World, method: str) -> None:
    act = Counted()
    async with served(world, act) as client:
        headers = {"authorization": f"Bearer {world.token(WHO)}"}
        answers = [await client.request(method, "/acts/a", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400 if method == "POST" else 201] * 2
    assert len(act.done) == (0 if method == "POST" else 2)


async def test_a_key_in_flight_holds_up_neither_other_keys_nor_other_people(world: World) -> None:
    act, admin = Counted(), await asyncpg.connect(world.settings.database_url)
    try:
        async with admin.transaction(), asyncio.timeout(20), served(world, act) as client:
            lock = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 7))"
            await admin.execute(lock, f"{PEOPLE[WHO].subject}\nheld")
            for who, key, status in ((WHO, "held", 409), (WHO, "free", 201), ("city-supervisor-2", "held", 201)):
                assert (await client.request(**FIRST, headers=signed(world, who, key))).status_code == status
    finally:
        await admin.close()
    assert act.done == [WHO, "city-supervisor-2"]


async def test_a_key_is_kept_for_its_days_and_then_forgotten(world: World) -> None:
    world.settings.idempotency_keep_days = 7
    act, at, instance = Counted(), world.clock.now(), world.instances["intake"]
    async with served(world, act) as client:
        for later, done in ((timedelta(0), 1), (timedelta(days=7), 1), (timedelta(days=7, microseconds=1), 2)):
            world.clock.set(at + later)
            await instance.retain()
            await client.request(**FIRST, headers=signed(world))
            assert len(act.done) == done, later


async def test_a_body_of_the_limit_is_read_and_one_byte_more_is_refused(world: World) -> None:
    world.settings.body_limit_bytes = 20
    act = Counted()
    declared = {"content-type": "application/json"}

    async def sent(client: httpx.AsyncClient, *parts: bytes, **headers: str) -> int:
        async def stream() -> AsyncIterator[bytes]:
            for part in parts:
                yield part

        named = {name.replace("_", "-"): value for name, value in headers.items()}
        key = f"k{len(act.done)}"
        all_headers = {**signed(world, key=key), **declared, **named}
        return (await client.request("POST", "/acts/a", content=stream(), headers=all_headers)).status_code

    async with served(world, act) as client:
        whole = b'{"n": 1}'
        for size, status in ((20, 201), (21, 413)):
            content = whole + b" " * (size - len(whole))
            assert await sent(client, content, content_length=str(size)) == status
            assert await sent(client, content[:12], content[12:]) == status, "without a declared length"
        assert await sent(client, whole, content_length="1" * 16) == 413
    assert len(act.done) == 2
