"""Headers for browsers and caches on answers of every kind: each operation, each status, pages, files, streams."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest
from fastapi import APIRouter

from services import SERVICES
from shared.web.parameters import KnownParametersRoute
from shared.web.security_headers import ALWAYS
from tests import enumeration
from tests.intake import sample_declarations
from tests.shared.web.test_foundation import small_service
from tests.world import World

PAGES = ("/docs", "/docs/events", "/problems/stale")
OFFICER = "110105-officer-1"


def checked(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert enumeration.careless_headers(answer) == set(), f"{answer.request.url} {status}"


@pytest.mark.parametrize("service", SERVICES)
async def test_every_operation_sends_them_with_every_refusal(world: World, service: str) -> None:
    """Nobody signed in, an unknown parameter, a wrong method; a success where no record is needed."""
    client, seen = world.clients[service], set()
    for name, route in enumeration.operations(service).items():
        path, method = re.sub(r"\{[^}]*\}", "0", route.path), next(iter(route.methods or ()))
        if "stream" in name:
            continue
        headers = world.signed_in(service, name)
        for sent in ({}, headers, {**headers, "idempotency-key": "k"}):
            for query in ("", "?no_such_parameter=1"):
                answer = await client.request(method, path + query, headers=sent)
                seen.add(answer.status_code)
                assert enumeration.careless_headers(answer) == set(), (name, answer.status_code)
        checked(await client.request("TRACE", path), 405)
    assert {200, 400, 401, 404, 422} <= seen


async def test_answers_to_defects_and_to_a_lost_database_send_them(world: World) -> None:
    router = APIRouter(route_class=KnownParametersRoute)

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("broken")

    @router.get("/away")
    async def away() -> None:
        raise ConnectionRefusedError

    async with small_service(world, router) as client:
        checked(await client.get("/broken"), 500)
        checked(await client.get("/away"), 503)
        checked(await client.get("/nowhere"), 404)
        checked(await client.post("/broken", headers={"content-length": "9" * 12}), 405)


async def test_files_exports_and_streams_send_them_and_are_not_stored(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    owner = {"authorization": f"Bearer {world.token(world.owner())}"}
    files = f"/v1/declarations/{case}/materials"
    sent = await world.clients["intake"].post(
        f"{files}?kind=area_survey&filename=a.pdf",
        content=b"%PDF-1.7 x",
        headers={**owner, "idempotency-key": "file", "content-type": "application/octet-stream"},
    )
    checked(sent, 201)
    for path in (f"{files}/{sent.json()['id']}/content", "/v1/resources.csv"):
        headers = owner if "content" in path else {"authorization": f"Bearer {world.token(OFFICER)}"}
        answer = await world.clients["intake"].get(path, headers=headers)
        checked(answer, 200)
        assert answer.headers["cache-control"] == "no-store"
    world.instances["intake"].draining.set()
    stream = await world.clients["intake"].get("/events/stream", headers=owner)
    world.instances["intake"].draining.clear()
    checked(stream, 200)
    assert stream.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
async def test_the_scripts_of_a_page_are_those_that_its_policy_names(world: World, path: str) -> None:
    answer = await world.clients["intake"].get(path, headers={"accept": "text/html"})
    checked(answer, 200)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    inline = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert bool(inline) == (path == "/docs")
    for script in inline:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy["script-src"].split()
    assert re.findall(r"\son\w+\s*=|javascript:", answer.text) == []
    for source in re.findall(r'(?:src|href)="([^"]*)"', answer.text):
        assert re.match(r"/(?!/)|#", source), source
        if source.startswith("/assets/"):
            checked(await world.clients["intake"].get(source), 200)


async def test_https_alone_is_asked_for_over_https(world: World) -> None:
    for scheme, expected in (("http", False), ("https", True)):
        transport = httpx.ASGITransport(app=world.apps["intake"])
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://intake.test") as client:
            assert ("strict-transport-security" in (await client.get("/livez")).headers) == expected


@pytest.mark.parametrize("path", ["/v1/resources/", "/livez/", "/docs/", "/assets"])
async def test_no_answer_repeats_the_host_that_the_caller_wrote(world: World, path: str) -> None:
    answer = await world.clients["intake"].get(path, headers={"host": "evil.invalid"})
    assert answer.status_code == 404
    assert "evil.invalid" not in f"{answer.headers}{answer.text}"


def test_what_is_always_sent_allows_nothing() -> None:
    assert ALWAYS["content-security-policy"].startswith("default-src 'none'")
    assert ALWAYS["cache-control"] == "no-store"
