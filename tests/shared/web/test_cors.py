"""Cross-origin requests: none without a setting; allowed origins may send and read what the API needs."""

import httpx
import pytest
from pydantic import ValidationError

from services.intake.main import service
from shared.settings import Settings
from shared.web.app import create_app
from tests.world import World

ORIGIN = "https://dashboard.example.invalid"


async def asked(world: World, method: str, origin: str, **headers: str) -> httpx.Response:
    app = create_app(service, world.instances["intake"])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    sent = {"origin": origin} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://intake.test") as client:
        return await client.request(method, "/v1/me", headers=sent)


async def test_no_origin_is_allowed_unless_it_is_named(world: World) -> None:
    preflight = {"access_control_request_method": "POST"}
    assert "access-control-allow-origin" not in (await asked(world, "GET", ORIGIN)).headers
    assert (await asked(world, "OPTIONS", ORIGIN, **preflight)).status_code == 405
    world.settings.cors_origins = [ORIGIN]
    for origin in ("https://another.invalid", f"{ORIGIN}.attacker.invalid", "null", f"{ORIGIN}:8443"):
        assert "access-control-allow-origin" not in (await asked(world, "GET", origin)).headers, origin
        assert (await asked(world, "OPTIONS", origin, **preflight)).status_code == 400, origin


async def test_a_named_origin_sends_what_acts_need_and_reads_what_they_answer(world: World) -> None:
    world.settings.cors_origins = [ORIGIN]
    wanted = "authorization, content-type, if-match, idempotency-key, last-event-id"
    allowed = await asked(
        world, "OPTIONS", ORIGIN, access_control_request_method="PATCH", access_control_request_headers=wanted
    )
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert "access-control-allow-credentials" not in allowed.headers
    for status, headers in ((200, {"authorization": f"Bearer {world.token('auditor-1')}"}), (401, {})):
        answer = await asked(world, "GET", ORIGIN, **headers)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, ORIGIN)
        exposed = set(answer.headers["access-control-expose-headers"].lower().split(", "))
        assert exposed >= {"etag", "location", "retry-after", "x-request-id", "idempotency-replayed"}


@pytest.mark.parametrize("origin", ["*", "https://*.example.invalid", "https://a.invalid/", "a.invalid", "null"])
def test_a_setting_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="cors_origins"):
        Settings(cors_origins=[origin])
