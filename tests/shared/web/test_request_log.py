"""The request log: one line per request, its id carried into answers, events and handlers, nothing personal in it."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter
from sqlalchemy import text

from deploy.demo.personas import PEOPLE
from shared import logs
from shared.contracts.eligibility import DeclarationAssessed
from shared.contracts.intake import DeclarationForwarded
from shared.settings import Settings
from shared.web.auth import Anyone
from shared.web.idempotency import ActRoute, Session
from tests.eligibility import fixtures as eligibility_fixtures
from tests.journeys.populate import populate
from tests.keys import new_key
from tests.shared.web.test_foundation import small_service
from tests.world import World

OWNER = "91110000600037341L"
"""Part of the subject of the persona who files."""
GIVEN = "portal-7f3c2e9a.41_d8"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    logs.configure(Settings(log_level="debug", log_format="json"), stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers, logging.getLogger().level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_an_act_leaves_one_line_with_who_where_and_how_long(world: World, written: io.StringIO) -> None:
    answer = await world.call(
        "intake", "POST", "/v1/api-keys", "city-supervisor-1", new_key(name="示例看板"), status=201, x_request_id=GIVEN
    )
    (line,) = lines(written)
    assert answer.headers["x-request-id"] == GIVEN
    assert line.pop("duration_ms") > 0
    del line["time"]
    case = f"00000000-0000-0000-0000-{answer.json()['id']}"
    assert line == {
        "level": "info", "message": "done", "service": "intake", "request_id": GIVEN, "case": case,
        "route": "/v1/api-keys", "subject": "city-supervisor-1", "method": "POST", "status": 201,
    }  # fmt: skip


async def test_a_refusal_leaves_one_line_with_its_code_and_the_case(world: World, written: io.StringIO) -> None:
    case = "018e9762-8500-7ffc-919d-5427fb217873"
    answer = await world.call("intake", "GET", f"/v1/declarations/{case}", "auditor-1", status=404)
    (line,) = lines(written)
    assert (line["level"], line["message"], line["code"], line["case"], line["route"]) == (
        "info", "refused", "not_found", case, "/v1/declarations/{declaration_id}",
    )  # fmt: skip
    assert answer.json()["request_id"] == line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space", 'quote"quote', "编号编号编号编号"])
async def test_an_id_of_another_form_is_replaced(world: World, given: str) -> None:
    headers = {b"x-request-id": given.encode()}
    answer = await world.clients["intake"].get("/livez", headers=headers)
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["x-request-id"] != given


async def test_a_failure_leaves_one_line_with_its_stack_and_an_answer_that_names_the_request(
    world: World, written: io.StringIO
) -> None:
    router = APIRouter(route_class=ActRoute)

    @router.post("/fail", response_model=None)
    async def fail(session: Session, actor: Anyone) -> None:
        await session.execute(text("INSERT INTO api_key (id, name) VALUES (:id, :name)"), {"id": "x", "name": "李某某"})

    async with small_service(world, router) as client:
        answer = await client.post("/fail", headers={"idempotency-key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    (line,) = lines(written)
    assert (line["level"], line["message"], line["code"]) == ("error", "failed", "internal_error")
    assert line["error"] == "IntegrityError 23502"
    assert "test_request_log.py" in line["stack"]
    assert answer.json()["request_id"] == line["request_id"] == answer.headers["x-request-id"]
    assert "李某某" not in written.getvalue()


async def test_a_database_that_is_away_leaves_a_warning_with_its_error_and_no_stack(
    world: World, written: io.StringIO
) -> None:
    router = APIRouter(route_class=ActRoute)

    @router.get("/away", response_model=None)
    async def away() -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    async with small_service(world, router) as client:
        assert (await client.get("/away")).status_code == 503
    (line,) = lines(written)
    assert (line["level"], line["message"], line["code"]) == ("warning", "failed", "unavailable")
    assert line["error"] == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert "stack" not in line


async def test_an_event_and_what_follows_from_it_carry_the_id_of_the_request(
    world: World, written: io.StringIO
) -> None:
    with logs.logged_as(request_id=GIVEN):
        case = await eligibility_fixtures.forward(world, eligibility_fixtures.facts())
    await world.settle()
    sent = {message.type: message.headers["requestid"] for _, batch in world.bus.carried for message in batch}
    assert sent == {DeclarationForwarded.type: GIVEN, DeclarationAssessed.type: GIVEN}
    handled = [line for line in lines(written) if line["message"] == "event handled"]
    assert {(line["service"], line["route"], line["request_id"], line["case"]) for line in handled} >= {
        ("eligibility", DeclarationForwarded.type, GIVEN, str(case))
    }


@pytest.mark.parametrize("service", ["intake", "monitoring"])
async def test_no_body_token_or_name_is_logged(world: World, written: io.StringIO, service: str) -> None:
    """Walk cases with the log at its most talkative and look for all that was sent."""
    sent: set[str] = set()

    async def note(request: httpx.Request) -> None:
        sent.add(request.headers.get("authorization", "Bearer none-at-all").split()[1])
        sent.update(texts(json.loads(request.content)) if "json" in request.headers.get("content-type", "") else ())

    for client in world.clients.values():
        client.event_hooks["request"].append(note)
    await populate(world, service)
    await world.settle()
    said = written.getvalue()
    assert len(lines(written)) > 20
    assert re.findall("[一-龥]+", said) == []
    assert len(sent) > 20
    assert [value for value in sent if value in said] == []


def texts(body: Any) -> Iterator[str]:
    """Yield the texts in a body that only it can hold: no code of ours, no identifier, no subject of a persona."""
    if isinstance(body, dict | list):
        for part in body.values() if isinstance(body, dict) else body:
            yield from texts(part)
    elif (
        isinstance(body, str) and len(body) >= 8 and body not in PEOPLE and body != OWNER and not _OURS.fullmatch(body)
    ):
        yield body


_OURS = re.compile("|".join([r"[a-z_.]+|[0-9a-f-]{36}|[0-9-]{10}(T.*)?", OWNER, *PEOPLE]))
