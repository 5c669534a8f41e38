"""Each request of a test, tried before by the same person holding a duty that excludes the one that it takes."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from services import load
from shared.segregation import SEGREGATION, Exclusion
from tests.enumeration import operation_of
from tests.world import World

OF_ROLE = {
    "applicant": {"apply"}, "district_officer": {"first_review", "check_payee"}, "district_government": {"opinion"},
    "district_supervisor": {"confirm_payee"},
}  # fmt: skip
"""Duties of a role that an operation takes whose duty depends on the role."""
_TRY = "x-tried"
_numbers = count(1)
_IDS = """
SELECT string_agg(format('SELECT %I AS id FROM %I.%I', column_name, table_schema, table_name), ' UNION ')
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = $1 AND table_type = 'BASE TABLE' AND data_type = 'uuid' AND column_name IN ('id', 'declaration_id')
"""


@dataclass
class Tried:
    """Operations that refused the holder of an excluding duty, and the others that then succeeded."""

    refused: set[str] = field(default_factory=set)
    admitted: dict[str, tuple[int, str]] = field(default_factory=dict)
    last: dict[str, tuple[int, str]] = field(default_factory=dict)


@asynccontextmanager
async def refused_first(world: World, service: str, without: set[str]) -> AsyncIterator[Tried]:
    """Try each request of a service first as a person who may not send it; `without` are operations left alone."""
    tried, client, duties = Tried(), world.clients[service], load(service).duties

    async def before(request: httpx.Request) -> None:
        name = _name(service, request)
        if _TRY in request.headers or name not in duties or name in without:
            return
        person = _claims(request)
        of_role = OF_ROLE.get(person["roles"][0], set())
        taken = next((duty for duty in duties[name] if duty in of_role), duties[name][0])
        exclusion = _exclusion(world, taken)
        async with _holding(world, service, person["sub"], exclusion.other(taken)):
            answer = await _sent(client, request)
        words = [SEGREGATION.label(duty) for duty in exclusion.duties] + [exclusion.reason]
        if answer.status_code == 403 and answer.json()["code"] == "same_officer":
            assert all(word in answer.json()["detail"] for word in words), answer.text
            tried.refused.add(name)
        else:
            tried.last[name] = (answer.status_code, answer.text)

    async def after(answer: httpx.Response) -> None:
        name = _name(service, answer.request)
        if _TRY not in answer.request.headers and answer.is_success and name in tried.last:
            tried.admitted[name] = tried.last.pop(name)

    hooks = client.event_hooks
    client.event_hooks = {"request": [before], "response": [after]}
    try:
        yield tried
    finally:
        client.event_hooks = hooks


def _name(service: str, request: httpx.Request) -> str:
    try:
        return operation_of(service, request.method, request.url.path).name
    except LookupError:
        return ""


def _claims(request: httpx.Request) -> Any:
    payload = request.headers["authorization"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _exclusion(world: World, duty: str) -> Exclusion:
    """Return an exclusion of the duty: one between officials, if it has any."""
    excluding = SEGREGATION.excluding(duty, world.clock.today())
    return min(excluding.items(), key=lambda pair: pair[0] in ("apply", "report"))[1]


@asynccontextmanager
async def _holding(world: World, service: str, subject: str, duty: str) -> AsyncIterator[None]:
    """Let a person hold a duty on every case of the service meanwhile."""
    admin = world.database.admin
    ids = await admin.fetchval(_IDS, service)
    rows = (
        f"SELECT id, $1, $2, now() FROM ({ids}) AS cases WHERE id IS NOT NULL ON CONFLICT DO NOTHING RETURNING case_id"
    )
    held = [row["case_id"] for row in await admin.fetch(f"INSERT INTO {service}.duty {rows}", subject, duty)]
    yield
    release = f"DELETE FROM {service}.duty WHERE case_id = ANY ($1) AND actor = $2 AND duty = $3"
    await admin.execute(release, held, subject, duty)


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send the request again under a key of its own."""
    headers = {**request.headers, _TRY: "yes", "idempotency-key": f"tried-{next(_numbers)}"}
    content = await request.aread()
    return await client.request(request.method, request.url, content=content, headers=headers)
